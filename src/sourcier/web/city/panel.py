"""Step 3, « Entreprises »: find them around the places of delivery, keep or put aside with a reason, add, give an address."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.kernel.transitions import Refused
from sourcier.needs import queries as needs
from sourcier.needs.interest_rules import PANEL
from sourcier.needs.models import Need
from sourcier.sourcing import around, finding, queries
from sourcier.sourcing.actions import again
from sourcier.sourcing.actions import draw as drawing
from sourcier.sourcing.actions import panel as actions
from sourcier.sourcing.models import Candidate, Search, Sourcing
from sourcier.suppliers import actions as suppliers
from sourcier.web.city import panel_loosening
from sourcier.web.city.addresses import current_or_404, need_or_404
from sourcier.web.city.draws import DrawForm
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.interests import APART, InterestForm, declared, interest_form
from sourcier.web.city.panel_forms import KindForm, SearchForm
from sourcier.web.city.panel_page import ORDER, order_of, panel_page
from sourcier.web.city.panel_rows import WILLING
from sourcier.web.operations import consultation_paths, operation_context
from sourcier.web.rights import INSPECTION, PURCHASING, city


@city(*INSPECTION, led=True)
def panel(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    # A finished consultation stays readable for years; a need still open to another one begins again.
    if sourcing_id is not None:
        return panel_page(request, agent, *current_or_404(agent, need_id, sourcing_id))
    need = need_or_404(agent, need_id)
    sourcing = queries.current(need)
    beginning = need.state in actions.ASKABLE
    if sourcing is None or (beginning and sourcing.state not in queries.ALIVE):
        return _beginning(request, agent, need, sourcing)
    return panel_page(request, agent, need, sourcing)


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
            add_refusal(form, refused)
        else:
            return redirect("panel", need.pk)
    return panel_page(request, agent, need, sourcing, form)


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
                return panel_page(request, agent, need, sourcing, declaring=declaring)
            if declaring and needs.abstention(agent, need):
                messages.success(request, APART)
        elif "all" in post:
            done = actions.keep_all(agent, sourcing.pk)
            if done:
                messages.success(request, "Une entreprise gardée." if len(done) == 1 else f"{len(done)} entreprises gardées.")
            else:
                messages.info(request, "Aucune autre entreprise à garder : rien n'a changé.")
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
        anchor = ""  # the top of the page, where it is said
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
        return panel_page(request, agent, need, sourcing, wrong=wrong)
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
        return panel_page(request, agent, need, sourcing, again={str(firm_id): {"typed": typed, "error": refused.sentence}})
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
            add_refusal(form, refused)
        else:
            return redirect(f"{reverse('panel', args=[need.pk])}#tirages")
    return panel_page(request, agent, need, sourcing, draw_form=form)


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
        if kept:
            messages.success(request, f"Entreprises gardées : {len(kept)}.{left}")
        else:
            messages.info(request, f"Ce tirage est déjà gardé : rien n'a changé.{left}")
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
