from django.apps import AppConfig


class QuotesConfig(AppConfig):
    name = "sourcier.quotes"
    label = "quotes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.journal.registry import register_verbs
        from sourcier.law.retention import CONTRACT, PROCEDURE
        from sourcier.mail.due import register_due
        from sourcier.mail.registry import find_addressees_with, on_arrival, prove_with
        from sourcier.quotes.acknowledgement import signed_receipt
        from sourcier.quotes.actions import by_email, read_mail, read_texts
        from sourcier.quotes.actions.after_opening import correct_firms, note_wishes
        from sourcier.quotes.actions.remind import remind_due
        from sourcier.quotes.retention import give_up, traces
        from sourcier.quotes.verbs import VERBS
        from sourcier.retention.registry import register_eraser, register_finder

        register_verbs(VERBS)
        self.register_answer_rows()
        self.register_choice()
        register_due("quotes.corrections", correct_firms)
        register_due("quotes.wishes", note_wishes)
        register_due("quotes.reminders", remind_due, atomic=False)
        prove_with("acknowledgement", signed_receipt)
        find_addressees_with(by_email.addressee)
        on_arrival(by_email.arrive)
        register_due("quotes.mail", read_mail.read_opened, atomic=False)
        register_due("quotes.texts", read_texts.read_opened, atomic=False)
        register_eraser(give_up, PROCEDURE, CONTRACT)
        register_finder(traces)

    @staticmethod
    def register_answer_rows() -> None:
        from sourcier.journal.registry import register_rows
        from sourcier.quotes import models

        register_rows(
            "submission", models.Submission, organisation="organisation_id",
            fields=(
                "sourcing_id", "invitation_id", "firm_id", "round", "kind", "state", "vat", "daily_maximum", "reservation",
                "note", "decline_reason", "decline_note", "signer", "email", "receipt_number", "replaces_id", "created_at",
                "received_at", "withdrawn_at", "sealed_sha256", "unsealed_at", "paper",
                "typed_at", "by_email",
            ),
        )  # fmt: skip
        register_rows(
            "reminder", models.Reminder, organisation="sourcing__organisation_id", fields=("sourcing_id", "number", "made_at"),
        )  # fmt: skip
        register_rows(
            "news_wish", models.NewsWish, organisation="invitation__sourcing__organisation_id",
            fields=("invitation_id", "email", "asked_at", "noted_at"),
        )  # fmt: skip
        register_rows(
            "contest", models.Contest, organisation="submission__organisation_id",
            fields=("submission_id", "sealed_sha256", "made_at", "answer", "answered_by_id", "answered_at"),
        )  # fmt: skip
        register_rows(
            "call_back", models.CallBack, organisation="invitation__sourcing__organisation_id",
            fields=("invitation_id", "number", "when", "state", "asked_at", "tries", "tried_at", "tried_by_id"),
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

    @staticmethod
    def register_choice() -> None:
        from sourcier.journal.registry import register_rows
        from sourcier.mail.due import register_due
        from sourcier.mail.registry import on_result
        from sourcier.mail.text_registry import on_text_result
        from sourcier.needs.registry import guard_close
        from sourcier.quotes import models
        from sourcier.quotes.actions.evaluate import record_failure
        from sourcier.quotes.actions.opening import open_due
        from sourcier.quotes.actions.tell import record_delivery
        from sourcier.quotes.clocks import check_clocks
        from sourcier.quotes.queries.work import may_close, unannounced
        from sourcier.quotes.rules import PRICE_FORMULAS
        from sourcier.sourcing.registry import guard_start, register_price_formulas

        register_price_formulas({key: (formula.label, formula.sentence) for key, formula in PRICE_FORMULAS.items()})
        for listen in (on_result, on_text_result):
            listen("result", record_delivery)
            listen("clarification", record_failure)
            listen("last_price", record_failure)
        register_due("quotes.clocks", check_clocks, atomic=False)
        register_due("quotes.opening", open_due, atomic=False)
        guard_start(unannounced)
        guard_close(may_close)
        inside = "sourcing__organisation_id"
        register_rows(
            "clock_check", models.ClockCheck, organisation=inside,
            fields=("sourcing_id", "round", "state", "authority", "told_at", "token_sha256"),
        )  # fmt: skip
        register_rows(
            "opening_consent", models.OpeningConsent, organisation=inside,
            fields=("sourcing_id", "round", "user_id", "substitute", "agreed_at"),
        )  # fmt: skip
        register_rows(
            "heard_price", models.HeardPrice, organisation=inside,
            fields=("sourcing_id", "user_id", "how", "told_at", "allowed_by_id", "allowed_at", "allowed_reason"),
        )  # fmt: skip
        register_rows(
            "saving_reference", models.SavingReference, organisation=inside,
            fields=("sourcing_id", "kind", "amount_cents", "document_id", "chosen_by_id", "chosen_at"),
        )  # fmt: skip
        register_rows(
            "score", models.Score, organisation="submission__organisation_id",
            fields=("submission_id", "criterion_id", "evaluator_id", "value", "note", "reason", "current", "given_at"),
        )  # fmt: skip
        register_rows(
            "clarification", models.Clarification, organisation="submission__organisation_id",
            fields=("submission_id", "question", "asked_by_id", "asked_at", "answer", "answered_at", "receipt_number"),
        )  # fmt: skip
        register_rows(
            "last_price_round", models.LastPriceRound, organisation=inside,
            fields=("sourcing_id", "asked_by_id", "asked_at", "deadline", "opened_at"),
        )  # fmt: skip
        register_rows(
            "award", models.Award, organisation=inside,
            fields=(
                "sourcing_id", "lot_id", "submission_id", "stand_in_id", "amount_cents", "rationale",
                "chosen_by_id", "chosen_at",
            ),
        )  # fmt: skip
        register_rows(
            "notification", models.Notification, organisation=inside,
            fields=("sourcing_id", "firm_id", "submission_id", "won", "channel", "state", "sentence", "body", "told_at", "how"),
        )  # fmt: skip
