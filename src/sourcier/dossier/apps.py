from django.apps import AppConfig


class DossierConfig(AppConfig):
    name = "sourcier.dossier"
    label = "dossier"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.dossier.models import Export
        from sourcier.dossier.retention import give_up, named
        from sourcier.dossier.verbs import VERBS
        from sourcier.journal.registry import register_rows, register_verbs
        from sourcier.law.retention import YEAR
        from sourcier.retention.registry import register_eraser, register_namer

        register_verbs(VERBS)
        register_rows(
            "export", Export, organisation="organisation_id",
            fields=("need_id", "made_by_id", "made_at", "size", "communicable", "asked", "year"),
        )  # fmt: skip
        register_eraser(give_up, YEAR)
        register_namer(named, YEAR)
