from django.apps import AppConfig


class SpendConfig(AppConfig):
    name = "sourcier.spend"
    label = "spend"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.journal.registry import register_rows, register_verbs
        from sourcier.spend.models import CityRule, Commitment, OrderBatch, Unit
        from sourcier.spend.verbs import VERBS

        register_verbs(VERBS)
        register_rows(
            "commitment",
            Commitment,
            organisation="organisation_id",
            fields=(
                "family_id", "department_id", "operation_id", "award_id", "siret", "supplier", "label", "amount_cents",
                "engaged_on", "unit_id",
            ),
        )  # fmt: skip
        register_rows(
            "unit",
            Unit,
            organisation="organisation_id",
            fields=("nature", "label", "place", "reason", "first_on", "last_on"),
        )
        register_rows(
            "city_rule",
            CityRule,
            organisation="organisation_id",
            fields=("kinds", "from_cents", "first", "last", "sentence", "basis"),
        )
        # Its orders are those that its file says, which the entry vouches for.
        register_rows(
            "order_batch",
            OrderBatch,
            organisation="organisation_id",
            fields=("file_id", "columns", "state", "orders", "known", "total_cents", "warnings"),
        )
