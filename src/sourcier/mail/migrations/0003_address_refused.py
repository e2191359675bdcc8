from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mail', '0002_message_firm'),
    ]

    operations = [
        migrations.AddField(
            model_name='outgoingmessage',
            name='address_refused',
            field=models.BooleanField(default=False, help_text='failed because there is no such address'),
        ),
    ]
