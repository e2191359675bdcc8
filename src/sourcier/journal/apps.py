from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "sourcier.journal"
    label = "journal"
    default_auto_field = "django.db.models.BigAutoField"
