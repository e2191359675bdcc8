"""« Entreprises »: the firms the city has met, how to reach them, what they asked."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.kernel.activities import Activity
from sourcier.kernel.transitions import Refused
from sourcier.matching.labels import label
from sourcier.quotes.models import Award
from sourcier.register.establishment import SIZES
from sourcier.sourcing.known_firms import hidden_firms, with_identity
from sourcier.sourcing.models import Invitation
from sourcier.sourcing.rules import Verb
from sourcier.suppliers import actions, queries, tokens
from sourcier.suppliers.models import Contact, Firm
from sourcier.web.city.addresses import may
from sourcier.web.city.answer import IdentityForm
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.tables import firms_table
from sourcier.web.exports import exported
from sourcier.web.rights import INSPECTION, PURCHASING, city

PER_PAGE = 25
MAX_SEARCH = 200


class ContactForm(forms.Form):
    """An e-mail or a telephone, typed with where it comes from."""

    kind = forms.ChoiceField(label="Nature", choices=Contact.Kind.choices, widget=forms.RadioSelect, initial=Contact.Kind.EMAIL)
    value = forms.CharField(
        label="Adresse ou numéro", max_length=200, error_messages={"required": "Écrivez l'adresse ou le numéro."}
    )
    person = forms.CharField(label="Nom de la personne", max_length=120, required=False)
    source = forms.CharField(
        label="D'où vient ce contact ?", max_length=120,
        help_text="Par exemple : facture de mars, site de l'entreprise, appel.",
        error_messages={"required": "Dites d'où vient ce contact : le dossier le garde."},
    )  # fmt: skip


class KeyForm(forms.Form):
    """The code of a firm's own place, handed over to who was checked."""

    how = forms.CharField(
        label="Comment avez-vous vérifié qui vient ?", max_length=200,
        help_text="Par exemple : carte d'identité et extrait Kbis, au guichet ; rappel au numéro connu.",
        error_messages={"required": "Dites comment vous avez vérifié : le journal le garde."},
    )  # fmt: skip


class ReachesForm(forms.Form):
    """« Courrier revenu », no longer: why, and the new address when there is one."""

    how = forms.CharField(
        label="Qu'est-ce qui a changé ?", max_length=200,
        help_text="Par exemple : nouvelle adresse lue sur son devis ; jointe au téléphone, elle a réparé sa boîte.",
        error_messages={"required": "Dites ce qui a changé : le journal le garde."},
    )  # fmt: skip
    address = forms.CharField(label="Nouvelle adresse : numéro et rue", max_length=200, required=False)
    postal_code = forms.CharField(label="Code postal", max_length=5, required=False)
    commune = forms.CharField(label="Commune", max_length=80, required=False)

    def moved(self) -> tuple[str, str, str] | None:
        given = (self.cleaned_data["address"], self.cleaned_data["postal_code"], self.cleaned_data["commune"])
        return given if any(given) else None


def shown_firms(agent: Agent, text: str = "") -> QuerySet[Firm]:
    """What this agent may see, without the firms that closed answers would give away."""
    firms = queries.search(agent, text) if text else queries.visible(agent).order_by("name", "siret")
    return with_identity(firms.exclude(pk__in=hidden_firms(agent.organisation.pk)))


def firm_or_404(agent: Agent, firm_id: UUID) -> Firm:
    try:
        return shown_firms(agent).get(pk=firm_id)
    except Firm.DoesNotExist:
        raise Http404 from None


@city(*INSPECTION)
def firms(request: HttpRequest) -> HttpResponse:
    """The list, by name, with the words looked for."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    text = request.GET.get("q", "")[:MAX_SEARCH].strip()
    if response := exported(request, firms_table(list(shown_firms(agent, text)), text)) if "export" in request.GET else None:
        return response
    page = Paginator(shown_firms(agent, text), PER_PAGE).get_page(request.GET.get("page"))
    reach = queries.ways([firm.pk for firm in page])
    rows = [{"firm": firm, "ways": reach.get(firm.pk, ())} for firm in page]
    context = {"page": page, "rows": rows, "searched": text, "may_write": agent.has(*PURCHASING)}
    return render(request, "city/firms/list.html", context)


@city(*INSPECTION)
def firm(request: HttpRequest, firm_id: UUID) -> HttpResponse:
    return _page(request, firm_or_404(request.agent, firm_id))  # type: ignore[attr-defined]


def _page(
    request: HttpRequest, firm: Firm, form: ContactForm | None = None, key_form: KeyForm | None = None,
    reaches_form: ReachesForm | None = None,
) -> HttpResponse:  # fmt: skip
    agent: Agent = request.agent  # type: ignore[attr-defined]
    invitations = (
        firm.invitations.exclude(channel=Invitation.Channel.NOTICE, sourcing__opened_at=None)
        .select_related("sourcing__need", "identity_checked_by")
        .order_by("-created_at")
    )
    chosen = set(Award.objects.filter(submission__firm=firm).values_list("submission__invitation_id", flat=True))
    own = queries.places_of(agent.organisation.pk, [firm.siret]).get(firm.siret)
    contacts = firm.contacts.select_related("added_by").order_by("state", "kind", "-added_at")
    context: dict[str, Any] = {
        "firm": firm,
        "activity_label": label(Activity(firm.nomenclature, firm.activity)) if firm.activity else "",
        "size": SIZES.get(firm.size_class, ""),
        "contacts": [contact for contact in contacts if contact.state != Contact.State.REMOVED],
        "stopped": queries.stopped_contacts(firm),
        "removed": [contact for contact in contacts if contact.state == Contact.State.REMOVED],
        "asked": [
            {
                "invitation": each,
                "won": each.pk in chosen,
                "form": IdentityForm(auto_id=f"id_{each.pk}_%s"),
                "may_check": each.unverified and may(agent, each.sourcing, Verb.CHECK),
            }
            for each in invitations
        ],
        "may_write": agent.has(*PURCHASING),
        "may_forget": agent.has(Role.HEAD_BUYER),
        "form": form or ContactForm(),
        "key_form": key_form or KeyForm(prefix="code"),
        "reaches_form": reaches_form or ReachesForm(auto_id="reaches_%s"),
        "own": own,
        "said": queries.described(own) if own else {},
    }
    return render(request, "city/firms/firm.html", context, status=422 if form or key_form or reaches_form else 200)


@city(*PURCHASING)
@require_POST
def firm_contact_add(request: HttpRequest, firm_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    firm = firm_or_404(agent, firm_id)
    form = ContactForm(request.POST)
    if form.is_valid():
        try:
            actions.add_contact(agent, firm.pk, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Contact noté, avec sa source.")
            return redirect("firm_sheet", firm.pk)
    return _page(request, firm, form)


@city(*PURCHASING)
@require_POST
def firm_contact_remove(request: HttpRequest, firm_id: UUID, contact_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    contact = _contact_or_404(agent, firm_id, contact_id)
    return _done(request, firm_id, lambda: actions.remove_contact(agent, contact.pk), "Contact retiré.")


@city(*PURCHASING)
@require_POST
def firm_contact_failing(request: HttpRequest, firm_id: UUID, contact_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    contact = _contact_or_404(agent, firm_id, contact_id)
    why = f"signalé par {agent.user.name}"
    return _done(request, firm_id, lambda: actions.mark_failing(contact, why, agent=agent), "Contact marqué en échec.")


@city(Role.HEAD_BUYER)
@require_POST
def firm_contact_forget(request: HttpRequest, firm_id: UUID, contact_id: UUID) -> HttpResponse:
    """« Effacez mes coordonnées », asked by the person."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    contact = _contact_or_404(agent, firm_id, contact_id)
    return _done(request, firm_id, lambda: actions.forget_contact(agent, contact.pk), "Coordonnées effacées, à sa demande.")


@city(*PURCHASING)
@require_POST
def firm_mail_reaches(request: HttpRequest, firm_id: UUID) -> HttpResponse:
    """The mark goes; the entry stays."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    firm = firm_or_404(agent, firm_id)
    form = ReachesForm(request.POST, auto_id="reaches_%s")
    if form.is_valid():
        try:
            actions.mail_reaches(agent, firm.pk, form.cleaned_data["how"], form.moved())
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est noté : un courrier peut de nouveau partir.")
            return redirect("firm_sheet", firm.pk)
    return _page(request, firm, reaches_form=form)


@city(*PURCHASING)
@require_POST
@never_cache
def firm_key_give(request: HttpRequest, firm_id: UUID) -> HttpResponse:
    """A code for the firm's own place, shown once: it is not kept."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    firm = firm_or_404(agent, firm_id)
    form = KeyForm(request.POST, prefix="code")
    if form.is_valid():
        try:
            key = actions.give_key(agent, firm.pk, form.cleaned_data["how"])
        except Refused as refused:
            form.add_error("how", refused.sentence)
        else:
            code = tokens.format_code(tokens.code(key.seed))
            return render(request, "city/firms/code.html", {"firm": firm, "code": code, "until": key.expires_at})
    return _page(request, firm, key_form=form)


def _contact_or_404(agent: Agent, firm_id: UUID, contact_id: UUID) -> Contact:
    firm = firm_or_404(agent, firm_id)
    try:
        return firm.contacts.get(pk=contact_id)
    except Contact.DoesNotExist:
        raise Http404 from None


def _done(request: HttpRequest, firm_id: UUID, act: Any, said: str) -> HttpResponse:
    try:
        act()
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, said)
    return redirect("firm_sheet", firm_id)


_FIRM = "entreprises/<uuid:firm_id>/"
urlpatterns = [
    path("entreprises/", firms, name="firms"),
    path(_FIRM, firm, name="firm_sheet"),
    path(f"{_FIRM}code/", firm_key_give, name="firm_key_give"),
    path(f"{_FIRM}courrier/", firm_mail_reaches, name="firm_mail_reaches"),
    path(f"{_FIRM}contacts/", firm_contact_add, name="firm_contact_add"),
    path(f"{_FIRM}contacts/<uuid:contact_id>/retirer/", firm_contact_remove, name="firm_contact_remove"),
    path(f"{_FIRM}contacts/<uuid:contact_id>/echec/", firm_contact_failing, name="firm_contact_failing"),
    path(f"{_FIRM}contacts/<uuid:contact_id>/effacer/", firm_contact_forget, name="firm_contact_forget"),
]
