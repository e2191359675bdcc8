from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "sourcier.vault"
    label = "vault"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.journal.registry import register_documents, register_rows
        from sourcier.vault.models import File
        from sourcier.vault.queries import fault

        register_documents(fault)
        register_rows(
            "file", File, organisation="organisation_id",
            fields=("sha256", "received_sha256", "size", "media_type", "name", "path", "created_at"),
            strays=True,
        )  # fmt: skip
