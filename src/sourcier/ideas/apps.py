from django.apps import AppConfig


class IdeasConfig(AppConfig):
    name = "sourcier.ideas"
    label = "ideas"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.ideas.actions import record_delivery
        from sourcier.ideas.messages import ANSWER, RECEIVED, signed_receipt
        from sourcier.ideas.models import Idea
        from sourcier.ideas.retention import give_up, named, traces
        from sourcier.ideas.verbs import VERBS
        from sourcier.journal.registry import register_rows, register_verbs
        from sourcier.law.retention import CONTACT, IDEA
        from sourcier.mail.registry import on_result, prove_with
        from sourcier.retention.registry import register_eraser, register_finder, register_namer

        register_verbs(VERBS)
        register_rows(
            "idea", Idea, organisation="organisation_id",
            fields=(
                "receipt_number", "firm_id", "siret", "name", "trade", "words", "file_id", "email", "state", "family_id",
                "department_id", "routed_because", "received_at", "answer_by", "identity_checked_at", "identity_checked_by_id",
                "identity_how", "answer", "answered_at", "answered_by_id", "told_at", "told_how",
            ),
        )  # fmt: skip
        prove_with(RECEIVED, signed_receipt)
        on_result(ANSWER, record_delivery)
        register_eraser(give_up, IDEA, CONTACT)
        register_namer(named, IDEA)
        register_finder(traces)
