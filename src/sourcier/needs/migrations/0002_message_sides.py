"""On which side each message was written, and whether the last one still waits for the other side."""

from typing import Any

from django.db import migrations, models
from django.db.models import F


def tell_sides(apps: Any, schema_editor: Any) -> None:
    """Messages written before: the author of a need spoke for its department, the others for purchasing."""
    messages = apps.get_model("needs", "NeedMessage").objects
    messages.exclude(author=F("need__author")).update(side="purchasing")


class Migration(migrations.Migration):
    dependencies = [("needs", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="needmessage",
            name="side",
            field=models.CharField(
                choices=[("department", "Le service"), ("purchasing", "Les achats")],
                default="department",
                help_text="for whom its author wrote",
                max_length=10,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="needmessage",
            name="settled_at",
            field=models.DateTimeField(help_text="when the other side said that it needs no answer", null=True),
        ),
        migrations.RunPython(tell_sides, migrations.RunPython.noop),
    ]
