"""« Acheter directement »: one screen, what the tool knows beside it, and asking three others one tap away."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.direct import actions, queries, rules
from sourcier.direct.models import DirectPurchase
from sourcier.kernel.transitions import Refused
from sourcier.law.reasons import reason
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.needs.queries import roles_for
from sourcier.needs.rules import Verb
from sourcier.vault.models import File
from sourcier.web.city.addresses import need_or_404
from sourcier.web.city.buying import BUYERS, may_buy_directly
from sourcier.web.city.direct_forms import DirectForm
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.need_forms import MessageForm, ReasonForm
from sourcier.web.city.rule import gauge
from sourcier.web.downloads import attachment
from sourcier.web.operations import operation_context
from sourcier.web.rights import PURCHASING, READERS, city
from sourcier.web.sending import drawn_key, printed


@city(*BUYERS)
def direct_new(request: HttpRequest) -> HttpResponse:
    """The screen, asked of again while one types (htmx), or by « Vérifier »; then recorded, or made a need."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    if not may_buy_directly(agent):
        messages.info(request, "La ville n'a pas ouvert l'achat direct : décrivez un besoin.")
        return redirect("needs")
    if request.method != "POST":
        return _page(request, agent, DirectForm(agent))
    form = DirectForm(agent, request.POST)
    form.read()
    if request.htmx:  # type: ignore[attr-defined]
        return _live(request, agent, form)
    if "check" in request.POST:
        form.errors.clear()
        return _page(request, agent, form)
    made = _ask(request, agent, form) if "ask" in request.POST else _record(request, agent, form)
    return made or _page(request, agent, form)


def _record(request: HttpRequest, agent: Agent, form: DirectForm) -> HttpResponse | None:
    typed = form.typed()
    if typed is None:
        return None
    try:
        purchase = actions.record(agent, typed, _files(request), printed(request))
    except Refused as refused:
        _say(form, refused)
        return None
    messages.success(request, f"C'est enregistré, sous la référence {purchase.need.reference}. Le dossier garde tout.")
    return redirect("need", purchase.need_id)


def _ask(request: HttpRequest, agent: Agent, form: DirectForm) -> HttpResponse | None:
    """A buyer goes on with his request; a requester sees his need on its way."""
    typed = form.for_others()
    if typed is None:
        return None
    try:
        need = actions.ask_others(agent, typed, _files(request), printed(request))
    except Refused as refused:
        _say(form, refused)
        return None
    if need.state == Need.State.SUBMITTED:
        messages.success(request, "Votre besoin est envoyé au service achats, avec tout ce que vous avez écrit.")
        return redirect("need", need.pk)
    messages.success(request, "Rien n'est acheté. La demande est prête, avec les entreprises : relisez, puis envoyez.")
    return redirect("panel", need.pk)


def _say(form: DirectForm, refused: Refused) -> None:
    if refused.field == "files":
        form.paper_refused(refused.sentence)
    else:
        add_refusal(form, refused)


def _files(request: HttpRequest) -> list[Any]:
    return [*request.FILES.getlist("photo"), *request.FILES.getlist("documents")]


def _live(request: HttpRequest, agent: Agent, form: DirectForm) -> HttpResponse:
    """What is known of what is typed, while it is typed; words and names stay out of addresses."""
    form.errors.clear()
    context = _seen(agent, form) | {
        "live": True,
        "new_name": request.POST.get("who_seen", "") != request.POST.get("who", "").strip(),
        "new_family": form.data["family_seen"] != request.POST.get("family_seen", ""),
    }
    return render(request, "city/direct/_live.html", context)


def _page(request: HttpRequest, agent: Agent, form: DirectForm) -> HttpResponse:
    context = _seen(agent, form) | {
        "sending_key": drawn_key(request),
        "files_lost": bool(request.FILES),
        "max_files": rules.MAX_FILES,
    }
    return render(request, "city/direct/new.html", context, status=422 if form.errors else 200)


def _seen(agent: Agent, form: DirectForm) -> dict[str, Any]:
    """The form, and beside it all that can be said now."""
    below = agent.organisation.direct_below_cents
    seen = None
    if form.is_bound:
        seen = queries.look(
            agent, form.buys_for, form.data.get("sentence", ""), form.party, form.family_shown, form.amount_cents,
            timezone.localdate(),
        )  # fmt: skip
    amount = form.amount_cents
    refusal = rules.amount_refusal(amount, below) if amount is not None else None
    family = form.family_shown
    if refusal is None and amount and family and seen and seen.rule:
        refusal = queries.why_a_need(agent, form.data.get("sentence", ""), family, amount, seen.rule)
    return {
        "form": form,
        "seen": seen,
        "gauge": gauge(seen.rule) if seen and seen.rule else None,
        "too_much": refusal if refusal and refusal.code != "amount" else None,
        "before_tax": amount,
        "below_cents": below,
        "buys": agent.has(*PURCHASING),
    }


def purchase_page(request: HttpRequest, need: Need, **bound: forms.Form) -> HttpResponse:
    """The page of a need that was bought directly: what, from whom, why; nothing of a path that it does not take."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    purchase = queries.of_need(need)
    if purchase is None:
        raise Http404
    cancellable = rules.may_cancel(roles_for(agent, need.department_id), purchase.cancelled_at is not None) is None
    may_say = needs.may(agent, need, Verb.SAY)
    context = {
        **operation_context(agent, need),
        "need": need,
        "purchase": purchase,
        "reasons": [reason(each) for each in purchase.reasons],
        "cancel_form": (bound.get("cancel") or ReasonForm(auto_id="annuler-%s")) if cancellable else None,
        "talk": need.messages.select_related("author").prefetch_related("files").order_by("created_at"),
        "message_form": bound.get("message") or MessageForm(),
        "may": {"say": may_say},
        "may_settle": may_say and needs.waiting_message(need, needs.side(agent, need)) is not None,
    }
    return render(request, "city/direct/purchase.html", context, status=422 if bound else 200)


@city(*BUYERS)
@require_POST
def direct_cancel(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """« Annuler cet achat », with its reason."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    if not need.direct:
        raise Http404
    form = ReasonForm(request.POST, auto_id="annuler-%s")
    if form.is_valid():
        try:
            actions.cancel(agent, need.pk, form.cleaned_data["reason"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "L'achat est annulé. Il reste au dossier, et ne compte plus dans la famille.")
            return redirect("need", need.pk)
    return purchase_page(request, need, cancel=form)


@city(*READERS)
def direct_file(request: HttpRequest, need_id: UUID, file_id: UUID) -> HttpResponse:
    """A quote or a ticket, as an attachment."""
    need = need_or_404(request.agent, need_id)  # type: ignore[attr-defined]
    own = DirectPurchase.objects.filter(need=need).values("files")
    try:
        file = File.objects.get(pk=file_id, organisation_id=need.organisation_id, pk__in=own)
    except File.DoesNotExist:
        raise Http404 from None
    return attachment(file)


urlpatterns = [
    path("achats/direct/", direct_new, name="direct_new"),
    path("achats/<uuid:need_id>/annuler-l-achat/", direct_cancel, name="direct_cancel"),
    path("achats/<uuid:need_id>/pieces/<uuid:file_id>/", direct_file, name="direct_file"),
]
