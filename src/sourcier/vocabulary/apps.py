from django.apps import AppConfig


class VocabularyConfig(AppConfig):
    name = "sourcier.vocabulary"
    label = "vocabulary"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.journal.registry import register_rows, register_verbs
        from sourcier.law.retention import CONTRACT, PROCEDURE
        from sourcier.retention.registry import register_eraser, register_finder
        from sourcier.vocabulary.models import CityPhrase
        from sourcier.vocabulary.retention import give_up, traces
        from sourcier.vocabulary.verbs import VERBS

        register_verbs(VERBS)
        kept = ("phrase", "nomenclature", "code", "origin", "retired_at")
        register_rows("city_phrase", CityPhrase, organisation="organisation_id", fields=kept)
        register_eraser(give_up, PROCEDURE, CONTRACT)
        register_finder(traces)
