"""What each supplier was bought in a year, whatever the family: by SIREN, else by its name as it is written."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

from sourcier.accounts.models import Organisation
from sourcier.kernel.french import fold
from sourcier.spend.models import Commitment, Order
from sourcier.spend.totals import beyond


@dataclass(slots=True)
class SupplierYear:
    """A supplier in a calendar year: cents before tax, purchases, and the families it was taken for."""

    name: str
    siren: str
    cents: int = 0
    purchases: int = 0
    families: set[UUID] = field(default_factory=set)
    departments: set[UUID] = field(default_factory=set)


def suppliers_of_year(organisation: Organisation, year: int) -> list[SupplierYear]:
    """The largest first; their sum is that of the families and of what has none. A few queries, whatever their number."""
    chosen = Commitment.objects.filter(organisation=organisation, engaged_on__year=year)
    ordered = Order.objects.filter(organisation=organisation, operation_id=None, ordered_on__year=year)
    grouped = ("siret", "supplier", "family", "department")
    rows = [
        row
        for found in (chosen, ordered)
        for row in found.values(*grouped).annotate(cents=Sum("amount_cents"), count=Count("pk")).order_by(*grouped)
    ]
    past_choice = beyond_choice(organisation, year)
    sirens = sirens_of([(row["siret"], row["supplier"]) for row in (*rows, *past_choice)])
    found: dict[str, SupplierYear] = {}
    for row in (*rows, *past_choice):
        key = row["siret"][:9] or sirens.get(fold(row["supplier"])) or fold(row["supplier"])
        line = found.setdefault(key, SupplierYear(row["supplier"], key if key.isdecimal() and len(key) == 9 else ""))
        line.cents += row["cents"]
        line.purchases += row["count"]
        line.families |= {row["family"]} - {None}
        line.departments |= {row["department"]} - {None}
    return sorted(found.values(), key=lambda line: (-line.cents, fold(line.name)))


def beyond_choice(organisation: Organisation, year: int) -> list[dict[str, Any]]:
    """What operations ordered beyond their choice, put on the supplier that had most of these orders."""
    over = {operation: (family, cents) for operation, family, cents in beyond(organisation, year)}
    largest: dict[UUID, tuple[int, str, str]] = {}
    orders = Order.objects.filter(organisation=organisation, operation_id__in=over, ordered_on__year=year)
    for row in orders.values("operation_id", "siret", "supplier").annotate(cents=Sum("amount_cents")).order_by("siret"):
        most = largest.get(row["operation_id"], (0, "", ""))
        largest[row["operation_id"]] = max(most, (row["cents"], row["siret"], row["supplier"]))
    found = []
    for operation, (family, cents) in over.items():
        if operation in largest:
            _, siret, supplier = largest[operation]
            named = {"siret": siret, "supplier": supplier, "family": family, "department": None}
            found.append({**named, "cents": cents, "count": 0})
    return found


def sirens_of(named: list[tuple[str, str]]) -> dict[str, str]:
    """The SIREN of the names that have one and the same wherever it is written."""
    known: defaultdict[str, set[str]] = defaultdict(set)
    for siret, name in named:
        if siret:
            known[fold(name)].add(siret[:9])
    return {name: next(iter(found)) for name, found in known.items() if len(found) == 1}
