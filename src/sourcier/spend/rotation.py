"""Which firms a family is bought from, over three years: the share of each, how often, when last. By SIREN, else by name."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import Count, Max, Q, Sum

from sourcier.accounts.models import Organisation
from sourcier.kernel.french import fold
from sourcier.spend.firms import firm_key
from sourcier.spend.models import Commitment, Family, Order
from sourcier.spend.suppliers import beyond_choice, sirens_of

YEARS = 3
# Of one or two purchases, no share says anything.
ENOUGH = 3


@dataclass(slots=True)
class FirmShare:
    """What one firm has of a family since a day. Cents, before tax."""

    key: str
    name: str
    cents: int = 0
    purchases: int = 0
    last_on: date | None = None
    departments: set[UUID] = field(default_factory=set)
    family_cents: int = 0

    @property
    def percent(self) -> int:
        """Whole percent, rounded down."""
        return 100 * self.cents // self.family_cents if self.family_cents > 0 else 0

    def over(self, percent: int) -> bool:
        """Above the city's limit, and often enough to say so."""
        return self.purchases >= ENOUGH and 100 * self.cents > percent * self.family_cents > 0


@dataclass(frozen=True, slots=True)
class Rotation:
    """A family since a day: its firms, the largest share first."""

    shares: Sequence[FirmShare]
    since: date
    by_key: Mapping[str, FirmShare]

    @property
    def cents(self) -> int:
        return sum(share.cents for share in self.shares)

    @property
    def purchases(self) -> int:
        return sum(share.purchases for share in self.shares)

    def of(self, siret: str, name: str) -> FirmShare | None:
        """The share of a firm: of its SIREN, else of its name where no SIREN was written."""
        return self.by_key.get(firm_key(siret, name)) or self.by_key.get(firm_key("", name))


def since(today: date) -> date:
    """Three years before."""
    return date(today.year - YEARS, today.month, min(today.day, 28))


def rotations(
    organisation: Organisation, today: date, *, family: Family | None = None, department_id: UUID | None = None
) -> dict[UUID, Rotation]:
    """By family: of all, or of one; of the whole city, or of one department. A few queries, whatever their number.

    What was chosen here and ordered by the finance software counts once. Of what an operation ordered beyond its choice, the
    whole years alone are counted.
    """
    first = since(today)
    narrowed = Q(organisation=organisation, family__isnull=False)
    narrowed &= Q(family=family) if family else Q()
    narrowed &= Q(department=department_id) if department_id else Q()
    grouped = ("siret", "supplier", "family", "department")
    rows = []
    for found, day in (
        (Commitment.objects.filter(narrowed, engaged_on__gte=first, engaged_on__lte=today), "engaged_on"),
        (Order.objects.filter(narrowed, operation_id=None, ordered_on__gte=first, ordered_on__lte=today), "ordered_on"),
    ):
        bought = Count("pk", filter=Q(amount_cents__gt=0))
        rows += list(found.values(*grouped).annotate(cents=Sum("amount_cents"), count=bought, last=Max(day)).order_by(*grouped))
    if not department_id:
        rows += [
            row | {"last": None}
            for year in range(first.year + 1, today.year + 1)
            for row in beyond_choice(organisation, year)
            if row["family"] and (family is None or row["family"] == family.pk)
        ]
    sirens = sirens_of([(row["siret"], row["supplier"]) for row in rows])
    shares: defaultdict[UUID, dict[str, FirmShare]] = defaultdict(dict)
    for row in rows:
        key = firm_key(row["siret"], "") or sirens.get(fold(row["supplier"])) or firm_key("", row["supplier"])
        share = shares[row["family"]].setdefault(key, FirmShare(key, row["supplier"]))
        share.cents += row["cents"]
        share.purchases += row["count"]
        share.last_on = max(filter(None, (share.last_on, row["last"])), default=None)
        share.departments |= {row["department"]} - {None}
    return {key: _rotation(found, first) for key, found in shares.items()}


def rotation(organisation: Organisation, family: Family, today: date) -> Rotation:
    """Of one family; without any share when nothing was bought."""
    return rotations(organisation, today, family=family).get(family.pk, Rotation((), since(today), {}))


def _rotation(found: dict[str, FirmShare], first: date) -> Rotation:
    whole = sum(share.cents for share in found.values())
    for share in found.values():
        share.family_cents = whole
    listed = sorted(found.values(), key=lambda share: (-share.cents, fold(share.name)))
    # Where a SIREN is known, its name leads to it as well.
    named = {firm_key("", share.name): share for share in reversed(listed)}
    return Rotation(listed, first, named | found)
