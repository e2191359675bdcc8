"""« Consultations »: information, quotes and direct purchases in one list. It never tells how many answered."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from sourcier.accounts.agents import Agent
from sourcier.direct import queries as direct
from sourcier.direct.models import DirectPurchase
from sourcier.interop.tables import Column, Kind, Table
from sourcier.sourcing import queries
from sourcier.sourcing.models import Sourcing
from sourcier.web.city.buying import may_buy_directly
from sourcier.web.exports import exported
from sourcier.web.operations import standing_page
from sourcier.web.rights import INSPECTION, city

PER_PAGE = 25
BOUGHT, BOUGHT_WORDS, OVER = "achete", "Acheté directement", "finies"
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
    state, kind = request.GET.get("etat", ""), request.GET.get("nature", "")
    found, bought = _filtered(agent, state, kind)
    if response := exported(request, _table(found, bought, state, kind)):
        return response
    page = _page(found, bought, request.GET.get("page"))
    context = {
        "page": page, "rows": _rows(found, bought, page), "state": state, "kind": kind,
        "states": [(key, label) for key, (label, _) in STATES.items()],
        "kinds": [*Sourcing.Kind.choices, (BOUGHT, BOUGHT_WORDS)], "filtered": bool(state or kind),
        "may_buy": may_buy_directly(agent),
    }  # fmt: skip
    return render(request, "city/sourcing/list.html", context)


def _filtered(agent: Agent, state: str, kind: str) -> tuple[QuerySet[Sourcing], QuerySet[DirectPurchase]]:
    """What was asked of firms, and what was bought without asking any: that is over from its first minute."""
    found, bought = queries.listed(agent), direct.listed(agent)
    if state in STATES:
        found = found.filter(state__in=STATES[state][1])
        bought = bought if state == OVER else bought.none()
    if kind in Sourcing.Kind.values:
        return found.filter(kind=kind), bought.none()
    return (found.none(), bought) if kind == BOUGHT else (found, bought)


def _page(found: QuerySet[Sourcing], bought: QuerySet[DirectPurchase], number: str | None) -> Page[Any]:
    """One page of the two together, as `(moment, id)`: the rows themselves are read for that page alone."""
    moments = [*found.values_list("created_at", "pk"), *bought.values_list("recorded_at", "pk")]
    return Paginator(sorted(moments, reverse=True), PER_PAGE).get_page(number)


def _rows(found: QuerySet[Sourcing], bought: QuerySet[DirectPurchase], page: Page[Any]) -> list[dict[str, Any]]:
    ids = [pk for _, pk in page]
    rows: dict[Any, dict[str, Any]] = {
        sourcing.pk: {"sourcing": sourcing, "page": standing_page(sourcing)} for sourcing in found.filter(pk__in=ids)
    }
    rows |= {purchase.pk: {"bought": purchase} for purchase in bought.filter(pk__in=ids)}
    return [rows[pk] for pk in ids if pk in rows]


def _table(found: QuerySet[Sourcing], bought: QuerySet[DirectPurchase], state: str, kind: str) -> Table:
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
    rows += [
        (
            item.need.reference, item.need.title, item.need.department.name, BOUGHT_WORDS,
            "Annulé" if item.cancelled_at else "Enregistré", item.recorded_by.name, 0, item.recorded_at, None,
        )
        for item in bought
    ]  # fmt: skip
    named = dict(Sourcing.Kind.choices) | {BOUGHT: BOUGHT_WORDS}
    notes = [STATES[state][0]] if state in STATES else []
    return Table("Consultations", columns, rows, [*notes, *([named[kind]] if kind in named else [])])


urlpatterns = [path("consultations/", sourcings, name="sourcings")]
