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
        ('sourcing', '0001_initial'),
        ('suppliers', '0001_initial'),
        ('vault', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='SavingReference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('last_price', 'Dernier prix payé'), ('estimate', 'Estimation'), ('none', 'Sans référence')], max_length=10)),
                ('amount_cents', models.BigIntegerField(help_text='before tax, for the estimated quantities', null=True)),
                ('chosen_at', models.DateTimeField()),
                ('chosen_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('document', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vault.file')),
                ('sourcing', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='saving_reference', to='sourcing.sourcing')),
            ],
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('round', models.PositiveSmallIntegerField(default=1, help_text='1, then 2 for a last price')),
                ('kind', models.CharField(choices=[('quote', 'Devis'), ('information', 'Information'), ('decline', 'Refus')], default='quote', max_length=11)),
                ('state', models.CharField(choices=[('draft', 'Brouillon'), ('received', 'Reçue'), ('replaced', 'Remplacée'), ('withdrawn', 'Retirée'), ('late', 'Arrivée trop tard')], default='draft', max_length=9)),
                ('vat', models.CharField(choices=[('included', 'avec TVA'), ('excluded', 'sans TVA'), ('exempt', 'Je ne facture pas la TVA (art. 293 B du CGI)')], default='included', max_length=8)),
                ('daily_maximum', models.CharField(blank=True, max_length=120, verbose_name='au plus, par jour')),
                ('reservation', models.TextField(blank=True, verbose_name='oui, mais')),
                ('note', models.TextField(blank=True, verbose_name='message')),
                ('decline_reason', models.CharField(blank=True, max_length=20)),
                ('decline_note', models.CharField(blank=True, max_length=300)),
                ('signer', models.CharField(blank=True, max_length=120, verbose_name='votre nom')),
                ('email', models.EmailField(blank=True, help_text='left by the firm for its receipt', max_length=254, verbose_name='adresse électronique')),
                ('receipt_number', models.CharField(blank=True, help_text='random, never a counter: « RX-4M2A »', max_length=12)),
                ('envelope', models.TextField(blank=True, help_text='whole content of a late answer, salted canonical JSON, never opened; the journal has its SHA-256')),
                ('created_at', models.DateTimeField()),
                ('received_at', models.DateTimeField(help_text="the server's clock at the last byte, to the millisecond", null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('entry_id', models.BigIntegerField(help_text='the journal entry of its deposit', null=True)),
                ('correction_applied', models.BooleanField(default=False, help_text="of a refusal: « ce n'est plus mon métier » waits for the opening, then corrects the firm")),
                ('firm', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='suppliers.firm')),
                ('invitation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='sourcing.invitation')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
                ('replaces', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quotes.submission')),
                ('sourcing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='sourcing.sourcing')),
            ],
            options={
                'indexes': [models.Index(fields=['sourcing', 'state'], name='quotes_submission_state'), models.Index(fields=['invitation', 'state'], name='quotes_submission_invitation')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('receipt_number', ''), _negated=True), fields=('organisation', 'receipt_number'), name='quotes_receipt_once')],
            },
        ),
        migrations.CreateModel(
            name='Score',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('value', models.PositiveSmallIntegerField()),
                ('note', models.TextField(blank=True)),
                ('reason', models.TextField(blank=True, help_text='of a correction')),
                ('current', models.BooleanField(default=True)),
                ('given_at', models.DateTimeField()),
                ('criterion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sourcing.criterion')),
                ('evaluator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scores', to='quotes.submission')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('current', True)), fields=('submission', 'criterion', 'evaluator'), name='quotes_score_current')],
            },
        ),
        migrations.CreateModel(
            name='QuotedLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('typed_price_e4', models.BigIntegerField(help_text='as the firm typed it, tax included or not as `vat` says')),
                ('vat_bp', models.PositiveSmallIntegerField(help_text='basis points; 0 when exempt')),
                ('unit_price_e4', models.BigIntegerField(help_text='before tax, in ten-thousandths of a euro')),
                ('price_line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sourcing.priceline')),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='quotes.submission')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('submission', 'price_line'), name='quotes_line_once')],
            },
        ),
        migrations.CreateModel(
            name='QuestionAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(blank=True)),
                ('file', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vault.file')),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sourcing.question')),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='quotes.submission')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('submission', 'question'), name='quotes_answer_once')],
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('won', models.BooleanField(default=False)),
                ('channel', models.CharField(help_text='email, letter or phone', max_length=6)),
                ('state', models.CharField(choices=[('to_tell', 'À prévenir'), ('sent', 'Prévenue'), ('failed', 'En échec')], default='to_tell', max_length=7)),
                ('sentence', models.TextField(help_text='the one sentence of reason written by the chooser')),
                ('body', models.TextField(help_text='what the firm is told, whole')),
                ('told_at', models.DateTimeField(null=True)),
                ('how', models.CharField(blank=True, help_text='of a letter posted or a call made', max_length=200)),
                ('firm', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='suppliers.firm')),
                ('sourcing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notifications', to='sourcing.sourcing')),
                ('told_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('submission', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quotes.submission')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('sourcing', 'firm'), name='quotes_notification_once')],
            },
        ),
        migrations.CreateModel(
            name='LastPriceRound',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField()),
                ('deadline', models.DateTimeField()),
                ('opened_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sourcing', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='last_price_round', to='sourcing.sourcing')),
                ('submissions', models.ManyToManyField(related_name='+', to='quotes.submission')),
            ],
        ),
        migrations.CreateModel(
            name='Clarification',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('question', models.TextField()),
                ('asked_at', models.DateTimeField()),
                ('answer', models.TextField(blank=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clarifications', to='quotes.submission')),
            ],
        ),
        migrations.CreateModel(
            name='Award',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('amount_cents', models.BigIntegerField(help_text='before tax, for the estimated quantities')),
                ('rationale', models.TextField(verbose_name='pourquoi ce choix')),
                ('chosen_at', models.DateTimeField()),
                ('chosen_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lot', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='needs.lot')),
                ('sourcing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='awards', to='sourcing.sourcing')),
                ('stand_in', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quotes.submission')),
                ('submission', models.ForeignKey(help_text='None: lot left without a choice', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='awards', to='quotes.submission')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('sourcing', 'lot'), name='quotes_award_lot'), models.UniqueConstraint(condition=models.Q(('lot', None)), fields=('sourcing',), name='quotes_award_whole')],
            },
        ),
        migrations.CreateModel(
            name='SubmissionDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('removed', models.BooleanField(default=False)),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vault.file')),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='quotes.submission')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('submission', 'file'), name='quotes_document_once')],
            },
        ),
        migrations.CreateModel(
            name='SubmissionPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.deliveryplace')),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='places', to='quotes.submission')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('submission', 'place'), name='quotes_place_once')],
            },
        ),
    ]
