import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('accounts', '__first__'),
        ('vault', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='FiledExchange',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('operation_id', models.UUIDField(db_index=True)),
                ('firm_id', models.UUIDField(null=True)),
                ('channel', models.CharField(choices=[('email', 'Courriel'), ('letter', 'Courrier'), ('phone', 'Téléphone'), ('counter', 'Guichet'), ('other', 'Autre')], max_length=10)),
                ('direction', models.CharField(choices=[('in', 'Reçu'), ('out', 'Envoyé')], max_length=3)),
                ('occurred_at', models.DateTimeField(help_text='its own date, as the document or the agent says')),
                ('correspondent', models.CharField(blank=True, max_length=200)),
                ('summary', models.TextField()),
                ('filed_at', models.DateTimeField()),
                ('file', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vault.file')),
                ('filed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='OutgoingMessage',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('operation_id', models.UUIDField(db_index=True, null=True)),
                ('kind', models.CharField(help_text='invitation, acknowledgement, answer, result, waiting, digest…', max_length=40)),
                ('sealed', models.BooleanField(default=False, help_text='hidden from the city until the opening (acknowledgements)')),
                ('subject_id', models.UUIDField(help_text='the row it is about: invitation, submission, notification', null=True)),
                ('to_address', models.EmailField(max_length=254)),
                ('to_name', models.CharField(blank=True, max_length=200)),
                ('reply_to', models.EmailField(blank=True, max_length=254)),
                ('subject', models.CharField(max_length=200)),
                ('body', models.TextField(help_text='with the mark {{lien}} where a personal link goes')),
                ('secret', models.TextField(blank=True, help_text='the personal link, encrypted; emptied once the message has left or failed')),
                ('state', models.CharField(choices=[('queued', 'En attente'), ('sending', "En cours d'envoi"), ('sent', 'Envoyé'), ('failed', 'En échec')], default='queued', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_check', models.DateTimeField(help_text='not before, when queued')),
                ('lease_until', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('message_id', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('files', models.ManyToManyField(related_name='+', to='vault.file')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'next_check'], name='mail_outgoing_due')],
            },
        ),
        migrations.CreateModel(
            name='DueRun',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('next_at', models.DateTimeField()),
                ('ran_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(help_text='what he was told of: a hash of the event, or the day of a digest', max_length=80)),
                ('sent_at', models.DateTimeField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'key'), name='mail_notice_once')],
            },
        ),
    ]
