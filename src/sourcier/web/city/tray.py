"""« Courrier à classer »: who wrote and when, nothing else until somebody says to what it belongs, or why it is read."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.insights.exchanges import asked_firms
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import IncomingMessage
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.quotes.actions.tray import file_mail, read_apart, set_aside
from sourcier.quotes.queries import tray as queries
from sourcier.quotes.queries.tray import holding
from sourcier.web.city.exchanges import firm_choices
from sourcier.web.city.forms import add_refusal
from sourcier.web.downloads import attachment
from sourcier.web.rights import INSPECTION, PURCHASING, city

READING = (Role.HEAD_BUYER,)


class PurchaseForm(forms.Form):
    """The first question: under which purchase. Its answer stands in the address."""

    achat = forms.ChoiceField(label="À quel achat se rapporte-t-il ?", error_messages={"required": "Choisissez un achat."})

    def __init__(self, agent: Agent, *args: Any) -> None:
        super().__init__(*args)
        found = [(str(need.pk), f"{need.reference} · {need.title or need.sentence}"[:120]) for need in queries.purchases(agent)]
        self.fields["achat"].choices = [("", "…"), *found]  # type: ignore[attr-defined]


class FirmForm(forms.Form):
    """The second: from which of its firms."""

    firm = forms.ChoiceField(
        label="De quelle entreprise ?", required=False,
        help_text="Elle est traitée comme si elle avait écrit à son adresse de réponse. Dans le doute, n'en choisissez aucune.",
    )  # fmt: skip

    def __init__(self, need: Need, *args: Any) -> None:
        super().__init__(*args)
        self.fields["firm"].choices = firm_choices(need, "Aucune, ou une autre")  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi le lire sans le classer ?", max_length=1_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Le journal garde votre raison.", error_messages={"required": "Dites pourquoi, en une phrase."},
    )  # fmt: skip


@city(*INSPECTION)
@require_safe
def tray(request: HttpRequest) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    context = {"waiting": queries.waiting(agent), "aside": queries.aside(agent), "may_sort": agent.has(*PURCHASING)}
    return render(request, "city/tray/list.html", context)


@city(*PURCHASING)
@require_safe
def tray_mail(request: HttpRequest, message_id: UUID) -> HttpResponse:
    return _page(request, message_id)


def _page(request: HttpRequest, message_id: UUID, bad: forms.Form | None = None) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    mail = _mail(agent, message_id)
    purchase = PurchaseForm(agent, request.GET if "achat" in request.GET else None)
    need = needs.get(agent, purchase.cleaned_data["achat"]) if purchase.is_bound and purchase.is_valid() else None
    context = {
        "mail": mail, "purchase": purchase, "need": need, "held": holding(need.pk) if need else None,
        "firm": FirmForm(need) if need and asked_firms(need) else None,
        "reason": bad or (ReasonForm() if agent.has(*READING) and mail.opened_id is None else None),
    }  # fmt: skip
    return render(request, "city/tray/mail.html", context, status=422 if bad or purchase.errors else 200)


def _mail(agent: Agent, message_id: UUID) -> IncomingMessage:
    try:
        return queries.get(agent, message_id)
    except IncomingMessage.DoesNotExist:
        raise Http404 from None


@city(*PURCHASING)
@require_POST
def tray_file(request: HttpRequest, message_id: UUID, need_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    try:
        firm_id = UUID(request.POST.get("firm") or "0" * 32)
        row = file_mail(agent, message_id, need_id, firm_id if firm_id.int else None)
    except (ObjectDoesNotExist, ValueError):
        raise Http404 from None
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("tray")
    if row.opened_id and row.held_by is None:
        messages.success(request, "Le courriel est classé. Il se lit dans les échanges de cet achat.")
        return redirect("exchanges", need_id)
    messages.success(request, "Le courriel est classé, fermé. Personne ne le lit avant l'ouverture des réponses.")
    return redirect("tray")


@city(*READING)
@require_POST
def tray_read(request: HttpRequest, message_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            read_apart(agent, message_id, form.cleaned_data["reason"])
        except IncomingMessage.DoesNotExist:
            raise Http404 from None
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return redirect("tray_mail", message_id)
    return _page(request, message_id, form)


@city(*PURCHASING)
@require_POST
def tray_set_aside(request: HttpRequest, message_id: UUID) -> HttpResponse:
    try:
        set_aside(request.agent, message_id)  # type: ignore[attr-defined]
    except IncomingMessage.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "C'est noté. Le courriel reste gardé, sous « Pas pour la mairie ».")
    return redirect("tray")


@city(*PURCHASING)
@require_safe
def tray_document(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """The message as it came, once somebody read it and said why."""
    opened = _mail(request.agent, message_id).opened  # type: ignore[attr-defined]
    if opened is None:
        raise Http404
    return attachment(opened)


_ONE = "courrier/<uuid:message_id>/"
urlpatterns = [
    path("courrier/", tray, name="tray"),
    path(_ONE, tray_mail, name="tray_mail"),
    path(f"{_ONE}classer/<uuid:need_id>/", tray_file, name="tray_file"),
    path(f"{_ONE}lire/", tray_read, name="tray_read"),
    path(f"{_ONE}ecarter/", tray_set_aside, name="tray_set_aside"),
    path(f"{_ONE}fichier/", tray_document, name="tray_document"),
]
