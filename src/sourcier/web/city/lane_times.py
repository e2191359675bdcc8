"""« Délais » : how long a purchase takes on each lane, for who reads them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from sourcier.insights.lane_times import LaneTimes, hours, in_words, lane_times, lane_years
from sourcier.interop.tables import Column, Kind, Table
from sourcier.web.city.years import years_asked
from sourcier.web.exports import exported
from sourcier.web.rights import READERS, city

COLUMNS = (
    Column("Voie"), Column("Réponses ouvertes, achats", Kind.INTEGER), Column("Heures jusqu'aux réponses", Kind.INTEGER),
    Column("Achats choisis", Kind.INTEGER), Column("Heures jusqu'au choix", Kind.INTEGER),
)  # fmt: skip


@city(*READERS)
def delays(request: HttpRequest) -> HttpResponse:
    """A department reads its own; who inspects, those of the departments he inspects."""
    agent = request.agent  # type: ignore[attr-defined]
    known, year = years_asked(request, "year", lane_years(agent))
    found = lane_times(agent, year)
    if response := exported(request, _table(year, found)):
        return response
    lines = [{"times": each, "answers": in_words(each.to_answers), "choice": in_words(each.to_choice)} for each in found]
    return render(request, "city/figures/delays.html", {"lines": lines, "year": year, "years": known})


def _table(year: int, found: list[LaneTimes]) -> Table:
    rows = [
        (
            each.name, len(each.answers), hours(each.to_answers) if each.to_answers is not None else None, len(each.choices),
            hours(each.to_choice) if each.to_choice is not None else None,
        )
        for each in found
    ]  # fmt: skip
    return Table(f"Délais {year}", COLUMNS, rows, ("Durées médianes, depuis l'envoi du besoin.",))


urlpatterns = [path("delais/", delays, name="delays")]
