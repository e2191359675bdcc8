from django.apps import AppConfig


class QuotesConfig(AppConfig):
    name = "sourcier.quotes"
    label = "quotes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.journal.registry import register_verbs
        from sourcier.quotes.verbs import VERBS

        register_verbs(VERBS)
        self.register_answer_rows()

    @staticmethod
    def register_answer_rows() -> None:
        from sourcier.journal.registry import register_rows
        from sourcier.quotes import models

        register_rows(
            "submission", models.Submission, organisation="organisation_id",
            fields=(
                "sourcing_id", "invitation_id", "firm_id", "round", "kind", "state", "vat", "daily_maximum", "reservation",
                "note", "decline_reason", "decline_note", "signer", "email", "receipt_number", "replaces_id", "created_at",
                "received_at", "withdrawn_at",
            ),
        )  # fmt: skip
        inside = "submission__organisation_id"
        register_rows("submission_place", models.SubmissionPlace, organisation=inside, fields=("submission_id", "place_id"))
        register_rows(
            "quoted_line", models.QuotedLine, organisation=inside,
            fields=("submission_id", "price_line_id", "typed_price_e4", "vat_bp", "unit_price_e4"),
        )  # fmt: skip
        register_rows(
            "question_answer", models.QuestionAnswer, organisation=inside,
            fields=("submission_id", "question_id", "text", "file_id"),
        )  # fmt: skip
        register_rows(
            "submission_document",
            models.SubmissionDocument,
            organisation=inside,
            fields=("submission_id", "file_id", "removed"),
        )
