import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='File',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation_id', models.UUIDField(db_index=True)),
                ('sha256', models.CharField(max_length=64)),
                ('received_sha256', models.CharField(blank=True, help_text='of the bytes that came, when scripts were taken out before keeping them', max_length=64)),
                ('size', models.BigIntegerField()),
                ('media_type', models.CharField(max_length=120)),
                ('name', models.CharField(help_text="the sender's name for it, made safe", max_length=200)),
                ('path', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField()),
            ],
        ),
    ]
