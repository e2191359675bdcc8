"""« Échanges » : all that was said in an operation, filtered by firm and channel, exported, completed by what is dropped in."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.insights.exchanges import CHANNELS, Exchange, asked_firms, thread
from sourcier.interop.tables import Column, Kind, Table
from sourcier.kernel.french import PARIS
from sourcier.kernel.transitions import Refused
from sourcier.mail.actions import file_exchange
from sourcier.mail.models import FiledExchange
from sourcier.mail.rules import may_file
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.sourcing.letter import invitation_copy
from sourcier.sourcing.models import Invitation
from sourcier.web.city.addresses import need_or_404
from sourcier.web.city.forms import MomentField, add_refusal
from sourcier.web.downloads import attachment, pdf
from sourcier.web.exports import exported
from sourcier.web.operations import operation_context
from sourcier.web.rights import PURCHASING, READERS, city

COLUMNS = (
    Column("Date", Kind.MOMENT),
    Column("Sens"),
    Column("Voie"),
    Column("Entreprise"),
    Column("Objet"),
    Column("Texte"),
    Column("Suite"),
    Column("Pièces"),
)
DIRECTIONS = {"in": "Reçu", "out": "Envoyé"}


def firm_choices(need: Need, none: str) -> list[tuple[str, str]]:
    """The firms of the operation that may be named now."""
    return [("", none), *((str(firm.pk), firm.name) for firm in asked_firms(need))]


class FilterForm(forms.Form):
    """What the thread shows."""

    firm = forms.ChoiceField(label="Entreprise", required=False)
    channel = forms.ChoiceField(label="Voie", required=False, choices=[("", "Toutes"), *CHANNELS.items()])

    def __init__(self, need: Need, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.fields["firm"].choices = firm_choices(need, "Toutes")  # type: ignore[attr-defined]


class FileForm(forms.Form):
    """« Verser un échange » : its own date, who, how, and the paper if any."""

    channel = forms.ChoiceField(label="Par quelle voie", choices=FiledExchange.Channel.choices)
    direction = forms.ChoiceField(label="Reçu ou envoyé", choices=FiledExchange.Direction.choices, initial="in")
    occurred_at = MomentField(label="Quand", required=False, help_text="Pour un courriel (.eml), sa date est lue dedans.")
    firm_id = forms.ChoiceField(label="Quelle entreprise", required=False)
    correspondent = forms.CharField(
        label="Avec qui", required=False, max_length=200, help_text="La personne, ou qui n'est pas dans la liste."
    )
    summary = forms.CharField(
        label="Ce qui a été dit", required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    upload = forms.FileField(label="Le courriel (.eml), le PDF ou la photo", required=False)

    def __init__(self, need: Need, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.fields["firm_id"].choices = firm_choices(need, "Aucune, ou une autre")  # type: ignore[attr-defined]

    def clean_firm_id(self) -> UUID | None:
        return UUID(self.cleaned_data["firm_id"]) if self.cleaned_data["firm_id"] else None


@city(*READERS)
def exchanges(request: HttpRequest, need_id: UUID) -> HttpResponse:
    return _page(request, need_or_404(request.agent, need_id))  # type: ignore[attr-defined]


def _page(request: HttpRequest, need: Need, file_form: FileForm | None = None) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    filters = FilterForm(need, request.GET or None)
    chosen = filters.cleaned_data if filters.is_bound and filters.is_valid() else {}
    firm_id = UUID(chosen["firm"]) if chosen.get("firm") else None
    found = thread(agent, need, firm_id=firm_id, channel=chosen.get("channel", ""))
    if response := exported(request, _table(need, found)):
        return response
    context = {
        **operation_context(agent, need),
        "lines": _gathered(found),
        "filters": filters,
        "file_form": file_form or FileForm(need),
        "files": _may_file(agent, need),
    }
    return render(request, "city/exchanges/exchanges.html", context, status=422 if file_form else 200)


def _gathered(found: list[Exchange]) -> list[dict[str, Any]]:
    """`[{"exchange", "to": [firm…]}]`: the same message to many firms on the same day is shown once."""
    lines: list[dict[str, Any]] = []
    places: dict[tuple[object, ...], dict[str, Any]] = {}
    for each in found:
        key = (each.at.astimezone(PARIS).date(), each.subject, each.channel, each.state)
        alike = each.channel in ("email", "sms") and each.direction == "out" and not each.filed and not each.files
        if alike and (line := places.get(key)) and line["exchange"].text == each.text:
            line["to"].append(each.firm)
            continue
        lines.append({"exchange": each, "to": [each.firm]})
        if alike:
            places[key] = lines[-1]
    return lines


def _table(need: Need, found: list[Exchange]) -> Table:
    rows = [
        (e.at, DIRECTIONS[e.direction], e.channel_label, e.firm, e.subject, e.text, e.state, ", ".join(f.name for f in e.files))
        for e in found
    ]
    return Table(f"Échanges {need.reference}", COLUMNS, rows, (need.title or need.sentence,))


def _may_file(agent: Agent, need: Need) -> bool:
    """The buyers, and who asks in the department of this need."""
    return may_file(needs.roles_for(agent, need.department_id)) is None


@require_POST
@city(Role.REQUESTER, *PURCHASING)
def exchange_file(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """Drop in what was born elsewhere."""
    need = need_or_404(request.agent, need_id)  # type: ignore[attr-defined]
    if not _may_file(request.agent, need):  # type: ignore[attr-defined]
        raise PermissionDenied
    form = FileForm(need, request.POST, request.FILES)
    if form.is_valid():
        try:
            file_exchange(request.agent, need.pk, **form.cleaned_data)  # type: ignore[attr-defined]
        except Refused as refused:
            if refused.field is None and form.cleaned_data["upload"]:
                form.add_error("upload", refused.sentence)  # the vault does not know which field the file came by
            else:
                add_refusal(form, refused)
        except ObjectDoesNotExist:
            raise Http404 from None
        else:
            messages.success(request, "L'échange est versé, avec sa date.")
            return redirect("exchanges", need.pk)
    return _page(request, need, form)


@city(*READERS)
def exchange_document(request: HttpRequest, need_id: UUID, file_id: UUID) -> HttpResponse:
    """A file of the thread, as this person may see it now."""
    need = need_or_404(request.agent, need_id)  # type: ignore[attr-defined]
    for exchange in thread(request.agent, need):  # type: ignore[attr-defined]
        for file in exchange.files:
            if file.pk == file_id:
                return attachment(file)
    raise Http404


@city(*READERS)
def exchange_letter(request: HttpRequest, need_id: UUID, invitation_id: UUID) -> HttpResponse:
    """A letter of the thread, as it left, without what opens the firm's page."""
    need = need_or_404(request.agent, need_id)  # type: ignore[attr-defined]
    letters = {each.letter for each in thread(request.agent, need) if each.letter}  # type: ignore[attr-defined]
    if invitation_id not in letters:
        raise Http404
    invitation = Invitation.objects.select_related("sourcing__organisation", "sourcing__need", "firm").get(pk=invitation_id)
    return pdf(invitation_copy(invitation), "lettre.pdf")


urlpatterns = [
    path("achats/<uuid:need_id>/echanges/", exchanges, name="exchanges"),
    path("achats/<uuid:need_id>/echanges/verser/", exchange_file, name="exchange_file"),
    path("achats/<uuid:need_id>/echanges/fichiers/<uuid:file_id>/", exchange_document, name="exchange_document"),
    path("achats/<uuid:need_id>/echanges/lettres/<uuid:invitation_id>/", exchange_letter, name="exchange_letter"),
]
