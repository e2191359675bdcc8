"""« Commandes du logiciel financier » : give an export, say its columns, follow its reading, read its report, take it back."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refused
from sourcier.spend.actions import choose_columns, hand_over, withdraw_orders
from sourcier.spend.importing.lines import REQUIRED, Column
from sourcier.spend.models import OrderBatch
from sourcier.vault.actions import store
from sourcier.web.city import imported
from sourcier.web.city.forms import add_refusal
from sourcier.web.exports import exported
from sourcier.web.rights import INSPECTION, PURCHASING, city

LABELS = {
    Column.ON: "Date", Column.AMOUNT: "Montant hors taxes", Column.SUPPLIER: "Fournisseur", Column.LABEL: "Objet",
    Column.SIRET: "SIRET du fournisseur", Column.NUMBER: "Numéro de la commande", Column.FAMILY: "Code de la famille d'achats",
    Column.DEPARTMENT: "Service", Column.PLACE: "Lieu", Column.CURRENCY: "Devise",
}  # fmt: skip
FILE = {
    "label": "L'export des commandes et des contrats",
    "help_text": "CSV, Excel ou LibreOffice, tel que le logiciel le donne. Une ligne par commande, montants hors taxes.",
}
SHOWN = 100


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi annuler cet import",
        max_length=300,
        error_messages={"required": "Dites pourquoi : le contrôle le lira."},
    )


@city(*INSPECTION)
def orders(request: HttpRequest) -> HttpResponse:
    """What was imported, the latest first; POST gives an export."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    may = agent.has(*PURCHASING)
    form = imported.FileForm(request.POST or None, request.FILES or None, **FILE) if may else None
    if request.method == "POST" and form and form.is_valid():
        try:
            batch = hand_over(agent, store(agent.organisation.pk, form.cleaned_data["file"]))
        except Refused as refused:
            form.add_error("file", refused.sentence)
        else:
            return redirect("orders_batch", batch.pk)
    batches = (
        OrderBatch.objects.filter(organisation=agent.organisation).select_related("file", "asked_by").defer("unread")[:SHOWN]
    )
    status = 422 if form and form.errors else 200
    return render(request, "city/spend/orders.html", {"form": form, "batches": batches}, status=status)


def _batch(request: HttpRequest, batch_id: UUID) -> OrderBatch:
    found = OrderBatch.objects.filter(organisation=request.agent.organisation)  # type: ignore[attr-defined]
    return get_object_or_404(found.select_related("file", "asked_by"), pk=batch_id)


@city(*INSPECTION)
def orders_batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """The columns to say, then how far the reading is, then the report."""
    batch = _batch(request, batch_id)
    if response := exported(request, imported.unread_table(batch.file.name, batch.unread)):
        return response
    if batch.state == OrderBatch.State.CHOOSING and request.agent.has(*PURCHASING):  # type: ignore[attr-defined]
        return _columns(request, batch)
    return _report(request, batch)


def _report(request: HttpRequest, batch: OrderBatch, form: ReasonForm | None = None) -> HttpResponse:
    may = request.agent.has(Role.HEAD_BUYER) and batch.state == OrderBatch.State.READ  # type: ignore[attr-defined]
    context = {
        "batch": batch, "unread": batch.unread[:SHOWN], "form": (form or ReasonForm()) if may else None,
        "left": batch.seconds_left(timezone.now()),
        "columns": [(LABELS[Column(name)], place + 1) for name, place in batch.columns.items()],
    }  # fmt: skip
    return render(request, "city/spend/batch.html", context, status=422 if form else 200)


def _columns(request: HttpRequest, batch: OrderBatch, form: imported.ColumnsForm | None = None) -> HttpResponse:
    lines = imported.first_lines(batch.file)
    form = form or imported.ColumnsForm(lines[0], LABELS, REQUIRED, initial=imported.initial(batch.columns))
    context = {
        "file": batch.file, "form": form, **imported.shown(lines), "action": reverse("orders_columns", args=[batch.pk]),
        "back": reverse("orders"), "back_words": "Commandes du logiciel financier", "button": "Importer ces commandes",
    }  # fmt: skip
    return render(request, "city/spend/columns.html", context, status=422 if form.errors else 200)


@city(*PURCHASING)
@require_POST
def orders_columns(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    batch = _batch(request, batch_id)
    form = imported.ColumnsForm(imported.first_lines(batch.file)[0], LABELS, REQUIRED, request.POST)
    if form.is_valid():
        try:
            choose_columns(request.agent, batch.pk, form.chosen())  # type: ignore[attr-defined]
        except Refused as refused:
            add_refusal(form, refused)
    return redirect("orders_batch", batch.pk) if not form.errors else _columns(request, batch, form)


@city(Role.HEAD_BUYER)
@require_POST
def orders_withdraw(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    batch, form = _batch(request, batch_id), ReasonForm(request.POST)
    if form.is_valid():
        try:
            withdraw_orders(request.agent, batch.pk, form.cleaned_data["reason"])  # type: ignore[attr-defined]
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(
                request, "L'import est annulé : ses commandes ne comptent plus. Son fichier et son rapport restent."
            )
    return redirect("orders_batch", batch.pk) if not form.errors else _report(request, batch, form)


urlpatterns = [
    path("familles/commandes/", orders, name="orders"),
    path("familles/commandes/<uuid:batch_id>/", orders_batch, name="orders_batch"),
    path("familles/commandes/<uuid:batch_id>/colonnes/", orders_columns, name="orders_columns"),
    path("familles/commandes/<uuid:batch_id>/annuler/", orders_withdraw, name="orders_withdraw"),
]
