"""The firms around the city, by family: how many exist, are known, opened their place, were asked, answered."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from sourcier.accounts.agents import Agent
from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.quotes.models import Submission
from sourcier.register import search as register
from sourcier.sourcing.known_firms import hidden_firms, left_to_firms
from sourcier.sourcing.rules import SEALED_STATES
from sourcier.spend.models import Family
from sourcier.suppliers.models import Firm

ANSWERED = (Submission.State.RECEIVED, Submission.State.REPLACED)


@dataclass(frozen=True, slots=True)
class FamilyFirms:
    """`exist`: in the register within the radius, with those that may not be named (`undisclosed`); the rest: of the city."""

    family: Family
    exist: int
    undisclosed: int
    known: int
    placed: int
    asked: int
    answered: int


def territory(agent: Agent, radius_m: int) -> list[FamilyFirms]:
    """Every family that has firms within `radius_m` of the city hall, fewest known first. Five queries and one of the register.

    An operation whose answers are sealed counts for nothing yet, in asked as in answered. Raises `RegisterMissing`.
    """
    city = agent.organisation
    exist = register.around((city.lat_e6, city.lon_e6), radius_m)
    met = Firm.objects.filter(organisation=city).exclude(pk__in=hidden_firms(city.pk))
    left = left_to_firms(city.pk).exclude(sourcing__state__in=SEALED_STATES)
    answers = Submission.objects.filter(organisation=city, state__in=ANSWERED, sourcing__sent_at__isnull=False)
    answers = answers.exclude(kind=Submission.Kind.DECLINE).exclude(sourcing__state__in=SEALED_STATES)
    known, placed = _by_code(met, "pk", ""), _by_code(met.filter(own_place__isnull=False), "pk", "")
    asked, answered = _by_code(left, "firm_id", "firm__"), _by_code(answers, "firm_id", "firm__")
    lines = [_line(family, exist, (known, placed, asked, answered)) for family in Family.objects.filter(organisation=city)]
    return sorted((line for line in lines if line.exist), key=_fewest_known)


Firms = dict[str, set[UUID]]


def _by_code(rows: QuerySet, pk: str, path: str) -> Firms:  # type: ignore[type-arg]
    """NAF rév. 2 code → the firms of these rows; one that bears NAF 2025 alone counts where its code corresponds."""
    found, known = Firms(), register.followed()
    for firm_id, nomenclature, code in rows.values_list(pk, f"{path}nomenclature", f"{path}activity").distinct():
        for each in known.within(NAF_REV2, Activity(nomenclature, code)):
            found.setdefault(each.code, set()).add(firm_id)
    return found


def _line(family: Family, exist: dict[str, tuple[int, int]], firms: tuple[Firms, ...]) -> FamilyFirms:
    codes = {code for nomenclature, code in family.activities if nomenclature == NAF_REV2}
    totals = [exist.get(code, (0, 0)) for code in codes]
    size: Callable[[Firms], int] = lambda by_code: len(set().union(*(by_code.get(code, ()) for code in codes)))  # noqa: E731
    return FamilyFirms(family, sum(total for total, _ in totals), sum(hidden for _, hidden in totals), *map(size, firms))


def _fewest_known(line: FamilyFirms) -> tuple[int, int, str]:
    return line.known, -line.exist, line.family.code
