"""« Bilan » : savings, new firms, small firms, spread of prices; each figure opens its operations."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from sourcier.direct import queries as direct
from sourcier.insights.savings import FIGURES, Group, OperationFigures, groups, years
from sourcier.interop.tables import Column, Kind, Table
from sourcier.web.city.years import years_asked
from sourcier.web.exports import exported
from sourcier.web.rights import INSPECTION, city

COUNTED = {
    "asked": "Entreprises interrogées",
    "first_asked": "Interrogées pour la première fois",
    "micro_asked": "Interrogées de moins de 10 salariés",
    "sme_asked": "PME interrogées",
    "unsized_asked": "Interrogées sans effectif connu",
    "winners": "Entreprises choisies",
    "first_winners": "Choisies pour la première fois",
    "micro_winners": "Choisies de moins de 10 salariés",
    "sme_winners": "PME choisies",
    "unsized_winners": "Choisies sans effectif connu",
}
OTHERS = {
    "saving_cents": "Économie ou perte comptée",
    "not_counted": "Économie non comptée, sans référence",
    "spread_percent": "Écart des prix",
}
COLUMNS = (
    Column("Direction"),
    Column("Famille"),
    Column("Référence"),
    Column("Objet"),
    *(Column(label, Kind.INTEGER) for label in COUNTED.values()),
    Column("Choisi HT", Kind.CENTS),
    Column("Référence HT", Kind.CENTS),
    Column("Économie HT", Kind.CENTS),
    Column("Écart des prix %", Kind.INTEGER),
)


@city(*INSPECTION)
def savings(request: HttpRequest) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    known, year = years_asked(request, "year", {*years(agent), *direct.years(agent)})
    found = groups(agent, year)
    whole = Group("", "", [operation for group in found for operation in group.operations])
    figure = request.GET.get("figure", "")
    figure = figure if figure in FIGURES else ""
    shown = _narrowed(found, figure, request.GET.get("department", ""), request.GET.get("family"))
    only = (COUNTED | OTHERS).get(figure, "")
    if response := exported(request, _table(year, shown, only)):
        return response
    context: dict[str, Any] = {
        "bought": direct.of_year(agent, year),
        "groups": shown, "whole": whole, "year": year, "years": known, "only": only, "narrowed": shown is not found,
    }  # fmt: skip
    return render(request, "city/figures/savings.html", context)


def _narrowed(found: list[Group], figure: str, department: str, family: str | None) -> list[Group]:
    """The groups asked for, with the operations that the figure counts; all of them when nothing is asked."""
    if not figure and not department:
        return found
    kept = []
    for group in found:
        if department and (str(group.department_id), str(group.family_id or "")) != (department, family or ""):
            continue
        operations = [operation for operation in group.operations if not figure or operation.counts(figure)]
        if operations:
            kept.append(
                Group(group.department, group.family, operations, group.asked_before, group.department_id, group.family_id)
            )
    return kept


def _table(year: int, found: list[Group], only: str) -> Table:
    rows = [_row(group, operation) for group in found for operation in group.operations]
    notes = ["Économie = référence − choisi, hors taxes. Vide : sans référence, économie non comptée."]
    notes += [f"Seuls les achats comptés dans : {only}."] if only else []
    return Table(f"Bilan {year}", COLUMNS, rows, notes)


def _row(group: Group, operation: OperationFigures) -> tuple[object, ...]:
    need = operation.sourcing.need
    return (
        group.department, group.family, need.reference, operation.sourcing.title,
        *(len(getattr(operation, figure)) for figure in COUNTED), operation.amount_cents if operation.winners else None,
        operation.reference_cents, operation.saving_cents, operation.spread_percent,
    )  # fmt: skip


urlpatterns = [path("bilan/", savings, name="savings")]
