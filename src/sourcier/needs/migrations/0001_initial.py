import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('accounts', '__first__'),
        ('spend', '0001_initial'),
        ('vault', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Need',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reference', models.CharField(max_length=20)),
                ('state', models.CharField(choices=[('draft', 'Brouillon'), ('submitted', "Envoyé à l'acheteur"), ('returned', 'À compléter'), ('accepted', 'Accepté'), ('asked', 'Entreprises interrogées'), ('awarded', 'Choisi'), ('closed', 'Clos')], default='draft', max_length=10)),
                ('version', models.PositiveIntegerField(default=1, help_text='grows at each save: two people at once see both versions')),
                ('sentence', models.CharField(max_length=500, verbose_name='votre besoin en une phrase')),
                ('title', models.CharField(blank=True, max_length=160, verbose_name='titre')),
                ('what', models.TextField(blank=True, verbose_name='quoi, précisément')),
                ('how_much', models.CharField(blank=True, max_length=300, verbose_name='combien, à quel rythme')),
                ('where_note', models.CharField(blank=True, max_length=300, verbose_name='précision sur le lieu')),
                ('starts_on', models.DateField(blank=True, null=True, verbose_name='à partir du')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name="jusqu'au")),
                ('estimate_cents', models.BigIntegerField(blank=True, null=True, verbose_name='montant estimé hors taxes')),
                ('unknown', models.JSONField(default=list, help_text='questions answered « je ne sais pas »: "what", "how_much", "where", "when", "estimate"')),
                ('kind', models.CharField(blank=True, choices=[('supplies', 'Fournitures'), ('services', 'Services'), ('works', 'Travaux')], max_length=10, verbose_name='nature')),
                ('reason', models.TextField(blank=True, help_text='of the last return or of the closing', verbose_name='raison')),
                ('rule', models.JSONField(help_text="the law's advice of the day this operation was engaged, kept as it was", null=True)),
                ('created_at', models.DateTimeField()),
                ('submitted_at', models.DateTimeField(null=True)),
                ('waiting_since', models.DateTimeField(help_text='since when the person who has it now has it')),
                ('saved_at', models.DateTimeField(null=True)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='needs', to=settings.AUTH_USER_MODEL)),
                ('buyer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='needs', to='accounts.department')),
                ('family', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='spend.family')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='needs', to='accounts.organisation')),
                ('saved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('taken_over_from', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='needs.need')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'state'], name='needs_state')],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'reference'), name='needs_reference')],
            },
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveSmallIntegerField()),
                ('title', models.CharField(max_length=160, verbose_name='intitulé')),
                ('need', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='needs.need')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [models.UniqueConstraint(fields=('need', 'number'), name='needs_lot_number')],
            },
        ),
        migrations.CreateModel(
            name='NeedActivity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nomenclature', models.CharField(max_length=10)),
                ('code', models.CharField(max_length=6)),
                ('label', models.CharField(max_length=200)),
                ('words', models.JSONField(default=list)),
                ('proposed', models.BooleanField(default=True)),
                ('need', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='activities', to='needs.need')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('need', 'nomenclature', 'code'), name='needs_activity_once')],
            },
        ),
        migrations.CreateModel(
            name='NeedMessage',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('files', models.ManyToManyField(related_name='+', to='vault.file')),
                ('need', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='needs.need')),
            ],
        ),
        migrations.CreateModel(
            name='NeedPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='quantité ou consigne')),
                ('need', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='places', to='needs.need')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.deliveryplace')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('need', 'place'), name='needs_place_once')],
            },
        ),
    ]
