import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('index', models.BigIntegerField()),
                ('stream', models.CharField(max_length=32)),
                ('seq', models.BigIntegerField()),
                ('prev', models.CharField(max_length=64)),
                ('verb', models.CharField(max_length=60)),
                ('at', models.BigIntegerField(help_text='UTC, milliseconds since 1970')),
                ('actor', models.CharField(max_length=32)),
                ('payload_sha256', models.CharField(max_length=64)),
                ('raw', models.BinaryField()),
                ('leaf_hash', models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name='Log',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('origin', models.CharField(max_length=120, unique=True)),
                ('size', models.BigIntegerField(default=0)),
                ('public_key', models.BinaryField(help_text='Ed25519; its private half is a file outside the database', max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name='Payload',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='journal.entry')),
                ('salt', models.BinaryField(max_length=16, null=True)),
                ('body', models.BinaryField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='entry',
            name='log',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='journal.log'),
        ),
        migrations.CreateModel(
            name='Checkpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.BigIntegerField()),
                ('root', models.CharField(max_length=64)),
                ('text', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('public', models.BooleanField(default=False, help_text='published on the daily rhythm')),
                ('log', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checkpoints', to='journal.log')),
            ],
            options={
                'indexes': [models.Index(fields=['log', 'size'], name='journal_checkpoint_size')],
            },
        ),
        migrations.CreateModel(
            name='Node',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.SmallIntegerField()),
                ('position', models.BigIntegerField()),
                ('hash', models.BinaryField(max_length=32)),
                ('log', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='journal.log')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('log', 'level', 'position'), name='journal_node_place')],
            },
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['log', 'verb'], name='journal_entry_verb'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(fields=('log', 'index'), name='journal_entry_index'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(fields=('log', 'stream', 'seq'), name='journal_entry_chain'),
        ),
    ]
