"""Step 3, « Entreprises »: find them around the places of delivery, keep or put aside with a reason, add, give an address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation
from sourcier.accounts.rules import tiles_origin
from sourcier.kernel.transitions import Refused
from sourcier.needs import queries as needs
from sourcier.needs.interest_rules import PANEL
from sourcier.needs.models import Need
from sourcier.register import search as register
from sourcier.register.establishment import Establishment, Facets
from sourcier.register.scorers import Context
from sourcier.register.search import RegisterMissing
from sourcier.sourcing import around, carrying, constraints, finding, known_firms, queries, rules
from sourcier.sourcing.actions import again
from sourcier.sourcing.actions import draw as drawing
from sourcier.sourcing.actions import panel as actions
from sourcier.sourcing.models import Candidate, Search, Sourcing
from sourcier.sourcing.rotation import Shares
from sourcier.sourcing.rules import Verb
from sourcier.suppliers import actions as suppliers
from sourcier.suppliers.models import FirmPlace
from sourcier.suppliers.queries import emails_of, places_of, written_to
from sourcier.web.city import panel_loosening
from sourcier.web.city.draws import DrawForm, draws_of
from sourcier.web.city.interests import APART, InterestForm, declared, interest_form
from sourcier.web.city.panel_forms import KindForm, SearchForm, in_words
from sourcier.web.city.panel_map import Map, draw
from sourcier.web.city.tables import panel_table
from sourcier.web.exports import exported
from sourcier.web.operations import consultation, consultation_paths, operation_context
from sourcier.web.rights import INSPECTION, PURCHASING, city

PER_PAGE = 25
KEPT_PER_PAGE = 100
NAMES = 8
WILLING = "sans_non"
"""In an address: without the firms whose own words say no to a constraint of the need."""
ORDER = "pertinence"
"""The order of a page that asks for none. By distance alone, whoever is next door with the fifth activity ticked comes before
the baker of the next street; the score weighs both, says so line by line, and never looks at size or past wins."""


@dataclass(frozen=True, slots=True)
class Row:
    """One firm found, with all that the page says of it."""

    number: int
    item: Establishment
    why: list[dict[str, Any]]
    points: int
    candidate: Candidate | None
    asked_before: bool
    incumbent: bool
    excluded: str
    often: int
    own: FirmPlace | None = None
    share: str = ""
    won: int = 0

    @property
    def answered(self) -> dict[str, Any]:
        """What it says of each constraint of the need, and when; empty for one that said nothing of itself."""
        return next((why for why in self.why if "constraints" in why), {})

    @property
    def answered_on(self) -> date | None:
        return date.fromisoformat(self.answered["said_on"]) if self.answered else None

    @property
    def marks(self) -> list[tuple[str, str]]:
        """« 3 tenues », « 1 non tenue », each with its state."""
        return constraints.counts(self.why)


def need_or_404(agent: Agent, need_id: UUID) -> Need:
    try:
        return needs.get(agent, need_id)
    except Need.DoesNotExist:
        raise Http404 from None


def current_or_404(agent: Agent, need_id: UUID, sourcing_id: UUID | None = None) -> tuple[Need, Sourcing]:
    """The need and the consultation named, else the one in progress, else the last one."""
    need = need_or_404(agent, need_id)
    sourcing = consultation(need, sourcing_id)
    if sourcing is None:
        raise Http404
    return need, sourcing


def may(agent: Agent, sourcing: Sourcing, verb: Verb) -> bool:
    """Whether the button is shown: the guard of the action itself."""
    return carrying.refusal(agent, sourcing, verb) is None


@city(*INSPECTION, led=True)
def panel(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    # A finished consultation stays readable for years; a need still open to another one begins again.
    if sourcing_id is not None:
        return _page(request, agent, *current_or_404(agent, need_id, sourcing_id))
    need = need_or_404(agent, need_id)
    sourcing = queries.current(need)
    beginning = need.state in actions.ASKABLE
    if sourcing is None or (beginning and sourcing.state not in queries.ALIVE):
        return _beginning(request, agent, need, sourcing)
    return _page(request, agent, need, sourcing)


def _beginning(
    request: HttpRequest, agent: Agent, need: Need, past: Sourcing | None, form: KindForm | None = None,
    declaring: InterestForm | None = None,
) -> HttpResponse:  # fmt: skip
    """No consultation in progress: choose how to ask, or be told what comes first."""
    buys, abstains = needs.buys(agent, need), needs.abstention(agent, need)
    crossed = needs.crosses(need, timezone.localdate()) if buys else None
    context = {
        **operation_context(agent, need),
        "form": form or KindForm(initial={"kind": Sourcing.Kind.RFI} if crossed else None),
        "crossed": crossed,
        "past": past,
        "may_start": buys and not abstains and need.state in actions.ASKABLE,
        "abstains": abstains,
        "interest_form": declaring or interest_form(request, agent, need, PANEL),
        "too_early": need.state in (Need.State.DRAFT, Need.State.SUBMITTED, Need.State.RETURNED),
    }
    return render(request, "city/sourcing/start.html", context, status=422 if form or declaring else 200)


@city(*PURCHASING, led=True)
@require_POST
def panel_start(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """Declare, begin, and search at once with what is ticked."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    form = KindForm(request.POST)
    begins = needs.buys(agent, need) and need.state in actions.ASKABLE
    declaring = interest_form(request, agent, need, PANEL) if begins else None
    if not form.is_valid() or not declared(agent, need, declaring, PANEL):
        return _beginning(request, agent, need, None, form, declaring)
    if declaring and needs.abstention(agent, need):
        messages.success(request, APART)
        return redirect("panel", need.pk)
    try:
        sourcing = actions.start(agent, need.pk, form.cleaned_data["kind"])
        ticked = finding.context(sourcing).activities
        if ticked:
            actions.search(agent, sourcing.pk, ticked, sourcing.radius_m)
    except Refused as refused:
        # A double click, or a colleague: the page that follows shows what was begun.
        say = messages.info if refused.refusal.code == "already_started" else messages.error
        say(request, refused.sentence)
    return redirect("panel", need.pk)


@city(*PURCHASING, led=True)
@require_POST
def ask_again(request: HttpRequest, need_id: UUID, sourcing_id: UUID) -> HttpResponse:
    """« Relancer plus largement »: the former request and its firms, to be widened before anything leaves."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, former = current_or_404(agent, need_id, sourcing_id)
    try:
        again.ask_again(agent, former.pk)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "La demande et ses entreprises sont reprises. Élargissez la recherche, puis envoyez.")
    return redirect("panel", need.pk)


def _page(
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
    page, rows = _rows(request, sourcing, searched, found if last else None, candidates, shares)
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
        **_kept(request, sourcing, kept, shares, wrong or {}, again or {}),
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


def _rows(
    request: HttpRequest,
    sourcing: Sourcing,
    searched: Context,
    found: Sequence[Establishment] | None,
    candidates: Sequence[Candidate],
    shares: Shares,
) -> tuple[Page[Establishment] | None, list[Row]]:
    """One page of the list, none before a search; « jamais interrogées » and « qui ne disent pas non » narrow it."""
    if found is None:
        return None, []
    if "jamais" in request.GET:
        asked = known_firms.ever_asked(sourcing.organisation_id, {item.siret for item in found})
        found = [item for item in found if item.siret not in asked]
    if WILLING in request.GET:
        found = [item for item in found if not constraints.says_no(searched.said.get(item.siret))]
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    sirets = {item.siret for item in page}
    asked, paid = known_firms.ever_asked(sourcing.organisation_id, sirets), known_firms.incumbents(sourcing, sirets)
    known = {candidate.firm.siret: candidate for candidate in candidates}
    often = known_firms.often_asked(sourcing.organisation, sirets, timezone.now())
    excluded, own = known_firms.exclusions(sourcing.organisation_id, sirets), places_of(sourcing.organisation_id, sirets)
    won = needs.won(sourcing.need, sirets)
    rows = [
        Row(
            number, item, finding.why(item, searched), finding.points(item, searched),
            known.get(item.siret), item.siret in asked, item.siret in paid, excluded.get(item.siret, ""),
            often.get(item.siret, 0),
            own.get(item.siret), shares.words(item.siret, item.name), won.get(item.siret, 0),
        )
        for number, item in enumerate(page, page.start_index())
    ]  # fmt: skip
    return page, rows


def _map(city: Organisation, last: Search, rows: Sequence[Row], found: Sequence[Establishment]) -> Map:
    listed = {row.item.siret for row in rows}
    others = [item for item in found if item.siret not in listed]
    return draw(around.of(last), last.radius_m, [(row.number, row.item) for row in rows], others, city.tiles_address)


def _kept(
    request: HttpRequest,
    sourcing: Sourcing,
    kept: Sequence[Candidate],
    shares: Shares,
    wrong: Mapping[str, Mapping[str, str]],
    again: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """The firms kept, with their address and whether the request has gone."""
    page = Paginator(kept, KEPT_PER_PAGE).get_page(request.GET.get("gardees"))
    emails, by_mail = emails_of([candidate.firm_id for candidate in page]), written_to([candidate.firm for candidate in page])
    asked = set(queries.invitations(sourcing).values_list("firm_id", flat=True))
    own = places_of(sourcing.organisation_id, [candidate.firm.siret for candidate in page])
    lines = [
        {
            "share": shares.words(candidate.firm.siret, candidate.firm.name), "over": shares.over(candidate),
            "again": again.get(str(candidate.firm_id)),
            "own": own.get(candidate.firm.siret),
            "candidate": candidate, "email": emails.get(candidate.firm_id, ""),
            "on_paper": candidate.firm_id in emails and candidate.firm_id not in by_mail, "asked": candidate.firm_id in asked,
            "excluded": queries.excluded_because(candidate), "wrong": wrong.get(str(candidate.firm_id)),
        }
        for candidate in page
    ]  # fmt: skip
    return {
        "kept_page": page,
        "kept": lines,
        "kept_total": len(kept),
        "without_email": sum(not line["email"] for line in lines),
        "contacts_source": request.POST.get("source", "") if wrong else "",
    }


def _names(request: HttpRequest) -> dict[str, Any]:
    """« Ajouter une entreprise »: what the register knows under this name or SIRET."""
    text = request.GET.get("ajouter", "")[:100].strip()
    if not text:
        return {"names": None, "looked_for": ""}
    try:
        return {"names": register.by_name(text, NAMES), "looked_for": text}
    except RegisterMissing:
        return {"names": (), "looked_for": text}


@city(*PURCHASING, led=True)
@require_POST
def panel_search(request: HttpRequest, need_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    last = queries.last_search(sourcing)
    if last and ("without" in request.POST or "wider" in request.POST):
        return _loosen(request, agent, sourcing, last)
    form = SearchForm(sourcing, last, request.POST)
    if form.is_valid():
        try:
            filters = form.narrowed(timezone.localdate())
            actions.search(
                agent, sourcing.pk, form.chosen(), form.cleaned_data["radius"], filters, form.known_to_city(),
                form.cleaned_data["around"],
            )  # fmt: skip
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
        else:
            return redirect("panel", need.pk)
    return _page(request, agent, need, sourcing, form)


def _loosen(request: HttpRequest, agent: Agent, sourcing: Sourcing, last: Search) -> HttpResponse:
    """The same search with one filter less, or further: one click."""
    try:
        actions.search(
            agent, sourcing.pk, *panel_loosening.loosened(last, request.POST), around.of(last) if last.around else None
        )
    except Refused as refused:
        messages.error(request, refused.sentence)
    order = order_of(QueryDict(request.POST.get("back", "")))
    return redirect(f"{reverse('panel', args=[sourcing.need_id])}{'' if order == ORDER else f'?ordre={order}'}")


@city(*PURCHASING, led=True)
@require_POST
def panel_kind(request: HttpRequest, need_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    try:
        actions.change_kind(agent, sourcing.pk, request.POST.get("kind", ""))
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("panel", need.pk)


@city(*PURCHASING, led=True)
@require_POST
def panel_choose(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """« Déclarer », then « Garder », « Écarter, parce que… », « Toutes », « Ajouter »: one button each."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    post = request.POST
    anchor = ""
    try:
        if "declare" in post:
            declaring = interest_form(request, agent, need, PANEL)
            if not declared(agent, need, declaring, PANEL):
                return _page(request, agent, need, sourcing, declaring=declaring)
            if declaring and needs.abstention(agent, need):
                messages.success(request, APART)
        elif "all" in post:
            done = actions.keep_all(agent, sourcing.pk)
            messages.success(request, f"{len(done)} entreprises gardées.")
        elif "add" in post:
            anchor = "#gardees"
            added = actions.add_firm(agent, sourcing.pk, post["add"])
            messages.success(request, f"{added.firm.name} est ajoutée.")
        elif "keep" in post:
            anchor = f"#e-{post['keep']}"
            read = QueryDict(post.get("back", ""))
            narrowed = finding.WILLING if WILLING in read else ""
            actions.keep(agent, sourcing.pk, [post["keep"]], order_of(read), narrowed)
        else:
            anchor = "#gardees" if "kept" in post else "#tirages" if "drawn" in post else f"#e-{post.get('drop', '')}"
            actions.drop(agent, sourcing.pk, post.get("drop", ""), post.get(f"reason-{post.get('drop', '')}", ""))
    except Refused as refused:
        messages.error(request, refused.sentence)
    back = post.get("back", "")
    return redirect(f"{reverse('panel', args=[need.pk])}{f'?{back}' if back else ''}{anchor}")


@city(*PURCHASING, led=True)
@require_POST
def panel_contacts(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """The addresses typed beside the firms kept; what cannot be read stays, with its sentence."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    firms = {str(candidate.firm_id): candidate.firm for candidate in queries.candidates(sourcing)}
    wrong: dict[str, dict[str, str]] = {}
    source = request.POST.get("source", "").strip() or f"Saisi pour {need.reference}"
    saved = 0
    for name, typed in request.POST.items():
        firm = firms.get(name.removeprefix("email-"))
        if firm is None or not typed.strip():
            continue
        try:
            suppliers.add_contact(agent, firm.pk, "email", typed, "", source)
            saved += 1
        except Refused as refused:
            wrong[str(firm.pk)] = {"typed": typed, "error": refused.sentence}
    if wrong:
        return _page(request, agent, need, sourcing, wrong=wrong)
    messages.success(request, "Aucune adresse à enregistrer." if not saved else f"Adresses enregistrées : {saved}.")
    return redirect(f"{reverse('panel', args=[need.pk])}#gardees")


@city(*PURCHASING, led=True)
@require_POST
def panel_again(request: HttpRequest, need_id: UUID, firm_id: UUID) -> HttpResponse:
    """Why a firm that has most of the family already is proposed again."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    typed = request.POST.get("again", "")
    try:
        actions.propose_again(agent, sourcing.pk, firm_id, typed)
    except Candidate.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        return _page(request, agent, need, sourcing, again={str(firm_id): {"typed": typed, "error": refused.sentence}})
    messages.success(request, "Votre raison est gardée : cette entreprise peut être interrogée.")
    return redirect(f"{reverse('panel', args=[need.pk])}#gardees")


@city(*PURCHASING, led=True)
@require_POST
def panel_draw(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """« Proposez-m'en 12 »."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    form = DrawForm(sourcing.draws.exists(), request.POST)
    if form.is_valid():
        try:
            drawing.propose(agent, sourcing.pk, form.cleaned_data["count"], form.cleaned_data.get("reason", ""))
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
        else:
            return redirect(f"{reverse('panel', args=[need.pk])}#tirages")
    return _page(request, agent, need, sourcing, draw_form=form)


@city(*PURCHASING, led=True)
@require_POST
def panel_keep_drawn(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """Keep at once what a draw proposed."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    number = request.POST.get("number", "")
    try:
        kept, not_kept = actions.keep_drawn(agent, sourcing.pk, int(number) if number.isdecimal() and len(number) < 5 else 0)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        left = f" Laissées de côté : {', '.join(not_kept)}." if not_kept else ""
        messages.success(request, f"Entreprises gardées : {len(kept)}.{left}")
    return redirect(f"{reverse('panel', args=[need.pk])}#tirages")


urlpatterns = [
    *consultation_paths("entreprises/", panel, "panel"),
    path("achats/<uuid:need_id>/consultations/<uuid:sourcing_id>/relancer/", ask_again, name="ask_again"),
    path("achats/<uuid:need_id>/entreprises/commencer/", panel_start, name="panel_start"),
    path("achats/<uuid:need_id>/entreprises/nature/", panel_kind, name="panel_kind"),
    path("achats/<uuid:need_id>/entreprises/chercher/", panel_search, name="panel_search"),
    path("achats/<uuid:need_id>/entreprises/choisir/", panel_choose, name="panel_choose"),
    path("achats/<uuid:need_id>/entreprises/tirer/", panel_draw, name="panel_draw"),
    path("achats/<uuid:need_id>/entreprises/garder-le-tirage/", panel_keep_drawn, name="panel_keep_drawn"),
    path("achats/<uuid:need_id>/entreprises/adresses/", panel_contacts, name="panel_contacts"),
    path("achats/<uuid:need_id>/entreprises/<uuid:firm_id>/de-nouveau/", panel_again, name="panel_again"),
]
