"""Step 5 until the opening, « Suivi »: what did not arrive, letters, questions, deadline, more firms. Never who answers."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from sourcier.accounts.agents import Agent
from sourcier.kernel.phones import shown
from sourcier.kernel.transitions import Refused
from sourcier.mail import gateway
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.sourcing import letter, queries, timing
from sourcier.sourcing.actions import closing, correct, invite, posting, questions
from sourcier.sourcing.letter.poster import poster
from sourcier.sourcing.models import FirmQuestion, Invitation, Relay, Sourcing
from sourcier.sourcing.rules import Verb
from sourcier.sourcing.texted import texts_of
from sourcier.suppliers import actions as suppliers
from sourcier.suppliers import rules as supplier_rules
from sourcier.web.city.addresses import current_or_404, may
from sourcier.web.city.asked_forms import (
    AddressForm,
    AnswerForm,
    CorrectForm,
    EndForm,
    ExtendForm,
    HowForm,
    PostingForm,
    ReturnedForm,
    WidenForm,
)
from sourcier.web.city.by_text import textable, ticked
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.lists import addresses_file, invitations_table
from sourcier.web.downloads import WORD, attached, pdf
from sourcier.web.exports import exported
from sourcier.web.operations import consultation_paths, operation_context
from sourcier.web.rights import INSPECTION, PURCHASING, city

BUTTONS = {
    "may_post": Verb.POST, "may_readdress": Verb.READDRESS, "may_reply": Verb.REPLY, "may_relay": Verb.RELAY,
    "may_extend": Verb.EXTEND, "may_correct": Verb.CORRECT, "may_widen": Verb.WIDEN, "may_end": Verb.END,
}  # fmt: skip


@city(*INSPECTION, led=True)
def asked(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id, sourcing_id)
    if sourcing.state == Sourcing.State.DRAFT:
        return redirect("request_send", need.pk)
    if response := exported(request, invitations_table(need.reference, queries.invitations(sourcing))):
        return response
    return _page(request, need, sourcing)


def _page(
    request: HttpRequest, need: Need, sourcing: Sourcing, bad: forms.Form | None = None, where: str = "", of: UUID | None = None
) -> HttpResponse:
    """The page; `bad` is a form to show with its errors, in the place `where`, for the row `of`."""
    agent: Agent = request.agent  # type: ignore[attr-defined]

    def form(place: str, fresh: forms.Form, row: UUID | None = None) -> forms.Form:
        return bad if bad is not None and (where, of) == (place, row) else fresh

    undelivered = queries.undelivered(sourcing)
    now = timezone.now()
    later = timing.proposed_deadline(sourcing, now)
    context: dict[str, Any] = {
        **operation_context(agent, need, sourcing), "sourcing": sourcing, "counts": queries.counts(sourcing),
        "failed": [
            {"invitation": item, "form": form("address", AddressForm(auto_id=f"id_{item.pk}_%s"), item.pk)}
            for item in undelivered.filter(state=Invitation.State.FAILED)
        ],
        "away": [
            {"invitation": item, "form": form("address", AddressForm(auto_id=f"id_{item.pk}_%s"), item.pk)}
            for item in queries.away(sourcing)
        ],
        "letters": [
            {"invitation": item, "form": form("posted", PostingForm(auto_id=f"id_{item.pk}_%s"), item.pk),
             "returned": form("returned", ReturnedForm(auto_id=f"id_r{item.pk}_%s"), item.pk)}
            for item in queries.invitations(sourcing).filter(channel=Invitation.Channel.LETTER)
        ],
        "relays": [
            {"relay": item, "form": form("relay", HowForm(auto_id=f"id_{item.pk}_%s"), item.pk)}
            for item in queries.relays(sourcing)
        ],
        "questions": [
            {"question": item, "form": form("answer", AnswerForm.of(item), item.pk)}
            for item in queries.questions(sourcing)
        ],
        "extensions": queries.extensions(sourcing), "to_invite": (to_invite := queries.to_invite(sourcing)),
        "by_text": textable(to_invite, ticked(request) if where == "widen" else None), "texts": texts_of(sourcing),
        "reminders": timing.reminders(sourcing, now),
        "all_posted_form": form("all_posted", PostingForm(prefix="all")), "postings": sourcing.postings.all(),
        "closed": queries.closed_since(sourcing), "excluded": queries.excluded(sourcing),
        "past": queries.is_past(sourcing, now),
        "corrections": sourcing.corrections.select_related("file", "made_by"),
        "correct_form": form("correct", CorrectForm(prefix="correct")),
        "extend_form": form("extend", ExtendForm(initial={"deadline": later}, prefix="extend")),
        "widen_form": form("widen", WidenForm(prefix="widen")), "end_form": form("end", EndForm(prefix="end")),
        "sealed": queries.is_sealed(sourcing), "may_register": needs.buys(agent, need),
        **{name: may(agent, sourcing, verb) for name, verb in BUTTONS.items()},
    }  # fmt: skip
    return render(request, "city/sourcing/asked.html", context, status=422 if bad else 200)


def _back(sourcing: Sourcing, anchor: str) -> HttpResponse:
    return redirect(f"{reverse('asked', args=[sourcing.need_id, sourcing.pk])}#{anchor}")


@city(*PURCHASING, led=True)
@require_POST
def question_answer(request: HttpRequest, need_id: UUID, question_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    form = AnswerForm(request.POST, auto_id=f"id_{question_id}_%s")
    if form.is_valid():
        try:
            questions.answer(agent, question_id, **form.cleaned_data)
        except FirmQuestion.DoesNotExist:
            raise Http404 from None
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Votre réponse part à toutes les entreprises, sans le nom de qui a demandé.")
            return _back(sourcing, "questions")
    return _page(request, need, sourcing, form, "answer", question_id)


@city(*PURCHASING, led=True)
@require_POST
def invitation_address(request: HttpRequest, need_id: UUID, invitation_id: UUID) -> HttpResponse:
    """A corrected address, kept for the city, and the request sent again; or « joindre autrement »."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    form = AddressForm(request.POST, auto_id=f"id_{invitation_id}_%s")
    try:
        if "letter" in request.POST:
            posting.by_letter(agent, invitation_id)
            return _back(sourcing, "courriers")
        if form.is_valid():
            address = supplier_rules.clean_reach(form.cleaned_data["address"], texts=gateway.offered())
            invitation = invite.replace_address(agent, invitation_id, address)
            _keep_contact(agent, need, invitation)
            messages.success(request, f"La demande repart à {form.cleaned_data['address'].strip()}. L'ancien lien est mort.")
            return _back(sourcing, "echecs")
    except Invitation.DoesNotExist:
        raise Http404 from None
    except supplier_rules.Invalid as error:
        form.add_error("address", str(error))
    except Refused as refused:
        form.is_valid()
        add_refusal(form, refused)
    return _page(request, need, sourcing, form, "address", invitation_id)


def _keep_contact(agent: Agent, need: Need, invitation: Invitation) -> None:
    """The corrected address serves the city's next purchases too; it may be known already."""
    kind, value = ("phone", shown(invitation.mobile)) if invitation.mobile else ("email", invitation.address)
    try:
        suppliers.add_contact(agent, invitation.firm_id, kind, value, "", f"Corrigé pour {need.reference}")
    except Refused as refused:
        if refused.refusal.code != "known":
            raise


@city(*PURCHASING, led=True)
@require_POST
def letters_print(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """All letters (or one) as a PDF or a Word document, or their addresses for a printer; the journal notes who took them."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    _, sourcing = current_or_404(agent, need_id)
    one = request.POST.get("one", "")
    try:
        chosen = posting.print_letters(agent, sourcing.pk, [_uuid(one)] if one else None)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return _back(sourcing, "courriers")
    form = request.POST.get("format", "pdf")
    if form == "docx":
        return attached(letter.invitation_word(chosen[0].sourcing, chosen), "courriers.docx", WORD)
    if form in ("csv", "xlsx"):
        return addresses_file(letter.invitation_addresses(chosen), form, agent.organisation)
    return pdf(letter.invitation_letters(chosen[0].sourcing, chosen), "courriers.pdf")


@city(*INSPECTION, led=True)
@require_safe
def poster_print(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    """The public notice on paper, to hang or to hand out: a poster, or ten cards to cut out."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    _, sourcing = current_or_404(agent, need_id, sourcing_id)
    if sourcing.state == Sourcing.State.DRAFT:
        raise Http404
    cards = "cartes" in request.GET
    try:
        return pdf(poster(sourcing, cards=cards), "cartes.pdf" if cards else "affiche.pdf")
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("asked", need_id, sourcing.pk)


@city(*PURCHASING, led=True)
@require_POST
def relays_print(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    """What the others read by e-mail, on paper for those reached by letter."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    _, sourcing = current_or_404(agent, need_id, sourcing_id)
    try:
        relays = invite.print_relays(agent, sourcing.pk)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return _back(sourcing, "prevenir")
    return pdf(letter.relay_letters(sourcing, relays), "informations.pdf")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


@city(*PURCHASING, led=True)
@require_POST
def letter_posted(request: HttpRequest, need_id: UUID, invitation_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    form = PostingForm(request.POST, auto_id=f"id_{invitation_id}_%s")
    if form.is_valid():
        try:
            posting.mark_posted(agent, invitation_id, **form.given)
        except Invitation.DoesNotExist:
            raise Http404 from None
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return _back(sourcing, "courriers")
    return _page(request, need, sourcing, form, "posted", invitation_id)


@city(*PURCHASING, led=True)
@require_POST
def letters_posted(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """All the letters left together."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    form = PostingForm(request.POST, prefix="all")
    if form.is_valid():
        try:
            left = posting.mark_all_posted(agent, sourcing.pk, **form.given)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"{len(left)} courriers sont notés comme partis.")
            return _back(sourcing, "courriers")
    return _page(request, need, sourcing, form, "all_posted")


@city(*PURCHASING, led=True)
@require_POST
def letter_returned(request: HttpRequest, need_id: UUID, invitation_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    """« Courrier revenu »."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id, sourcing_id)
    form = ReturnedForm(request.POST, auto_id=f"id_r{invitation_id}_%s")
    if form.is_valid():
        try:
            posting.mark_returned(agent, invitation_id, form.cleaned_data["why"])
        except Invitation.DoesNotExist:
            raise Http404 from None
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return _back(sourcing, "courriers")
    return _page(request, need, sourcing, form, "returned", invitation_id)


@city(*PURCHASING, led=True)
@require_POST
def relay_told(request: HttpRequest, need_id: UUID, relay_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id, sourcing_id)
    form = HowForm(request.POST, auto_id=f"id_{relay_id}_%s")
    if form.is_valid():
        try:
            invite.mark_relayed(agent, relay_id, form.cleaned_data["how"])
        except Relay.DoesNotExist:
            raise Http404 from None
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return _back(sourcing, "prevenir")
    return _page(request, need, sourcing, form, "relay", relay_id)


@city(*PURCHASING, led=True)
@require_POST
def deadline_extend(request: HttpRequest, need_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    form = ExtendForm(request.POST, prefix="extend")
    if form.is_valid():
        try:
            invite.extend(agent, sourcing.pk, form.cleaned_data["deadline"], form.cleaned_data["reason"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "La date limite est reportée pour toutes les entreprises, et toutes sont prévenues.")
            return redirect("asked", need.pk, sourcing.pk)
    return _page(request, need, sourcing, form, "extend")


@city(*PURCHASING, led=True)
@require_POST
def request_correct(request: HttpRequest, need_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    form = CorrectForm(request.POST, request.FILES, prefix="correct")
    if form.is_valid():
        try:
            correct.correct(agent, sourcing.pk, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "La demande est corrigée pour toutes les entreprises, et toutes sont prévenues.")
            return redirect("asked", need.pk, sourcing.pk)
    return _page(request, need, sourcing, form, "correct")


@city(*PURCHASING, led=True)
@require_POST
def firms_widen(request: HttpRequest, need_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    form = WidenForm(request.POST, prefix="widen")
    if form.is_valid():
        try:
            sent = invite.widen(agent, sourcing.pk, **form.cleaned_data, by_text=ticked(request))
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"La même demande part à {len(sent)} entreprises de plus.")
            return redirect("asked", need.pk, sourcing.pk)
    return _page(request, need, sourcing, form, "widen")


@city(*PURCHASING, led=True)
@require_POST
def sourcing_end(request: HttpRequest, need_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    form = EndForm(request.POST, prefix="end")
    if form.is_valid():
        try:
            closing.end(agent, sourcing.pk, form.cleaned_data["reason"], close_need=form.cleaned_data["close_need"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "La consultation est arrêtée ; les entreprises interrogées sont prévenues.")
            return redirect("asked", need.pk, sourcing.pk)
    return _page(request, need, sourcing, form, "end")


_BASE = "achats/<uuid:need_id>/suivi/"
urlpatterns = [
    *consultation_paths("suivi/", asked, "asked"),
    path(f"{_BASE}questions/<uuid:question_id>/", question_answer, name="question_answer"),
    path(f"{_BASE}adresses/<uuid:invitation_id>/", invitation_address, name="invitation_address"),
    path(f"{_BASE}courriers/", letters_print, name="letters_print"),
    path(f"{_BASE}courriers/<uuid:invitation_id>/", letter_posted, name="letter_posted"),
    path(f"{_BASE}courriers/partis/", letters_posted, name="letters_posted"),
    *consultation_paths("suivi/courriers/<uuid:invitation_id>/revenu/", letter_returned, "letter_returned"),
    *consultation_paths("suivi/affiche/", poster_print, "poster_print"),
    *consultation_paths("suivi/prevenir/", relays_print, "relays_print"),
    *consultation_paths("suivi/prevenir/<uuid:relay_id>/", relay_told, "relay_told"),
    path(f"{_BASE}date-limite/", deadline_extend, name="deadline_extend"),
    path(f"{_BASE}corriger/", request_correct, name="request_correct"),
    path(f"{_BASE}elargir/", firms_widen, name="firms_widen"),
    path(f"{_BASE}arreter/", sourcing_end, name="sourcing_end"),
]
