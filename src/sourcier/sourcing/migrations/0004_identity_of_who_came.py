import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sourcing', '0003_relay_after_opening'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='invitation',
            name='identity_checked_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='invitation',
            name='identity_checked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invitation',
            name='identity_how',
            field=models.CharField(blank=True, help_text='how the city checked who came by the notice', max_length=200),
        ),
        migrations.AddField(
            model_name='invitation',
            name='stopped_at',
            field=models.DateTimeField(help_text="« Ne plus m'écrire », said by who came by the notice", null=True),
        ),
    ]
