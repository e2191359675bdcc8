"""« Marchés en cours » : the list, one contract, a list to import, and the need that prepares the next contract."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Department, Role
from sourcier.accounts.queries import in_scope
from sourcier.interop.tables import Column as Heading
from sourcier.interop.tables import Kind, Table
from sourcier.kernel.french import tie
from sourcier.kernel.identifiers import format_siret
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions as needs
from sourcier.needs.queries import renewal_of
from sourcier.spend import contract_rules
from sourcier.spend import contracts as queries
from sourcier.spend.actions import hand_over_contracts, import_contracts, save_contract
from sourcier.spend.contracts import Standing
from sourcier.spend.importing.contracts import REQUIRED, Column
from sourcier.spend.models import ContractBatch, RunningContract
from sourcier.vault.actions import store
from sourcier.web.city import imported
from sourcier.web.city.contract_forms import ContractForm, RenewForm
from sourcier.web.city.forms import add_refusal
from sourcier.web.exports import exported
from sourcier.web.rights import INSPECTION, PURCHASING, city

LABELS = {
    Column.OBJECT: "Objet", Column.HOLDER: "Titulaire", Column.ENDS: "Dernier jour", Column.NUMBER: "Numéro du marché",
    Column.SIRET: "SIRET du titulaire", Column.FAMILIES: "Codes des familles d'achats", Column.KIND: "Nature",
    Column.FIRST: "Premier jour", Column.MAXIMUM: "Maximum hors taxes", Column.USED: "Déjà utilisé hors taxes",
    Column.HOW: "Comment commander", Column.CONTACT: "Contact", Column.EMAIL: "Courriel", Column.PHONE: "Téléphone",
    Column.CURRENCY: "Devise",
}  # fmt: skip
FILE = {
    "label": "La liste des marchés en cours",
    "help_text": "CSV, Excel ou LibreOffice. Une ligne par marché, montants hors taxes : ville, centrales d'achat, "
    "groupements de commandes.",
}
FILTERS = {"": "En cours", "bientot": "Finissent dans les quatre mois", "epuises": "Utilisés à 80 % ou plus", "tous": "Tous"}
COLUMNS = (
    Heading("Numéro"), Heading("Objet"), Heading("Nature"), Heading("Familles"), Heading("Titulaire"), Heading("SIRET"),
    Heading("Comment commander"), Heading("Premier jour", Kind.DATE), Heading("Dernier jour", Kind.DATE),
    Heading("Maximum HT", Kind.CENTS), Heading("Utilisé HT", Kind.CENTS), Heading("Reste HT", Kind.CENTS),
    Heading("Utilisé %", Kind.INTEGER), Heading("Utilisé, dit le", Kind.MOMENT),
)  # fmt: skip


@city(*INSPECTION)
def contracts(request: HttpRequest) -> HttpResponse:
    """The contracts on which the city may order, the first to end first."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    asked = request.GET.get("etat", "")
    asked = asked if asked in FILTERS else ""
    found = _filtered(agent, asked)
    if response := exported(request, _table(found, FILTERS[asked])):
        return response
    today = timezone.localdate()
    context = {
        "standings": found, "filters": FILTERS.items(), "asked": asked, "may": agent.has(*PURCHASING), "today": today,
        "soon": contract_rules.soon(today), "any": bool(found) or queries.of_city(agent.organisation).exists(),
    }  # fmt: skip
    return render(request, "city/contracts/list.html", context)


def _filtered(agent: Agent, asked: str) -> list[Standing]:
    today = timezone.localdate()
    if asked == "tous":
        return queries.standings(queries.of_city(agent.organisation))
    running = queries.running(agent.organisation, today)
    if asked == "bientot":
        running = running.filter(ends_on__lte=contract_rules.soon(today))
    found = queries.standings(running)
    return [each for each in found if each.almost] if asked == "epuises" else found


def _table(found: list[Standing], filtered: str) -> Table:
    rows = [
        (
            each.contract.number, each.contract.object, each.contract.get_kind_display(), ", ".join(each.contract.families),
            each.contract.holder, format_siret(each.contract.siret) if len(each.contract.siret) == 14 else each.contract.siret,
            each.contract.how_to_order, each.contract.first_on, each.contract.ends_on, each.contract.maximum_cents,
            each.used_cents, each.left_cents, each.percent, each.contract.said_at,
        )
        for each in found
    ]  # fmt: skip
    return Table("Marchés en cours", COLUMNS, rows, (f"{filtered}.",))


@city(*PURCHASING)
def contract_new(request: HttpRequest) -> HttpResponse:
    form = ContractForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (saved := _save(request, None, form)):
        messages.success(request, "Le marché est ajouté : il sera proposé aux besoins de ses familles.")
        return redirect("contract", saved.pk)
    return render(request, "city/contracts/new.html", {"form": form}, status=422 if form.errors else 200)


def _save(request: HttpRequest, contract_id: UUID | None, form: ContractForm) -> RunningContract | None:
    """The contract as typed, or None with the refusal beside its field."""
    try:
        return save_contract(request.agent, contract_id, form.typed())  # type: ignore[attr-defined]
    except Refused as refused:
        add_refusal(form, refused)
        return None


def _contract(request: HttpRequest, contract_id: UUID) -> RunningContract:
    found = queries.of_city(request.agent.organisation).select_related("saved_by")  # type: ignore[attr-defined]
    return get_object_or_404(found, pk=contract_id)


@city(*INSPECTION)
def contract(request: HttpRequest, contract_id: UUID) -> HttpResponse:
    """One contract: what is left, what was ordered here, the next one; POST changes it."""
    found = _contract(request, contract_id)
    if request.method == "POST" and not request.agent.has(*PURCHASING):  # type: ignore[attr-defined]
        raise Http404
    form = ContractForm(request.POST) if request.method == "POST" else None
    if form and form.is_valid() and _save(request, found.pk, form):
        messages.success(request, "C'est enregistré.")
        return redirect("contract", found.pk)
    return _page(request, found, form=form)


def _page(request: HttpRequest, found: RunningContract, **bound: forms.Form | None) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    may, today = agent.has(*PURCHASING), timezone.localdate()
    renewal = renewal_of(found)
    context = {
        "standing": queries.standing(found), "contract": found, "running": queries.runs(found, today), "today": today,
        "orders": found.orders.select_related("ordered_by").order_by("ordered_at"), "renewal": renewal,
        "form": (bound.get("form") or ContractForm(initial=ContractForm.of(found))) if may else None,
        "renew_form": (bound.get("renew") or RenewForm(departments=_departments(agent))) if may and not renewal else None,
        "opened": bool(bound.get("form")),
    }  # fmt: skip
    return render(request, "city/contracts/contract.html", context, status=422 if any(bound.values()) else 200)


def _departments(agent: Agent) -> QuerySet[Department]:
    """Those for which this agent buys."""
    here = Department.objects.filter(organisation=agent.organisation)
    return here.filter(in_scope(agent, Role.BUYER, Role.HEAD_BUYER, department="pk"))


@city(*PURCHASING)
@require_POST
def contract_renew(request: HttpRequest, contract_id: UUID) -> HttpResponse:
    """« Préparer le suivant » : the need, with what the contract says."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    found, form = _contract(request, contract_id), RenewForm(request.POST, departments=_departments(agent))
    if form.is_valid():
        try:
            need = needs.renew(agent, found.pk, form.cleaned_data["department"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(
                request,
                tie("Le besoin est prêt, avec l'objet, la famille, le montant et les dates. Relisez-le : il est à vous."),
            )
            return redirect("need", need.pk)
    return _page(request, found, renew=form)


@city(*PURCHASING)
def contracts_import(request: HttpRequest) -> HttpResponse:
    """POST gives a list; below, those given before."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    form = imported.FileForm(request.POST or None, request.FILES or None, **FILE)
    if request.method == "POST" and form.is_valid():
        try:
            batch = hand_over_contracts(agent, store(agent.organisation.pk, form.cleaned_data["file"]))
        except Refused as refused:
            form.add_error("file", refused.sentence)
        else:
            return redirect("contracts_batch", batch.pk)
    batches = ContractBatch.objects.filter(organisation=agent.organisation).select_related("file", "asked_by")[:50]
    context = {"form": form, "batches": batches}
    return render(request, "city/contracts/import.html", context, status=422 if form.errors else 200)


@city(*PURCHASING)
def contracts_batch(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """The columns to say, then the report; POST chooses the columns, and the list is read at once."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    found = ContractBatch.objects.filter(organisation=agent.organisation).select_related("file", "asked_by")
    batch = get_object_or_404(found, pk=list_id)
    if response := exported(request, imported.unread_table(batch.file.name, batch.unread)):
        return response
    if batch.state == ContractBatch.State.READ:
        columns = [(LABELS[Column(name)], place + 1) for name, place in batch.columns.items()]
        return render(request, "city/contracts/batch.html", {"batch": batch, "columns": columns})
    return _columns(request, batch)


def _columns(request: HttpRequest, batch: ContractBatch) -> HttpResponse:
    lines = imported.first_lines(batch.file)
    typed = request.POST if request.method == "POST" else None
    form = imported.ColumnsForm(lines[0], LABELS, REQUIRED, typed, initial=imported.initial(batch.columns))
    if form.is_valid():
        try:
            import_contracts(request.agent, batch.pk, form.chosen())  # type: ignore[attr-defined]
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return redirect("contracts_batch", batch.pk)
    context: dict[str, Any] = {
        "file": batch.file, "form": form, **imported.shown(lines), "action": reverse("contracts_batch", args=[batch.pk]),
        "back": reverse("contracts_import"), "back_words": "Importer des marchés", "button": "Importer ces marchés",
    }  # fmt: skip
    return render(request, "city/spend/columns.html", context, status=422 if form.errors else 200)


_BASE = "familles/marches/"
urlpatterns = [
    path(_BASE, contracts, name="contracts"),
    path(f"{_BASE}nouveau/", contract_new, name="contract_new"),
    path(f"{_BASE}importer/", contracts_import, name="contracts_import"),
    path(f"{_BASE}importer/<uuid:list_id>/", contracts_batch, name="contracts_batch"),
    path(f"{_BASE}<uuid:contract_id>/", contract, name="contract"),
    path(f"{_BASE}<uuid:contract_id>/preparer/", contract_renew, name="contract_renew"),
]
