"""« Familles et seuils » : what each family engaged in the year, against the limit of the day."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.interop.tables import Column, Table
from sourcier.interop.tables import Kind as Cell
from sourcier.kernel.transitions import Refused
from sourcier.law.book import KINDS, WORKS, Rule, threshold
from sourcier.spend.actions import load_families
from sourcier.spend.queries import FamilyYear, families_of_year, without_family, years
from sourcier.spend.rules import LEVELS, Use
from sourcier.web.city.years import years_asked
from sourcier.web.exports import exported
from sourcier.web.rights import INSPECTION, city

COLUMNS = (
    Column("Code"), Column("Famille"), Column("Nature"), Column("CPV"), Column("Engagé HT", Cell.CENTS),
    Column("Achats", Cell.INTEGER), Column("Entreprises", Cell.INTEGER), Column("Limite HT", Cell.CENTS),
    Column("Atteint %", Cell.INTEGER),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A family of the year and its use; works add up by operation, so they have no use here."""

    year: FamilyYear
    use: Use | None
    label: str

    @property
    def kind(self) -> str:
        return KINDS[self.year.family.kind]


@city(*INSPECTION)
def families(request: HttpRequest) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    today = timezone.localdate()
    known, year = years_asked(request, "annee", years(agent.organisation))
    on = today if year == today.year else date(year, 12, 31)
    limits = {kind: threshold(kind, on)["exemption"] for kind in KINDS}
    lines = _lines(agent, year, limits)
    if response := exported(request, _table(year, on, lines)):
        return response
    engaged = sorted((line for line in lines if line.year.purchases), key=_fullest)
    context = {
        "year": year, "years": known, "on": on,
        "limits": [(KINDS[kind], rule) for kind, rule in limits.items()],
        "engaged": engaged,
        "untouched": [line for line in lines if not line.year.purchases],
        "levels": _levels(engaged),
        "total": sum(line.year.committed_cents for line in lines),
        "without": without_family(agent.organisation, year),
        "may_load": not lines and agent.has(Role.HEAD_BUYER),
    }  # fmt: skip
    return render(request, "city/rule/families.html", context)


def _lines(agent: Agent, year: int, limits: dict[str, Rule | None]) -> list[Line]:
    found = []
    for row in families_of_year(agent.organisation, year):
        limit = limits[row.family.kind]
        counted = limit is not None and row.family.kind != WORKS
        found.append(
            Line(row, Use(row.committed_cents, 0, limit.amount_cents) if counted and limit else None, row.family.named(year))
        )
    return found


def _fullest(line: Line) -> tuple[int, int, str]:
    return -(line.use.percent if line.use else 0), -line.year.committed_cents, line.year.family.code


def _levels(engaged: list[Line]) -> list[tuple[int, int]]:
    """How many families are at 100, 80 and 50 %, each counted once, at its highest level."""
    reached = [line.use.level for line in engaged if line.use]
    return [(level, reached.count(level)) for level in sorted(LEVELS, reverse=True)]


def _table(year: int, on: date, lines: list[Line]) -> Table:
    rows = [
        (
            line.year.family.code, line.label, line.kind, line.year.family.cpv, line.year.committed_cents,
            line.year.purchases, line.year.suppliers, line.use.limit_cents if line.use else None,
            line.use.percent if line.use else None,
        )
        for line in lines
    ]  # fmt: skip
    notes = (
        f"Limites de dispense au {on:%d/%m/%Y} (CCP art. R.2122-8). Les travaux se comptent par opération.",
    )  # fmt: skip
    return Table(f"Familles et seuils {year}", COLUMNS, rows, notes)


@city(Role.HEAD_BUYER)
@require_POST
def families_load(request: HttpRequest) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    try:
        added = load_families(agent.organisation, agent)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, f"{added} familles sont chargées. Relisez-les : elles sont à vous.")
    return redirect("families")


urlpatterns = [
    path("familles/", families, name="families"),
    path("familles/charger/", families_load, name="families_load"),
]
