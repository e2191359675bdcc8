import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('accounts', '__first__'),
        ('needs', '0001_initial'),
        ('suppliers', '0001_initial'),
        ('vault', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(max_length=20)),
                ('key', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['scope', 'key', 'at'], name='sourcing_attempt_when')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('channel', models.CharField(choices=[('email', 'Courriel'), ('letter', 'Courrier'), ('notice', 'Avis public')], max_length=6)),
                ('state', models.CharField(choices=[('waiting', 'À envoyer'), ('sent', 'Partie'), ('failed', 'En échec')], default='waiting', max_length=11)),
                ('address', models.CharField(blank=True, help_text='the e-mail used, or empty', max_length=254)),
                ('seed', models.CharField(help_text='128 random bits; worth nothing without the key', max_length=32)),
                ('token_sha256', models.CharField(max_length=64, unique=True)),
                ('code_hmac', models.CharField(max_length=64, unique=True)),
                ('how', models.CharField(blank=True, help_text='of a letter posted or handed over', max_length=200)),
                ('created_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('firm', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='suppliers.firm')),
            ],
        ),
        migrations.CreateModel(
            name='Relay',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('subject', models.CharField(choices=[('answer', 'Réponse à une question'), ('extension', 'Nouvelle date limite'), ('end', 'Consultation arrêtée')], max_length=9)),
                ('text', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('told_at', models.DateTimeField(null=True)),
                ('how', models.CharField(blank=True, max_length=200)),
                ('invitation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='relays', to='sourcing.invitation')),
                ('told_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Sourcing',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('rfi', 'Se renseigner'), ('rfq', 'Demander des devis'), ('direct', 'Acheter directement')], default='rfq', max_length=6)),
                ('state', models.CharField(choices=[('draft', 'En préparation'), ('open', 'Réponses attendues'), ('closed', 'Date limite passée'), ('opened', 'Réponses ouvertes'), ('chosen', 'Choix fait'), ('done', 'Terminé'), ('ended', 'Sans suite')], default='draft', max_length=6)),
                ('version', models.PositiveIntegerField(default=1)),
                ('title', models.CharField(max_length=160, verbose_name='titre pour les entreprises')),
                ('trade', models.CharField(blank=True, help_text='« un boulanger »', max_length=80, verbose_name='métier cherché')),
                ('description', models.TextField(blank=True, verbose_name="ce qu'il faut")),
                ('single_reason', models.TextField(blank=True, verbose_name='pourquoi une seule entreprise')),
                ('price_formula', models.CharField(blank=True, help_text='a key of `registry.PRICE_FORMULAS`', max_length=20)),
                ('price_sentence', models.CharField(blank=True, help_text='the formula as it was announced, in words', max_length=300)),
                ('deadline', models.DateTimeField(null=True)),
                ('public_notice', models.BooleanField(default=True)),
                ('notice_slug', models.CharField(help_text='random, in the address of the public notice', max_length=22, unique=True)),
                ('contact_name', models.CharField(blank=True, max_length=120, verbose_name='interlocuteur')),
                ('contact_phone', models.CharField(blank=True, max_length=20, verbose_name='téléphone')),
                ('contact_hours', models.CharField(blank=True, max_length=60, verbose_name="heures d'appel")),
                ('radius_m', models.PositiveIntegerField(default=5000)),
                ('created_at', models.DateTimeField()),
                ('saved_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('opened_at', models.DateTimeField(null=True)),
                ('chosen_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ending_reason', models.TextField(blank=True)),
                ('next_check', models.DateTimeField(db_index=True, null=True)),
                ('buyer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('need', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sourcings', to='needs.need')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sourcings', to='accounts.organisation')),
                ('saved_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'state'], name='sourcing_state')],
            },
        ),
        migrations.CreateModel(
            name='Search',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('activities', models.JSONField(help_text='pairs ["NAFRev2", "10.71C"]')),
                ('centres', models.JSONField(help_text='[[lat_e6, lon_e6]…], the places of delivery')),
                ('radius_m', models.PositiveIntegerField()),
                ('filters', models.JSONField(default=dict)),
                ('total', models.PositiveIntegerField()),
                ('undisclosed', models.PositiveIntegerField(default=0, help_text='counted, never named nor addressed')),
                ('register_build', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField()),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sourcing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='searches', to='sourcing.sourcing')),
            ],
        ),
        migrations.CreateModel(
            name='RequestDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vault.file')),
                ('sourcing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='sourcing.sourcing')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('sourcing', 'file'), name='sourcing_document_once')],
            },
        ),
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(choices=[('text', 'Texte'), ('choice', 'Choix'), ('number', 'Nombre'), ('file', 'Fichier')], max_length=6)),
                ('text', models.CharField(max_length=300, verbose_name='question')),
                ('choices', models.JSONField(blank=True, default=list)),
                ('required', models.BooleanField(default=False, verbose_name='réponse obligatoire')),
                ('sourcing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='sourcing.sourcing')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='PriceLine',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('designation', models.CharField(max_length=200, verbose_name='désignation')),
                ('unit', models.CharField(max_length=40, verbose_name='unité')),
                ('quantity_milli', models.BigIntegerField(verbose_name='quantité estimée')),
                ('lot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='needs.lot')),
                ('sourcing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='price_lines', to='sourcing.sourcing')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='NoticeVisit',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('siret', models.CharField(max_length=14, verbose_name='SIRET')),
                ('name', models.CharField(max_length=200, verbose_name="nom de l'entreprise")),
                ('email', models.EmailField(max_length=254, verbose_name='adresse électronique')),
                ('seed', models.CharField(max_length=32)),
                ('token_sha256', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('invitation', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='visit', to='sourcing.invitation')),
                ('sourcing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notice_visits', to='sourcing.sourcing')),
            ],
        ),
        migrations.AddField(
            model_name='invitation',
            name='sourcing',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='sourcing.sourcing'),
        ),
        migrations.CreateModel(
            name='FirmQuestion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField()),
                ('asked_at', models.DateTimeField()),
                ('answer', models.TextField(blank=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('invitation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sourcing.invitation')),
                ('sourcing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='firm_questions', to='sourcing.sourcing')),
            ],
        ),
        migrations.CreateModel(
            name='Extension',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('old_deadline', models.DateTimeField()),
                ('new_deadline', models.DateTimeField()),
                ('reason', models.TextField()),
                ('made_at', models.DateTimeField()),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sourcing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='extensions', to='sourcing.sourcing')),
            ],
        ),
        migrations.CreateModel(
            name='Criterion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(choices=[('price', 'Prix'), ('judged', 'Apprécié par les évaluateurs')], max_length=6)),
                ('label', models.CharField(max_length=120, verbose_name='critère')),
                ('weight', models.PositiveSmallIntegerField(verbose_name='poids')),
                ('detail', models.CharField(blank=True, max_length=300, verbose_name='ce qui sera regardé')),
                ('sourcing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='criteria', to='sourcing.sourcing')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='Candidate',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('kept', 'Gardée'), ('dropped', 'Écartée')], max_length=8)),
                ('origin', models.CharField(help_text='register, added or notice', max_length=10)),
                ('why', models.JSONField(default=list, help_text='[{name, sentence, points}], what each scorer gave')),
                ('distance_m', models.PositiveIntegerField(null=True)),
                ('reason', models.TextField(blank=True)),
                ('decided_at', models.DateTimeField()),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('firm', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='candidacies', to='suppliers.firm')),
                ('sourcing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='candidates', to='sourcing.sourcing')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('sourcing', 'firm'), name='sourcing_candidate_once')],
            },
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(fields=['sourcing', 'firm'], name='sourcing_invitation_firm'),
        ),
    ]
