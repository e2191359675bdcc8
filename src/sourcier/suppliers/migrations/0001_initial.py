import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('accounts', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Firm',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('siret', models.CharField(max_length=14)),
                ('name', models.CharField(max_length=200, verbose_name='nom')),
                ('address', models.CharField(blank=True, max_length=200, verbose_name='adresse')),
                ('postal_code', models.CharField(blank=True, max_length=5)),
                ('commune', models.CharField(blank=True, max_length=80)),
                ('lat_e6', models.IntegerField(null=True)),
                ('lon_e6', models.IntegerField(null=True)),
                ('approximate', models.BooleanField(default=False, help_text='placed at its commune, not at its door')),
                ('nomenclature', models.CharField(blank=True, max_length=10)),
                ('activity', models.CharField(blank=True, max_length=6)),
                ('size_class', models.CharField(blank=True, help_text='INSEE trancheEffectifs', max_length=2)),
                ('category', models.CharField(blank=True, help_text='PME, ETI, GE', max_length=3)),
                ('created_on', models.DateField(help_text='of the establishment', null=True)),
                ('social_economy', models.BooleanField(default=False)),
                ('origin', models.CharField(help_text='register, manual or notice', max_length=10)),
                ('identity_checked', models.BooleanField(default=False, help_text='False shows « identité non vérifiée » for who came by a notice')),
                ('unsubscribed_at', models.DateTimeField(help_text="« Ne plus m'écrire »", null=True)),
                ('trade_left_at', models.DateTimeField(help_text="« Ce n'est plus mon métier »", null=True)),
                ('closed_at', models.DateTimeField(help_text="« J'ai fermé ou vendu »", null=True)),
                ('first_met_at', models.DateTimeField()),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='firms', to='accounts.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'siret'), name='suppliers_firm_siret')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('email', 'Adresse électronique'), ('phone', 'Téléphone')], max_length=5)),
                ('value', models.CharField(max_length=200)),
                ('person', models.CharField(blank=True, max_length=120)),
                ('source', models.CharField(help_text='typed by, import of file X, the firm itself', max_length=120)),
                ('state', models.CharField(choices=[('good', 'Valable'), ('failing', 'Adresse en échec'), ('removed', 'Retirée')], default='good', max_length=8)),
                ('added_at', models.DateTimeField()),
                ('added_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('firm', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='suppliers.firm')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('firm', 'kind', 'value'), name='suppliers_contact_once')],
            },
        ),
    ]
