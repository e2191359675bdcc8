"""The whole page of the firms of a consultation: what was searched, found, mapped, kept, drawn and put aside."""

from collections.abc import Mapping, Sequence
from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation
from sourcier.accounts.rules import tiles_origin
from sourcier.needs import queries as needs
from sourcier.needs.interest_rules import PANEL
from sourcier.needs.models import Need
from sourcier.register import search as register
from sourcier.register.establishment import Establishment, Facets
from sourcier.register.scorers import Context
from sourcier.register.search import RegisterMissing
from sourcier.sourcing import around, carrying, constraints, finding, queries, rules
from sourcier.sourcing.models import Candidate, Search, Sourcing
from sourcier.sourcing.rotation import Shares
from sourcier.sourcing.rules import Verb
from sourcier.web.city import panel_loosening
from sourcier.web.city.addresses import may
from sourcier.web.city.draws import DrawForm, draws_of
from sourcier.web.city.interests import InterestForm, interest_form
from sourcier.web.city.panel_forms import KindForm, SearchForm, in_words
from sourcier.web.city.panel_map import Map, draw
from sourcier.web.city.panel_rows import WILLING, Row, found_rows, kept_rows
from sourcier.web.city.tables import panel_table
from sourcier.web.exports import exported
from sourcier.web.operations import operation_context

NAMES = 8
ORDER = "pertinence"
"""The order of a page that asks for none. By distance alone, whoever is next door with the fifth activity ticked comes before
the baker of the next street; the score weighs both, says so line by line, and never looks at size or past wins."""


def panel_page(
    request: HttpRequest, agent: Agent, need: Need, sourcing: Sourcing, form: SearchForm | None = None,
    wrong: Mapping[str, Mapping[str, str]] | None = None, again: Mapping[str, Mapping[str, str]] | None = None,
    declaring: InterestForm | None = None, draw_form: DrawForm | None = None,
) -> HttpResponse:  # fmt: skip
    """The whole page; `wrong` holds the addresses that could not be read, by firm, `again` the reasons."""
    last = queries.last_search(sourcing)
    searched, order = finding.context(sourcing, last), order_of(request.GET)
    found, facets, missing = _found(last, searched, order)
    candidates = list(queries.candidates(sourcing))
    shares = Shares(sourcing)
    page, rows = found_rows(request, sourcing, searched, found if last else None, candidates, shares)
    kept = [candidate for candidate in candidates if candidate.state == Candidate.State.KEPT]
    notes = (in_words(last.filters), f"Liste rangée {finding.ORDERS[order]}.") if last else ()
    if response := exported(request, panel_table(need.reference, candidates, [note for note in notes if note])):
        return response
    context = {
        **operation_context(agent, need, sourcing), "sourcing": sourcing,
        "form": form or SearchForm(sourcing, last, facets=facets),
        "learned_on": needs.learned_on(), "last": last, "order": order, "order_words": finding.ORDERS[order],
        "missing": missing, "page": page, "rows": rows, "only_new": "jamais" in request.GET, "willing": WILLING in request.GET,
        "constraints": constraints.of(need) if rows else (), "nameable": len(found),
        **(panel_loosening.context(last, empty=not found and not missing) if last else {}),
        "map": _map(agent.organisation, last, rows, found) if last and found else None,
        "stale": bool(last and found and last.register_build != _build()),
        **kept_rows(request, sourcing, kept, shares, wrong or {}, again or {}),
        "draws": (draws := draws_of(sourcing, candidates)), "draw_form": draw_form or DrawForm(bool(draws)),
        "awaited": any(not shown.lines for shown in draws),
        "dropped": [item for item in candidates if item.state == Candidate.State.DROPPED],
        **_composing(request, agent, sourcing, declaring), "may_edit": may(agent, sourcing, Verb.EDIT),
        "kind_form": KindForm(initial={"kind": sourcing.kind}), **_names(request),
    }  # fmt: skip
    mended = form or wrong or again or declaring or draw_form
    origin = tiles_origin(agent.organisation.tiles_address)
    context["tiles_host"] = origin.removeprefix("https://")
    answer = render(request, "city/sourcing/panel.html", context, status=422 if mended else 200)
    return _may_show(answer, origin) if origin and context["map"] else answer


def _may_show(answer: HttpResponse, origin: str) -> HttpResponse:
    """The page of the map, which alone may ask the city's tile server for pictures."""
    return csp_update({"img-src": [origin]})(lambda: answer)()


def _composing(request: HttpRequest, agent: Agent, sourcing: Sourcing, declaring: InterestForm | None) -> dict[str, Any]:
    """Whether this person composes the panel; else what he has to declare first, or that he abstains."""
    refused = carrying.composing(agent, sourcing)
    code = refused.code if refused else ""
    return {
        "may_panel": refused is None, "abstains": refused if code == "abstains" else None,
        "interest_form": (declaring or interest_form(request, agent, sourcing.need, PANEL)) if code == "undeclared" else None,
    }  # fmt: skip


def _found(last: Search | None, searched: Context, order: str) -> tuple[Sequence[Establishment], Facets | None, str]:
    """What the last search finds today, its facets, and the sentence to show when there is no register."""
    if last is None:
        return (), None, ""
    try:
        found = finding.ordered(last, searched, order, limit=rules.MAX_FIRMS)
        return found.rows, finding.facets(last, found.facets), ""
    except RegisterMissing as missing:
        return (), None, missing.sentence


def order_of(query: Mapping[str, str]) -> str:
    """The order that an address asks for, else the usual one."""
    asked = query.get("ordre", "")
    return asked if asked in finding.ORDERS else ORDER


def _build() -> str:
    return register.status().build


def _map(city: Organisation, last: Search, rows: Sequence[Row], found: Sequence[Establishment]) -> Map:
    listed = {row.item.siret for row in rows}
    others = [item for item in found if item.siret not in listed]
    return draw(around.of(last), last.radius_m, [(row.number, row.item) for row in rows], others, city.tiles_address)


def _names(request: HttpRequest) -> dict[str, Any]:
    """« Ajouter une entreprise »: what the register knows under this name or SIRET."""
    text = request.GET.get("ajouter", "")[:100].strip()
    if not text:
        return {"names": None, "looked_for": ""}
    try:
        return {"names": register.by_name(text, NAMES), "looked_for": text}
    except RegisterMissing:
        return {"names": (), "looked_for": text}
