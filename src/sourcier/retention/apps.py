from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "sourcier.retention"
    label = "retention"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.accounts.registry import on_departure, on_return
        from sourcier.journal.registry import register_rows, register_verbs
        from sourcier.law.retention import ACCOUNT
        from sourcier.retention import people
        from sourcier.retention.models import Clock, Hold, Visa
        from sourcier.retention.registry import register_eraser, register_finder, register_namer
        from sourcier.retention.verbs import VERBS

        register_verbs(VERBS)
        register_rows(
            "clock", Clock, organisation="organisation_id",
            fields=(
                "kind", "subject_id", "operation_id", "years", "event", "article", "opened_at", "started_on", "ends_on",
                "erased_at",
            ),
        )  # fmt: skip
        register_rows(
            "hold", Hold, organisation="organisation_id",
            fields=(
                "operation_id", "reason", "placed_by_id", "placed_at", "lifted_by_id", "lifted_at", "lifted_reason",
            ),
        )  # fmt: skip
        register_rows(
            "visa", Visa, organisation="organisation_id",
            fields=("operation_id", "reference", "signed_on", "file_id", "recorded_by_id", "recorded_at"),
        )  # fmt: skip
        on_departure(people.gone)
        on_return(people.back)
        register_eraser(people.give_up, ACCOUNT)
        register_namer(people.named, ACCOUNT)
        register_finder(people.traces)
