from django.apps import AppConfig


class SuppliersConfig(AppConfig):
    name = "sourcier.suppliers"
    label = "suppliers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.journal.registry import register_rows, register_verbs
        from sourcier.law.retention import CONTACT
        from sourcier.mail.due import register_due
        from sourcier.retention.registry import register_eraser, register_finder, register_namer
        from sourcier.suppliers.actions import mark_refused
        from sourcier.suppliers.models import Campaign, Contact, Firm, FirmKey, FirmPlace
        from sourcier.suppliers.retention import give_up, named, traces
        from sourcier.suppliers.verbs import VERBS

        register_verbs(VERBS)
        register_rows(
            "firm", Firm, organisation="organisation_id",
            fields=(
                "siret", "name", "address", "postal_code", "commune", "nomenclature", "activity", "origin",
                "unsubscribed_at", "trade_left_at", "closed_at", "mail_returned_at", "first_met_at",
            ),
        )  # fmt: skip
        register_rows(
            "contact", Contact, organisation="firm__organisation_id",
            fields=("firm_id", "kind", "value", "person", "source", "state", "added_by_id", "added_at"),
        )  # fmt: skip
        register_rows(
            "firm_key", FirmKey, organisation="firm__organisation_id",
            fields=(
                "firm_id", "channel", "campaign_id", "how", "token_sha256", "code_hmac", "made_by_id", "made_at", "expires_at",
                "returned_at",
            ),
        )  # fmt: skip
        register_rows(
            "firm_place", FirmPlace, organisation="firm__organisation_id",
            fields=(
                "claimed_at", "claimed_by", "words", "hours", "zone_km", "quantities", "labels", "capacities", "languages",
                "person", "prefers", "away_from", "away_until", "saved_at", "alerts", "alerts_km", "alerts_from", "alerted_on",
            ),
        )  # fmt: skip
        register_rows(
            "campaign", Campaign, organisation="organisation_id",
            fields=(
                "label", "activities", "radius_m", "register_build", "letters", "left_out", "made_by_id", "made_at",
                "posted_on", "how", "cost_cents", "posted_by_id",
            ),
        )  # fmt: skip
        register_eraser(give_up, CONTACT)
        register_namer(named, CONTACT)
        register_finder(traces)
        # Each in its own transaction: the journal is locked last, and nothing after it.
        register_due("suppliers.refused", mark_refused, atomic=False)
