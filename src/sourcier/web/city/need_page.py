"""The first step of an operation: the need as it stands, who has it now, the talk, and the buyer's decisions."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries
from sourcier.needs.models import Need
from sourcier.needs.rules import Conflict, Verb
from sourcier.quotes.queries.work import untold_end
from sourcier.sourcing.actions import closing
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.queries import ALIVE, current
from sourcier.vault.models import File
from sourcier.web.city.addresses import need_or_404
from sourcier.web.city.adviser import way
from sourcier.web.city.alike import seen_together
from sourcier.web.city.direct import purchase_page
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.gauges import fullness
from sourcier.web.city.interests import interests_context
from sourcier.web.city.leading import of_need
from sourcier.web.city.need_contracts import existing
from sourcier.web.city.need_forms import CompleteForm, GiveUpForm, MessageForm, ReasonForm
from sourcier.web.city.needs import sent
from sourcier.web.city.units import units_to_choose
from sourcier.web.downloads import attachment
from sourcier.web.operations import operation_context
from sourcier.web.rights import PURCHASING, READERS, city

BEING_SAID = (Need.State.DRAFT, Need.State.SUBMITTED, Need.State.RETURNED, Need.State.ACCEPTED)
WRITERS = (Role.REQUESTER, *PURCHASING)
BUTTONS = {
    "write": Verb.WRITE, "submit": Verb.SUBMIT, "accept": Verb.ACCEPT, "send_back": Verb.SEND_BACK, "close": Verb.CLOSE,
    "complete": Verb.COMPLETE, "say": Verb.SAY, "tick": Verb.TICK,
}  # fmt: skip


@city(*READERS)
def need(request: HttpRequest, need_id: UUID) -> HttpResponse:
    return _page(request, need_or_404(request.agent, need_id))  # type: ignore[attr-defined]


def _page(request: HttpRequest, need: Need, **bound: forms.Form) -> HttpResponse:
    """The page, with the form that was refused, if any, kept as it was typed."""
    if need.direct:
        return purchase_page(request, need, **bound)
    agent: Agent = request.agent  # type: ignore[attr-defined]
    may = {name: queries.may(agent, need, verb) for name, verb in BUTTONS.items()}
    side = queries.side(agent, need)
    context: dict[str, Any] = {
        **operation_context(agent, need),
        "need": need,
        "may": may,
        "places": need.places.select_related("place").order_by("place__name"),
        "lots": need.lots.all(),
        "activities": need.activities.order_by("code"),
        "talk": need.messages.select_related("author").prefetch_related("files").order_by("created_at"),
        "standing": queries.standing(need),
        "may_settle": may["say"] and queries.waiting_message(need, side) is not None,
        "message_form": bound.get("message") or MessageForm(),
        "send_back_form": bound.get("send_back") or ReasonForm(auto_id="retour-%s"),
        "close_form": bound.get("close") or ReasonForm(auto_id="cloture-%s"),
        "give_up_form": bound.get("give_up") or GiveUpForm(auto_id="abandon-%s"),
        "may_take_over": queries.to_take_over(agent).filter(pk=need.pk).exists(),
    }
    context |= next_step(agent, need) | _untold(agent, need) | way(need) | existing(agent, need) | seen_together(agent, need)
    context |= fullness(need) | of_need(agent, need) | interests_context(agent, need)
    if need.state in BEING_SAID:
        context["refining"] = queries.refining(need)
    if may["complete"]:
        context["complete_form"] = bound.get("complete") or _complete_form(agent, need)
    return render(request, "city/needs/need.html", context, status=422 if bound else 200)


def _untold(agent: Agent, need: Need) -> dict[str, Any]:
    """Why the need is not closed yet, for who could close it, and the page where its firms are told."""
    refusal = queries.refusal(agent, need, Verb.CLOSE)
    if refusal is None or refusal.code != "untold" or not (ended := untold_end(need.pk)):
        return {}
    return {"untold": refusal.sentence, "telling_url": reverse("telling", args=[need.pk, ended.pk])}


def next_step(agent: Agent, need: Need) -> dict[str, Any]:
    """The buyer's way on, once the need is his: activities, then the rule; another request, when the last one ended."""
    if not queries.may(agent, need, Verb.MARK_ASKED):
        return {}
    sourcing = current(need)
    if sourcing and sourcing.state == Sourcing.State.DRAFT:
        return _way("panel", need, "Continuer la demande") | {"may_give_up": True}
    if sourcing and sourcing.state not in ALIVE:
        return _way("panel", need, "Interroger de nouveau")
    if need.state != Need.State.ACCEPTED:
        return {}
    if queries.leads(agent, need):
        return _way("lead", need, "Continuer")
    return (
        _way("rule", need, "Voir la règle du jour")
        if need.activities.exists()
        else _way("activities", need, "Choisir les activités")
    )


def _way(page: str, need: Need, button: str) -> dict[str, Any]:
    return {"next_url": reverse(page, args=[need.pk]), "next_button": button}


def _complete_form(agent: Agent, need: Need, data: Any = None) -> CompleteForm:
    """Title, kind and family: as stored, else as the tool proposes them."""
    proposed = queries.proposed_family(need)
    initial = {
        "title": need.title or need.sentence[:160],
        "kind": need.kind or (proposed.kind if proposed else ""),
        "family": need.family or proposed,
        "unit": need.unit,
        "version": need.version,
    }
    form = CompleteForm(
        data, initial=initial, families=queries.families_to_choose(need), units=units_to_choose(need), auto_id="complet-%s"
    )
    form.proposed = proposed  # type: ignore[attr-defined]
    return form


@city(*PURCHASING, led=True)
@require_POST
def need_complete(request: HttpRequest, need_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    form = _complete_form(agent, need, request.POST)
    if form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("title", "kind", "family", "unit")}
        try:
            actions.save(agent, need.pk, form.cleaned_data["version"], **fields)
        except Conflict as conflict:
            current = conflict.current
            form.add_error(
                None,
                f"{conflict.sentence} Enregistré : « {current.title or 'sans titre'} », "
                f"{current.get_kind_display() or 'sans nature'}, {current.family.label if current.family else 'sans famille'}. "
                "Le vôtre est ci-dessous : enregistrez de nouveau pour le garder.",
            )
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["version"] = str(current.version)  # type: ignore[index]
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est enregistré.")
            return redirect("need", need.pk)
    return _page(request, need, complete=form)


def _step(request: HttpRequest, need_id: UUID, act: Callable[[Agent, UUID], Any], said: str) -> HttpResponse:
    """One act without a form: done and said, or refused and said."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    try:
        act(agent, need.pk)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("need", need.pk)
    messages.success(request, said)
    return redirect("need", need.pk)


@city(Role.REQUESTER)
@require_POST
def need_submit(request: HttpRequest, need_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    try:
        need = actions.submit(agent, need.pk)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("need_edit" if refused.refusal.code == "unanswered" else "need", need.pk)
    return sent(request, need)


@city(*PURCHASING)
@require_POST
def need_accept(request: HttpRequest, need_id: UUID) -> HttpResponse:
    return _step(request, need_id, actions.accept, "Besoin accepté : il est à vous. Le demandeur le voit sur sa page.")


def _with_reason(
    request: HttpRequest, need_id: UUID, name: str, prefix: str, act: Callable[[Agent, UUID, str], Any], said: str,
    form_class: type[forms.Form] = ReasonForm,
) -> HttpResponse:  # fmt: skip
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    form = form_class(request.POST, auto_id=prefix)
    if form.is_valid():
        try:
            act(agent, need.pk, form.cleaned_data["reason"])
        except Refused as refused:
            form.add_error("reason", refused.sentence)
        else:
            messages.success(request, said)
            return redirect("need", need.pk)
    return _page(request, need, **{name: form})


@city(*PURCHASING)
@require_POST
def need_send_back(request: HttpRequest, need_id: UUID) -> HttpResponse:
    said = "Besoin renvoyé au demandeur, avec votre raison."
    return _with_reason(request, need_id, "send_back", "retour-%s", actions.send_back, said)


@city(*WRITERS)
@require_POST
def need_close(request: HttpRequest, need_id: UUID) -> HttpResponse:
    return _with_reason(request, need_id, "close", "cloture-%s", actions.close, "Besoin clos. Il reste dans la liste.")


@city(*PURCHASING, led=True)
@require_POST
def need_give_up(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """Give up a request that has not left; the need is closed with it, or waits to be taken up again."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    sourcing = current(need_or_404(agent, need_id))
    if sourcing is None or sourcing.state != Sourcing.State.DRAFT:
        messages.error(request, "Aucune demande n'est en préparation.")
        return redirect("need", need_id)
    close_need = bool(request.POST.get("close_need"))

    def give_up(agent: Agent, _: UUID, reason: str) -> None:
        closing.end(agent, sourcing.pk, reason, close_need=close_need)

    said = "La demande en préparation est abandonnée" + (", et le besoin est clos." if close_need else ".")
    return _with_reason(request, need_id, "give_up", "abandon-%s", give_up, said, GiveUpForm)


@city(*WRITERS)
@require_POST
def need_say(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """A message with its files; refused, the text stays typed (a browser cannot keep the files: the page says so)."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    form = MessageForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            actions.say(agent, need.pk, form.cleaned_data["text"], form.cleaned_data["files"])
        except Refused as refused:
            files = form.cleaned_data["files"]
            again = " Votre message est gardé ; choisissez de nouveau le fichier." if files else ""
            form.add_error("files" if files and refused.field != "text" else "text", refused.sentence + again)
        else:
            messages.success(request, "Message envoyé.")
            return redirect("need", need.pk)
    form.fields[next(iter(form.errors))].widget.attrs["autofocus"] = True  # the form is far below the top of the page
    return _page(request, need, message=form)


@city(*WRITERS)
@require_POST
def need_settle(request: HttpRequest, need_id: UUID) -> HttpResponse:
    return _step(request, need_id, actions.settle, "C'est noté : ce message n'attend plus de réponse.")


@city(*READERS)
def need_file(request: HttpRequest, need_id: UUID, file_id: UUID) -> HttpResponse:
    """A file of the talk, as an attachment."""
    need = need_or_404(request.agent, need_id)  # type: ignore[attr-defined]
    try:
        file = File.objects.get(pk=file_id, organisation_id=need.organisation_id, pk__in=need.messages.values("files"))
    except File.DoesNotExist:
        raise Http404 from None
    return attachment(file)


_BASE = "achats/<uuid:need_id>/"
urlpatterns = [
    path(_BASE, need, name="need"),
    path(f"{_BASE}completer/", need_complete, name="need_complete"),
    path(f"{_BASE}envoyer/", need_submit, name="need_submit"),
    path(f"{_BASE}accepter/", need_accept, name="need_accept"),
    path(f"{_BASE}renvoyer/", need_send_back, name="need_send_back"),
    path(f"{_BASE}clore/", need_close, name="need_close"),
    path(f"{_BASE}abandonner/", need_give_up, name="need_give_up"),
    path(f"{_BASE}ecrire/", need_say, name="need_say"),
    path(f"{_BASE}rien-a-repondre/", need_settle, name="need_settle"),
    path(f"{_BASE}messages/<uuid:file_id>/", need_file, name="need_file"),
]
