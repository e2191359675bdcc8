"""« Unités et opérations » : what adds up beyond a family and a year, with what it reaches; a buyer opens one here."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.kernel.transitions import Refused
from sourcier.law.book import SUPPLIES, WORKS, threshold
from sourcier.needs.models import Need
from sourcier.needs.queries.rule import planned_in_units
from sourcier.spend.actions import open_unit
from sourcier.spend.models import Unit
from sourcier.spend.rules import Use
from sourcier.spend.totals import unit_totals
from sourcier.web.city.forms import add_refusal
from sourcier.web.rights import INSPECTION, PURCHASING, city


class UnitForm(forms.Form):
    nature = forms.ChoiceField(
        label="Que voulez-vous ouvrir", choices=Unit.Nature, widget=forms.RadioSelect,
        error_messages={"required": "Choisissez : unité fonctionnelle, ou opération de travaux."},
    )  # fmt: skip
    label = forms.CharField(
        label="Nom", max_length=120, help_text="Par exemple : rénovation de l'école Jaurès, fête de la ville 2027.",
        error_messages={"required": "Donnez-lui un nom."},
    )  # fmt: skip
    place = forms.CharField(label="Lieu", max_length=120, required=False)
    reason = forms.CharField(
        label="Ce qui réunit ces achats", max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Un même projet, un même chantier, un même objectif.",
        error_messages={"required": "Écrivez ce qui les réunit : le contrôle le lira."},
    )  # fmt: skip
    first_on = forms.DateField(
        label="À partir du", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), initial=timezone.localdate,
        error_messages={"required": "Dites le premier jour."},
    )  # fmt: skip
    last_on = forms.DateField(
        label="Jusqu'au, si c'est connu", required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A unit with what it has engaged and what is planned, against the limit of the day."""

    unit: Unit
    use: Use | None
    cents: int


def units_to_choose(need: Need) -> QuerySet[Unit]:
    """Those still open, and the one that the need is in."""
    still = Q(last_on=None) | Q(last_on__gte=timezone.localdate()) | Q(pk=need.unit_id)
    return Unit.objects.filter(still, organisation=need.organisation_id)


@city(*INSPECTION)
def units(request: HttpRequest) -> HttpResponse:
    """GET shows them; POST opens one."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    form = UnitForm(request.POST if request.method == "POST" else None) if agent.has(*PURCHASING) else None
    if request.method == "POST" and form and form.is_valid():
        try:
            unit = open_unit(agent, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(
                request, f"« {unit.label} » est ouverte. Choisissez-la sur la page de chaque besoin qui en fait partie."
            )
            return redirect("units")
    context = {"form": form, "lines": _lines(agent)}
    return render(request, "city/spend/units.html", context, status=422 if form and form.errors else 200)


def _lines(agent: Agent) -> list[Line]:
    known = list(Unit.objects.filter(organisation=agent.organisation))
    limits = {
        Unit.Nature.WORKS: threshold(WORKS, timezone.localdate())["exemption"],
        Unit.Nature.FUNCTIONAL: threshold(SUPPLIES, timezone.localdate())["exemption"],
    }
    engaged, planned = unit_totals(known), planned_in_units(agent.organisation)
    found = []
    for unit in known:
        limit = limits[Unit.Nature(unit.nature)]
        cents = engaged[unit.pk] + planned.get(unit.pk, 0)
        found.append(Line(unit, Use(cents, 0, limit.amount_cents) if limit and limit.amount_cents else None, cents))
    return found


urlpatterns = [path("familles/unites/", units, name="units")]
