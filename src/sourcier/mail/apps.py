from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "sourcier.mail"
    label = "mail"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from datetime import timedelta

        from sourcier.journal.registry import register_rows, register_verbs
        from sourcier.law.retention import CONTRACT, PROCEDURE
        from sourcier.mail.due import register_due
        from sourcier.mail.imap import fetch
        from sourcier.mail.models import (
            FiledExchange,
            IncomingMessage,
            IncomingText,
            OutgoingMessage,
            OutgoingText,
            StoppedNumber,
        )
        from sourcier.mail.outbox import send_due
        from sourcier.mail.receiving import handle_waiting
        from sourcier.mail.retention import give_up, traces
        from sourcier.mail.text_outbox import send_texts_due
        from sourcier.mail.upkeep import take_up_stalled_tasks
        from sourcier.mail.verbs import VERBS
        from sourcier.retention.actions import renew_due
        from sourcier.retention.erasing import sweep
        from sourcier.retention.registry import register_eraser, register_finder

        register_verbs(VERBS)
        # Until it has left or failed, a message is vouched for by the entry of the action that asked for it.
        register_rows(
            "message", OutgoingMessage, organisation="organisation_id",
            fields=(
                "operation_id", "firm_id", "kind", "subject_id", "to_address", "to_name", "reply_to", "subject", "body",
                "state", "message_id", "sent_at",
            ),
            settled={"state__in": ("sent", "failed")},
        )  # fmt: skip
        register_rows(
            "text", OutgoingText, organisation="organisation_id",
            fields=(
                "operation_id", "firm_id", "kind", "subject_id", "to_number", "to_name", "body", "state", "gateway_id",
                "delivery", "sent_at", "delivered_at",
            ),
            settled={"state__in": ("sent", "failed")},
        )  # fmt: skip
        register_rows(
            "incoming_text", IncomingText, organisation="organisation_id",
            fields=("operation_id", "subject_id", "sealed_under", "received_at", "text", "opened_at"),
        )  # fmt: skip
        register_rows("stopped_number", StoppedNumber, organisation="organisation_id", fields=("number", "stopped_at"))
        register_rows(
            "filed_exchange", FiledExchange, organisation="organisation_id",
            fields=(
                "operation_id", "firm_id", "channel", "direction", "occurred_at", "correspondent", "summary", "file_id",
                "filed_by_id", "filed_at",
            ),
        )  # fmt: skip
        register_rows(
            "incoming_message", IncomingMessage, organisation="organisation_id",
            fields=(
                "operation_id", "subject_id", "sealed_under", "received_at", "kind", "dkim", "known", "file_id", "opened_id",
                "sender", "subject", "text", "held_by", "handled_by_id", "handled_at", "reason",
            ),
        )  # fmt: skip
        register_due("mail.received", handle_waiting, atomic=False)
        register_due("mail.imap", fetch, every=timedelta(minutes=1), atomic=False)
        register_due("outbox", send_due, atomic=False)
        register_due("texts", send_texts_due, atomic=False)
        register_eraser(give_up, PROCEDURE, CONTRACT)
        register_finder(traces)
        register_due("retention.renew", renew_due, every=timedelta(days=1), atomic=False)
        register_due("retention.files", lambda now: sweep(), every=timedelta(hours=1), atomic=False)
        register_due("stalled_tasks", take_up_stalled_tasks)
