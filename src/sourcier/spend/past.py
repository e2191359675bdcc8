"""What was paid before, and to whom: what a price is compared with when one firm alone is asked."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from sourcier.accounts.models import Organisation
from sourcier.spend.models import Commitment, Family, Order

SHOWN = 5
YEARS = 3
SIREN = 9


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


def times_taken(organisation: Organisation, siret: str, family: Family | None, before: date) -> int:
    """How often this firm was taken in the three years until that day, in the family (None: in any); a firm is its SIREN."""
    since = date(before.year - YEARS, before.month, min(before.day, 28))
    inside = Q(organisation=organisation, siret__startswith=siret[:SIREN]) & (Q(family=family) if family else Q())
    chosen = Commitment.objects.filter(inside, engaged_on__gt=since, engaged_on__lte=before, amount_cents__gt=0)
    ordered = Order.objects.filter(inside, ordered_on__gt=since, ordered_on__lte=before, operation_id=None, amount_cents__gt=0)
    return chosen.count() + ordered.count() if len(siret) >= SIREN else 0
