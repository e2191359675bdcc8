import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120, verbose_name='nom')),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('siret', models.CharField(max_length=14, unique=True)),
                ('territory', models.CharField(choices=[('metropole', 'France métropolitaine'), ('corse', 'Corse'), ('antilles_reunion', 'Guadeloupe, Martinique, La Réunion'), ('without_vat', 'Guyane, Mayotte')], default='metropole', max_length=20)),
                ('address', models.CharField(max_length=200, verbose_name='adresse')),
                ('postal_code', models.CharField(max_length=5, verbose_name='code postal')),
                ('commune_code', models.CharField(max_length=5, verbose_name='code de la commune')),
                ('commune', models.CharField(max_length=80)),
                ('lat_e6', models.IntegerField()),
                ('lon_e6', models.IntegerField()),
                ('phone', models.CharField(blank=True, max_length=20, verbose_name='téléphone')),
                ('phone_hours', models.CharField(blank=True, max_length=60, verbose_name="heures d'appel")),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='adresse électronique du service achats')),
                ('dpo_email', models.EmailField(blank=True, max_length=254, verbose_name='adresse électronique du délégué à la protection des données')),
                ('counter', models.CharField(blank=True, max_length=120, verbose_name='guichet')),
                ('colour', models.CharField(default='#0b6e69', max_length=7, verbose_name='couleur')),
                ('logo_file_id', models.UUIDField(help_text='a file of the vault', null=True, verbose_name='logo')),
                ('fictitious', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='adresse électronique')),
                ('name', models.CharField(max_length=120, verbose_name='nom')),
                ('phone', models.CharField(blank=True, max_length=20, verbose_name='téléphone')),
                ('is_active', models.BooleanField(default=True)),
                ('date_joined', models.DateTimeField(auto_now_add=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Department',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120, verbose_name='nom')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='departments', to='accounts.organisation')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'name'), name='accounts_department_name')],
            },
        ),
        migrations.CreateModel(
            name='DeliveryPlace',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120, verbose_name='nom')),
                ('address', models.CharField(max_length=200, verbose_name='adresse')),
                ('postal_code', models.CharField(max_length=5, verbose_name='code postal')),
                ('commune', models.CharField(max_length=80)),
                ('lat_e6', models.IntegerField()),
                ('lon_e6', models.IntegerField()),
                ('hours', models.CharField(blank=True, max_length=120, verbose_name='horaires')),
                ('contact_name', models.CharField(blank=True, max_length=120, verbose_name='sur place')),
                ('contact_phone', models.CharField(blank=True, max_length=20, verbose_name='téléphone sur place')),
                ('active', models.BooleanField(default=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='places', to='accounts.organisation')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'name'), name='accounts_place_name')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('requester', 'Demandeur'), ('buyer', 'Acheteur'), ('head_buyer', 'Responsable des achats'), ('auditor', 'Auditeur'), ('admin', 'Administrateur')], max_length=20, verbose_name='rôle')),
                ('active', models.BooleanField(default=True)),
                ('suspended', models.BooleanField(default=False)),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.department')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('department__isnull', False)), fields=('user', 'organisation', 'department', 'role'), name='accounts_membership_in_department'), models.UniqueConstraint(condition=models.Q(('department__isnull', True)), fields=('user', 'organisation', 'role'), name='accounts_membership_in_all'), models.CheckConstraint(condition=models.Q(('active', False), ('suspended', False), _connector='OR'), name='accounts_membership_active_or_suspended')],
            },
        ),
    ]
