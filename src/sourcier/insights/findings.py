"""The read side of what is shown together: rows alone, so that no page waits for a comparison."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import F, Q, QuerySet

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation, Role
from sourcier.insights.models import Finding, Look
from sourcier.spend.models import Family

# Older years are to be read, not to be decided.
DECIDED_YEARS = 2


def shown(organisation: Organisation) -> QuerySet[Finding]:
    """Those found now, and those decided that nothing shows any more."""
    return Finding.objects.filter(organisation=organisation).select_related("decided_by", "unit")


def of(organisation: Organisation, year: int, family: Family | None) -> list[Finding]:
    """Those of a year, of a family when one is given: to be decided first, then the largest."""
    rows = shown(organisation).filter(year=year)
    if family is not None:
        rows = rows.filter(families=family)
    return sorted(rows, key=lambda row: (not row.waits, row.gone_at is not None, -row.total_cents, row.pk.hex))


def years(organisation: Organisation) -> list[int]:
    """Years with something to see, the latest first."""
    return sorted(set(shown(organisation).order_by("year").values_list("year", flat=True)), reverse=True)


def families(organisation: Organisation, year: int) -> list[Family]:
    """Families with something to see that year, by code."""
    found = shown(organisation).filter(year=year).values("families")
    return list(Family.objects.filter(organisation=organisation, pk__in=found).order_by("code"))


def waiting(agent: Agent, today: date) -> Sequence[Finding]:
    """To be decided by a head buyer, of this year and the last: the largest first."""
    if not agent.has(Role.HEAD_BUYER):
        return []
    undecided = Q(decision="") | Q(total_cents__gt=F("decided_cents"))
    rows = shown(agent.organisation).filter(undecided, gone_at=None, year__gt=today.year - DECIDED_YEARS)
    rows = rows.exclude(kind=Finding.Kind.DOMINANT).defer("purchases", "sentences", "signs")
    return _told_once(list(rows.order_by("-total_cents", "pk")))


def _told_once(rows: Sequence[Finding]) -> Sequence[Finding]:
    """Without the groups whose purchases are all those of a family that reached its limit: its line tells them already."""
    crossed = {(row.year, row.total_cents, row.count): row for row in rows if row.kind == Finding.Kind.CROSSING}

    def told(row: Finding) -> bool:
        same = crossed.get((row.year, row.total_cents, row.count))
        return row.kind == Finding.Kind.SPLIT and same is not None and _bought(row) == _bought(same)

    return [row for row in rows if not told(row)]


def _bought(row: Finding) -> set[str]:
    return {purchase["id"] for purchase in row.purchases}


def last_look(organisation: Organisation) -> Look | None:
    return Look.objects.filter(organisation=organisation, looked_at__isnull=False).first()


def about_need(organisation: Organisation, need_id: UUID) -> Finding | None:
    """The largest group that a need is in."""
    rows = shown(organisation).filter(kind=Finding.Kind.SPLIT, gone_at=None, needs=need_id)
    return rows.order_by("-total_cents", "pk").first()
