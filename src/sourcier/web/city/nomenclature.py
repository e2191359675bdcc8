"""« Nomenclature » : the families of a year; add one, rename it, retire it. Past years keep what they said."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.interop.tables import Column, Table
from sourcier.kernel.transitions import Refused
from sourcier.law.book import KINDS
from sourcier.spend.actions import add_family, change_family
from sourcier.spend.models import Family
from sourcier.spend.queries import families_in
from sourcier.web.city.forms import add_refusal
from sourcier.web.exports import exported
from sourcier.web.rights import INSPECTION, city

COLUMNS = (Column("Code"), Column("Libellé"), Column("Nature"), Column("CPV"), Column("Codes NAF"))


class NewFamilyForm(forms.Form):
    code = forms.CharField(label="Code", max_length=20, error_messages={"required": "Donnez-lui un code."})
    label = forms.CharField(label="Libellé", max_length=160, error_messages={"required": "Donnez-lui un nom."})
    kind = forms.ChoiceField(
        label="Nature", choices=[(kind, label.capitalize()) for kind, label in KINDS.items()], widget=forms.RadioSelect,
        error_messages={"required": "Choisissez fournitures, services ou travaux."},
    )  # fmt: skip
    cpv = forms.CharField(label="Code CPV, s'il est connu", max_length=10, required=False)


class FamilyForm(forms.Form):
    label = forms.CharField(
        label="Libellé", max_length=160, help_text="Il vaut dès cette année. Les années passées gardent le leur.",
        error_messages={"required": "Donnez-lui un nom."},
    )  # fmt: skip
    cpv = forms.CharField(label="Code CPV, s'il est connu", max_length=10, required=False)
    last_year = forms.IntegerField(
        label="Dernière année", required=False, min_value=2000, max_value=2100,
        help_text="Vide tant qu'elle sert. Retirée, elle ne se choisit plus ensuite ; ses achats restent comptés.",
        error_messages={"invalid": "Écrivez une année, par exemple 2026.", "min_value": "Écrivez une année, par exemple 2026.",
                        "max_value": "Écrivez une année, par exemple 2026."},
    )  # fmt: skip


@city(*INSPECTION)
def nomenclature(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, form: NewFamilyForm | None = None) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    year = timezone.localdate().year
    found = list(families_in(agent.organisation, year))
    if response := exported(request, _table(found, year)):
        return response
    context = {
        "year": year, "may": agent.has(Role.HEAD_BUYER), "form": form or NewFamilyForm(),
        "families": [(family, family.named(year), KINDS[family.kind]) for family in found],
        "coming": Family.objects.filter(organisation=agent.organisation, first_year__gt=year),
        "retired": Family.objects.filter(organisation=agent.organisation, last_year__lt=year),
    }  # fmt: skip
    return render(request, "city/spend/nomenclature.html", context, status=422 if form else 200)


def _table(found: list[Family], year: int) -> Table:
    rows = [
        (family.code, family.named(year), KINDS[family.kind], family.cpv, " ".join(code for _, code in family.activities))
        for family in found
    ]
    return Table(f"Nomenclature {year}", COLUMNS, rows)


@city(Role.HEAD_BUYER)
@require_POST
def family_add(request: HttpRequest) -> HttpResponse:
    form = NewFamilyForm(request.POST)
    if form.is_valid():
        try:
            family = add_family(request.agent, **form.cleaned_data)  # type: ignore[attr-defined]
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"La famille {family.code} est ajoutée.")
            return redirect("nomenclature")
    return _page(request, form)


@city(Role.HEAD_BUYER)
def family(request: HttpRequest, family_id: UUID) -> HttpResponse:
    """One family: its name, what it was called, its last year."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    found = get_object_or_404(Family, organisation=agent.organisation, pk=family_id)
    form = FamilyForm(request.POST or None, initial={"label": found.label, "cpv": found.cpv, "last_year": found.last_year})
    if request.method == "POST" and form.is_valid():
        try:
            change_family(agent, found.pk, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"La famille {found.code} est enregistrée.")
            return redirect("nomenclature")
    context = {"family": found, "kind": KINDS[found.kind], "form": form}
    return render(request, "city/spend/family.html", context, status=422 if form.errors else 200)


urlpatterns = [
    path("familles/nomenclature/", nomenclature, name="nomenclature"),
    path("familles/nomenclature/ajouter/", family_add, name="family_add"),
    path("familles/nomenclature/<uuid:family_id>/", family, name="family"),
]
