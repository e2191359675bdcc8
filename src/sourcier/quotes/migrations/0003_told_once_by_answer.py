import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quotes', '0002_news_wish'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='notification',
            name='quotes_notification_once',
        ),
        migrations.AlterField(
            model_name='notification',
            name='submission',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quotes.submission'),
        ),
    ]
