from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "sourcier.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.accounts.verbs import VERBS
        from sourcier.journal.registry import register_verbs

        register_verbs(VERBS)
