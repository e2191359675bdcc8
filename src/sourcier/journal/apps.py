from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "sourcier.journal"
    label = "journal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.journal.registry import register_verbs
        from sourcier.journal.verbs import VERBS

        register_verbs(VERBS)
