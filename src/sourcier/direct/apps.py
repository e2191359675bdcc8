from django.apps import AppConfig


class DirectConfig(AppConfig):
    name = "sourcier.direct"
    label = "direct"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.direct.models import DirectPurchase
        from sourcier.direct.retention import give_up
        from sourcier.direct.verbs import VERBS
        from sourcier.journal.registry import register_rows, register_verbs
        from sourcier.law.retention import CONTRACT, PROCEDURE
        from sourcier.retention.registry import register_eraser

        register_verbs(VERBS)
        register_rows(
            "direct_purchase", DirectPurchase, organisation="organisation_id",
            fields=(
                "need_id", "firm_id", "amount_cents", "typed_cents", "vat_bp", "reasons", "note", "shown", "recorded_by_id",
                "recorded_at", "cancelled_by_id", "cancelled_at", "cancel_reason",
            ),
        )  # fmt: skip
        register_eraser(give_up, PROCEDURE, CONTRACT)
