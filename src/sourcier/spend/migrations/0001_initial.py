import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Family',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=20)),
                ('label', models.CharField(max_length=160, verbose_name='libellé')),
                ('kind', models.CharField(help_text='supplies, services or works', max_length=10)),
                ('cpv', models.CharField(blank=True, max_length=8)),
                ('activities', models.JSONField(default=list, help_text='pairs ["NAFRev2", "10.71C"] that propose this family')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='families', to='accounts.organisation')),
            ],
            options={
                'ordering': ['code'],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'code'), name='spend_family_code')],
            },
        ),
        migrations.CreateModel(
            name='Commitment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('operation_id', models.UUIDField(db_index=True, null=True)),
                ('award_id', models.UUIDField(null=True, unique=True)),
                ('siret', models.CharField(blank=True, max_length=14)),
                ('supplier', models.CharField(max_length=200)),
                ('label', models.CharField(max_length=200)),
                ('amount_cents', models.BigIntegerField()),
                ('engaged_on', models.DateField()),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.department')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
                ('family', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='commitments', to='spend.family')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'family', 'engaged_on'], name='spend_commitment_family')],
            },
        ),
    ]
