"""What the finance software ordered, family by family, without counting twice what a choice of this tool engaged already."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, Sum

from sourcier.accounts.models import Organisation
from sourcier.spend.models import Commitment, Order, Unit


def ordered_by_family(organisation: Organisation, year: int) -> dict[UUID | None, int]:
    """Cents before tax by family (None: without family): the orders that no operation explains, and, of the others, what goes
    beyond what their operation engaged."""
    orders = Order.objects.filter(organisation=organisation)
    alone = orders.filter(operation_id=None, ordered_on__year=year).values("family").annotate(total=Sum("amount_cents"))
    totals: defaultdict[UUID | None, int] = defaultdict(int, {row["family"]: row["total"] for row in alone})
    for _, family, cents in beyond(organisation, year):
        totals[family] += cents
    return dict(totals)


def beyond(organisation: Organisation, year: int) -> list[tuple[UUID, UUID | None, int]]:
    """`(operation, family, cents)` of the operations whose orders went beyond what was engaged, in that year."""
    explained = Order.objects.filter(organisation=organisation, operation_id__isnull=False, ordered_on__year__lte=year)
    rows = explained.values("operation_id").annotate(
        until=Sum("amount_cents"), before=Sum("amount_cents", filter=Q(ordered_on__year__lt=year))
    )
    ordered = {row["operation_id"]: (row["until"], row["before"] or 0) for row in rows if row["until"]}
    engaged: dict[UUID | None, tuple[int, UUID | None]] = {}
    for commitment in Commitment.objects.filter(organisation=organisation, operation_id__in=ordered):
        cents, family = engaged.get(commitment.operation_id, (0, commitment.family_id))
        engaged[commitment.operation_id] = cents + commitment.amount_cents, family
    found = []
    for operation, (until, before) in ordered.items():
        limit, family = engaged.get(operation, (0, None))
        if cents := max(0, until - limit) - max(0, before - limit):
            found.append((operation, family, cents))
    return found


def unit_total(unit: Unit) -> int:
    """Cents before tax of the unit, whatever the family and the year."""
    return unit_totals([unit])[unit.pk]


def unit_totals(units: Collection[Unit]) -> dict[UUID, int]:
    """Of several units, in three queries: chosen here, ordered elsewhere, and what their operations ordered beyond a choice."""
    totals = {unit.pk: 0 for unit in units}
    engaged: dict[UUID, tuple[UUID, int]] = {}
    chosen = Commitment.objects.filter(unit__in=totals).values("unit", "operation_id").annotate(total=Sum("amount_cents"))
    for row in chosen.order_by():
        totals[row["unit"]] += row["total"]
        if row["operation_id"]:
            engaged[row["operation_id"]] = row["unit"], row["total"]
    alone = Order.objects.filter(unit__in=totals, operation_id=None).values("unit").annotate(total=Sum("amount_cents"))
    for row in alone.order_by():
        totals[row["unit"]] += row["total"]
    explained = Order.objects.filter(organisation__in={unit.organisation_id for unit in units}, operation_id__in=engaged)
    for row in explained.values("operation_id").annotate(total=Sum("amount_cents")).order_by():
        unit, cents = engaged[row["operation_id"]]
        totals[unit] += max(0, row["total"] - cents)
    return totals
