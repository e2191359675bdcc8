"""« Bilan » : savings, new firms, small firms, spread of prices; each figure opens its operations."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from sourcier.insights.savings import Group, OperationFigures, groups, years
from sourcier.interop.tables import Column, Kind, Table
from sourcier.kernel.french import PARIS
from sourcier.web.exports import exported
from sourcier.web.rights import INSPECTION, city

COLUMNS = (
    Column("Direction"),
    Column("Famille"),
    Column("Référence"),
    Column("Objet"),
    Column("Entreprises interrogées", Kind.INTEGER),
    Column("Pour la première fois", Kind.INTEGER),
    Column("Très petites", Kind.INTEGER),
    Column("Choisi HT", Kind.CENTS),
    Column("Référence HT", Kind.CENTS),
    Column("Économie HT", Kind.CENTS),
    Column("Écart des prix %", Kind.INTEGER),
)


@city(*INSPECTION)
def savings(request: HttpRequest) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    this_year = timezone.now().astimezone(PARIS).year
    known = sorted({*years(agent), this_year}, reverse=True)
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdecimal() and int(asked) in known else this_year
    found = groups(agent, year)
    if response := exported(request, _table(year, found)):
        return response
    whole = Group("", "", [operation for group in found for operation in group.operations])
    context = {"groups": found, "whole": whole, "year": year, "years": known}
    return render(request, "city/figures/savings.html", context)


def _table(year: int, found: list[Group]) -> Table:
    rows = [_row(group, operation) for group in found for operation in group.operations]
    notes = ("Économie = référence − choisi, hors taxes. Vide : sans référence, économie non comptée.",)
    return Table(f"Bilan {year}", COLUMNS, rows, notes)


def _row(group: Group, operation: OperationFigures) -> tuple[object, ...]:
    need = operation.sourcing.need
    return (
        group.department, group.family, need.reference, operation.sourcing.title, len(operation.asked),
        len(operation.first_asked), len(operation.micro_asked), operation.amount_cents if operation.winners else None,
        operation.reference_cents, operation.saving_cents, operation.spread_percent,
    )  # fmt: skip


urlpatterns = [path("bilan/", savings, name="savings")]
