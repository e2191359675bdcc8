"""Families and works operations whose sum reaches the limit, and the share of each firm in a family."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from sourcier.spend.purchase import Purchase, in_order

FAMILY, OPERATION = "family", "operation"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A sum that reached its limit, on `day`, by `purchase`; of it, operations put to competition explain `explained_cents`."""

    scope: str
    code: str
    year: int
    total_cents: int
    explained_cents: int
    limit_cents: int
    day: date
    purchase: Purchase


@dataclass(frozen=True, slots=True)
class Share:
    """What one firm has of a family; `dominant` above the share and the number of purchases asked about."""

    family: str
    supplier: str
    purchases: int
    total_cents: int
    family_cents: int
    dominant: bool

    @property
    def percent(self) -> int:
        """Whole percent, rounded down."""
        return 100 * self.total_cents // self.family_cents


def crossings(purchases: Iterable[Purchase], limit: Callable[[str, date], int | None]) -> list[Crossing]:
    """Each family and year (supplies, services) and each works operation that reaches its limit, by day of crossing.

    A family is held against the limit of each day; an operation, whatever its years, against that of its first day.
    """
    sums: defaultdict[tuple[str, str, int], list[Purchase]] = defaultdict(list)
    first_year: dict[str, int] = {}
    for purchase in sorted(purchases, key=in_order):
        if purchase.is_works and purchase.operation:
            year = first_year.setdefault(purchase.operation, purchase.on.year)
            sums[OPERATION, purchase.operation, year].append(purchase)
        elif not purchase.is_works and purchase.family:
            sums[FAMILY, purchase.family, purchase.on.year].append(purchase)
    found = [crossing for key, listed in sums.items() if (crossing := _crossing(*key, listed, limit))]
    return sorted(found, key=lambda crossing: (crossing.day, crossing.scope, crossing.code))


def _crossing(
    scope: str, code: str, year: int, purchases: list[Purchase], limit: Callable[[str, date], int | None]
) -> Crossing | None:
    total = sum(purchase.amount_cents for purchase in purchases)
    explained = sum(purchase.amount_cents for purchase in purchases if purchase.operation)
    running = 0
    for purchase in purchases:
        running += purchase.amount_cents
        held = limit(purchase.kind, purchases[0].on if scope == OPERATION else purchase.on)
        if held is not None and running >= held and total >= held:
            return Crossing(scope, code, year, total, explained, held, purchase.on, purchase)
    return None


def dominant(purchases: Iterable[Purchase], percent: int = 60, at_least: int = 3) -> list[Share]:
    """The share of each firm in each family over all the purchases given, the largest first in each family."""
    counted: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for purchase in purchases:
        if purchase.family and purchase.supplier and purchase.amount_cents > 0:
            counted[purchase.family][purchase.supplier].append(purchase.amount_cents)
    shares = []
    for family, firms in counted.items():
        whole = sum(sum(amounts) for amounts in firms.values())
        for supplier, amounts in firms.items():
            own = sum(amounts)
            exceeds = 100 * own > percent * whole and len(amounts) >= at_least
            shares.append(Share(family, supplier, len(amounts), own, whole, exceeds))
    return sorted(shares, key=lambda share: (share.family, -share.total_cents, share.supplier))
