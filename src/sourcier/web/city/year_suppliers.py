"""« Fournisseurs de l'année » : what each was bought, whatever the family."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from sourcier.accounts.agents import Agent
from sourcier.interop.tables import Column, Kind, Table
from sourcier.spend.queries import years
from sourcier.spend.suppliers import SupplierYear, suppliers_of_year
from sourcier.web.city.years import years_asked
from sourcier.web.exports import exported
from sourcier.web.rights import INSPECTION, city

COLUMNS = (
    Column("Fournisseur"), Column("SIREN"), Column("Engagé HT", Kind.CENTS), Column("Achats", Kind.INTEGER),
    Column("Familles", Kind.INTEGER), Column("Services", Kind.INTEGER), Column("Part %", Kind.INTEGER),
)  # fmt: skip
SHOWN = 300


@city(*INSPECTION)
def year_suppliers(request: HttpRequest) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    known, year = years_asked(request, "annee", years(agent.organisation))
    found = suppliers_of_year(agent.organisation, year)
    total = sum(line.cents for line in found)
    if response := exported(request, _table(year, found, total)):
        return response
    context = {
        "year": year, "years": known, "total": total, "count": len(found),
        "lines": [(line, _share(line, total)) for line in found[:SHOWN]],
    }  # fmt: skip
    return render(request, "city/spend/suppliers.html", context)


def _share(line: SupplierYear, total: int) -> int:
    return 100 * line.cents // total if total > 0 else 0


def _table(year: int, found: list[SupplierYear], total: int) -> Table:
    rows = [
        (line.name, line.siren, line.cents, line.purchases, len(line.families), len(line.departments), _share(line, total))
        for line in found
    ]
    note = "Un fournisseur se reconnaît à son SIREN, sinon à son nom. Montants hors taxes."
    return Table(f"Fournisseurs {year}", COLUMNS, rows, (note,))


urlpatterns = [path("familles/fournisseurs/", year_suppliers, name="year_suppliers")]
