from django.apps import AppConfig

INVITATION = (
    "firm_id", "channel", "address", "mobile", "seed", "how", "created_at", "identity_how", "identity_checked_at",
    "identity_checked_by_id", "stopped_at", "posting_id", "returned_at",
)  # fmt: skip

CANDIDATE = (
    "firm_id", "state", "origin", "distance_m", "reason", "again_reason", "decided_by_id", "closed_seen_at", "closed_told_on",
)  # fmt: skip

DRAW = ("number", "state", "count", "among", "left_out", "reason", "seed", "source", "authority", "proposed", "drawn_at")

REQUEST_CLAUSE = ("position", "clause", "force", "title", "text", "basis", "taken", "reason", "noted_on")

ASKED_PLACE = (
    "place_id", "name", "address", "postal_code", "commune", "hours", "contact_name", "contact_phone", "note",
)  # fmt: skip

FIRM_QUESTION = ("text", "asked_at", "receipt_number", "wording", "answer", "answered_by_id", "answered_at")


class SourcingConfig(AppConfig):
    name = "sourcier.sourcing"
    label = "sourcing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from datetime import timedelta

        from sourcier.journal.registry import register_verbs
        from sourcier.law.retention import CONTRACT, PROCEDURE
        from sourcier.mail.due import register_due
        from sourcier.mail.registry import on_result, stop_with
        from sourcier.mail.text_registry import find_asked_with, on_stop, on_text_arrival, on_text_result
        from sourcier.needs.registry import register_asking, register_lead
        from sourcier.retention.registry import register_eraser, register_finder, register_keeper, register_last_contact
        from sourcier.sourcing import limits, queries, retention
        from sourcier.sourcing.actions import alerts, closing, closures, draw, invite, progress, texting
        from sourcier.sourcing.alert_stops import stop_header
        from sourcier.sourcing.verbs import VERBS

        register_verbs(VERBS)
        self.register_rows()
        register_asking(queries.askings)
        register_lead(progress.give_lead)
        on_result("invitation", invite.record_result)
        on_text_result("invitation", texting.record_result)
        find_asked_with(texting.asked_at)
        on_text_arrival(texting.arrive)
        on_stop(texting.stop)
        register_due("sourcing.close", closing.close_due)
        register_due("sourcing.closures", closures.look_for_closed, every=timedelta(minutes=10), atomic=False)
        register_due("sourcing.draws", draw.finish_due, atomic=False)
        register_due("sourcing.alerts", alerts.send_alerts, every=timedelta(minutes=10), atomic=False)
        stop_with(alerts.KIND, stop_header)
        register_due("sourcing.limits", limits.forget)
        register_eraser(retention.give_up, PROCEDURE, CONTRACT)
        register_keeper(retention.keeps)
        register_finder(retention.traces)
        register_last_contact(retention.last_asked)

    @staticmethod
    def register_rows() -> None:
        """The columns whose truth matters. How a message went is told by the message's own row."""
        from sourcier.journal.registry import register_rows
        from sourcier.sourcing import models

        register_rows(
            "sourcing", models.Sourcing, organisation="organisation_id",
            fields=(
                "need_id", "buyer_id", "kind", "state", "version", "title", "trade", "description", "single_reason",
                "price_formula", "price_sentence", "deadline", "public_notice", "notice_slug", "contact_name", "contact_phone",
                "contact_hours", "radius_m", "created_at", "sent_at", "closed_at", "opened_at", "chosen_at", "ended_at",
                "ending_reason", "two_openers", "single_reasons",
            ),
        )  # fmt: skip
        inside = "sourcing__organisation_id"
        for kind, model, fields in (
            ("candidate", models.Candidate, CANDIDATE),
            ("draw", models.Draw, DRAW),
            ("price_line", models.PriceLine, ("lot_id", "position", "designation", "unit", "quantity_milli")),
            ("criterion", models.Criterion, ("position", "kind", "label", "weight", "detail")),
            ("question", models.Question, ("position", "kind", "text", "choices", "required")),
            ("request_clause", models.RequestClause, REQUEST_CLAUSE),
            ("request_document", models.RequestDocument, ("file_id",)),
            ("asked_place", models.AskedPlace, ASKED_PLACE),
            ("invitation", models.Invitation, INVITATION),
            ("posting", models.Posting, ("posted_on", "how", "letters", "cost_cents", "made_by_id", "made_at")),
            ("firm_question", models.FirmQuestion, FIRM_QUESTION),
            ("correction", models.Correction, ("text", "file_id", "made_by_id", "made_at")),
            ("glance", models.Glance, ("asked_by_id", "asked_at", "good", "reason", "seen_by_id", "seen_at", "taken_back_at")),
            ("extension", models.Extension, ("old_deadline", "new_deadline", "reason", "made_by_id", "made_at")),
        ):
            register_rows(kind, model, organisation=inside, fields=("sourcing_id", *fields))
        register_rows(
            "relay", models.Relay, organisation="invitation__sourcing__organisation_id",
            fields=("invitation_id", "subject", "text", "told_at", "told_by_id", "how"),
        )  # fmt: skip
