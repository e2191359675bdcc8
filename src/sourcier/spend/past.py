"""What was paid before, and to whom: what a price that came alone is compared with."""

from dataclasses import dataclass
from datetime import date

from sourcier.accounts.models import Organisation
from sourcier.spend.models import Commitment, Family, Order

SHOWN = 5


@dataclass(frozen=True, slots=True)
class PastPrice:
    """A purchase of the family: `cents` before tax."""

    on: date
    label: str
    supplier: str
    cents: int


def past_prices(organisation: Organisation, family: Family, before: date) -> list[PastPrice]:
    """The last purchases of the family until that day, latest first: choices of this tool, and orders that none explains."""
    chosen = Commitment.objects.filter(organisation=organisation, family=family, amount_cents__gt=0, engaged_on__lte=before)
    ordered = Order.objects.filter(
        organisation=organisation, family=family, amount_cents__gt=0, ordered_on__lte=before, operation_id=None
    )
    rows = [
        *chosen.order_by("-engaged_on", "-pk").values_list("engaged_on", "label", "supplier", "amount_cents")[:SHOWN],
        *ordered.order_by("-ordered_on", "-pk").values_list("ordered_on", "label", "supplier", "amount_cents")[:SHOWN],
    ]
    return [PastPrice(*row) for row in sorted(rows, key=lambda row: row[0], reverse=True)[:SHOWN]]
