"""How often a firm was paid: by what this tool engaged, and by the orders that no operation of it explains."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q

from sourcier.accounts.models import Organisation
from sourcier.spend.models import Commitment, Order


@dataclass(frozen=True, slots=True)
class Taken:
    """Purchases from one firm since a day: of the whole city, and of one department among them."""

    city: int
    department: int
    since: date


def times_taken(organisation: Organisation, siret: str, department_id: UUID, today: date, years: int = 3) -> Taken:
    """Operations and orders of the last `years` years. An order that knows only the SIREN is counted as this firm's."""
    since = date(today.year - years, today.month, min(today.day, 28))
    engaged = Commitment.objects.filter(organisation=organisation, siret=siret, amount_cents__gt=0, engaged_on__gte=since)
    firm = Q(siret=siret) | Q(siret=siret[:9])
    ordered = Order.objects.filter(
        firm, organisation=organisation, operation_id=None, amount_cents__gt=0, ordered_on__gte=since
    )
    operations = dict(engaged.values_list("operation_id", "department_id"))
    orders = list(ordered.values_list("number", "department_id").distinct())
    found = [*operations.values(), *(department for _, department in orders)]
    return Taken(len(found), sum(department == department_id for department in found), since)
