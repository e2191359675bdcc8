from django.apps import AppConfig


class DossierConfig(AppConfig):
    name = "sourcier.dossier"
    label = "dossier"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.dossier.models import Export
        from sourcier.dossier.verbs import VERBS
        from sourcier.journal.registry import register_rows, register_verbs

        register_verbs(VERBS)
        register_rows(
            "export", Export, organisation="organisation_id",
            fields=("need_id", "made_by_id", "made_at", "size", "communicable", "asked", "year"),
        )  # fmt: skip
