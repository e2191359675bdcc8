from django.apps import AppConfig


class SpendConfig(AppConfig):
    name = "sourcier.spend"
    label = "spend"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sourcier.journal.registry import register_rows, register_verbs
        from sourcier.law.retention import ORDERS
        from sourcier.retention.registry import register_eraser, register_finder, register_namer
        from sourcier.spend.models import (
            CityRule,
            Commitment,
            ContractBatch,
            ContractOrder,
            Family,
            OrderBatch,
            RunningContract,
            Unit,
        )
        from sourcier.spend.retention import give_up, named, traces
        from sourcier.spend.verbs import VERBS

        register_verbs(VERBS)
        # The entry that loads the starting nomenclature tells its families without their rows.
        register_rows(
            "family",
            Family,
            organisation="organisation_id",
            fields=("code", "label", "kind", "cpv", "first_year", "last_year", "earlier"),
            strays=True,
        )
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
        register_rows(
            "contract_batch",
            ContractBatch,
            organisation="organisation_id",
            fields=("file_id", "columns", "state", "added", "updated", "known", "warnings"),
        )
        register_rows(
            "running_contract",
            RunningContract,
            organisation="organisation_id",
            fields=(
                "kind", "number", "object", "families", "holder", "siret", "how_to_order", "first_on", "ends_on",
                "maximum_cents", "used_cents", "said_at",
            ),
        )  # fmt: skip
        register_rows(
            "contract_order",
            ContractOrder,
            organisation="contract__organisation_id",
            fields=("contract_id", "operation_id", "amount_cents", "ordered_at"),
        )
        register_finder(traces)
        register_eraser(give_up, ORDERS)
        register_namer(named, ORDERS)
