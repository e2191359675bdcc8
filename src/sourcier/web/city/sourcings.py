"""« Consultations »: information, quotes and direct purchases in one list. It never tells how many answered."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from sourcier.accounts.agents import Agent
from sourcier.interop.tables import Column, Kind, Table
from sourcier.sourcing import queries
from sourcier.sourcing.models import Sourcing
from sourcier.web.exports import exported
from sourcier.web.operations import standing_page
from sourcier.web.rights import INSPECTION, city

PER_PAGE = 25
STATES = {
    "preparation": ("En préparation", (Sourcing.State.DRAFT,)),
    "attente": ("Réponses attendues", (Sourcing.State.OPEN, Sourcing.State.CLOSED)),
    "choix": ("À choisir", (Sourcing.State.OPENED, Sourcing.State.CHOSEN)),
    "finies": ("Terminées", (Sourcing.State.DONE, Sourcing.State.ENDED)),
}


@city(*INSPECTION)
def sourcings(request: HttpRequest) -> HttpResponse:
    """The list, filtered by state and kind, latest first; each opens the page where it stands."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    found = queries.listed(agent)
    state, kind = request.GET.get("etat", ""), request.GET.get("nature", "")
    if state in STATES:
        found = found.filter(state__in=STATES[state][1])
    if kind in Sourcing.Kind.values:
        found = found.filter(kind=kind)
    if response := exported(request, _table(found, state, kind)):
        return response
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = [{"sourcing": sourcing, "page": standing_page(sourcing)} for sourcing in page]
    context = {
        "page": page, "rows": rows, "state": state, "kind": kind,
        "states": [(key, label) for key, (label, _) in STATES.items()],
        "kinds": Sourcing.Kind.choices, "filtered": bool(state or kind),
    }  # fmt: skip
    return render(request, "city/sourcing/list.html", context)


def _table(found: QuerySet[Sourcing], state: str, kind: str) -> Table:
    columns = (
        Column("Référence"), Column("Titre"), Column("Service"), Column("Nature"), Column("État"), Column("Acheteur"),
        Column("Entreprises interrogées", Kind.INTEGER), Column("Envoyée le", Kind.MOMENT), Column("Date limite", Kind.MOMENT),
    )  # fmt: skip
    rows = [
        (
            item.need.reference, item.title, item.need.department.name, item.get_kind_display(), item.get_state_display(),
            item.buyer.name, item.asked, item.sent_at, item.deadline,  # type: ignore[attr-defined]
        )
        for item in found
    ]  # fmt: skip
    notes = [STATES[state][0]] if state in STATES else []
    return Table(
        "Consultations", columns, rows, [*notes, *([Sourcing.Kind(kind).label] if kind in Sourcing.Kind.values else [])]
    )


urlpatterns = [path("consultations/", sourcings, name="sourcings")]
