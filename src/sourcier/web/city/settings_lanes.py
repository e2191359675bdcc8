"""« Réglages · Voies »: who carries a purchase, by family and amount; with what held before."""

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
from sourcier.accounts.models import Role
from sourcier.interop.tables import Column, Table
from sourcier.interop.tables import Kind as Cell
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries
from sourcier.needs.models import Kind, Lane, LaneRule
from sourcier.spend.models import Family
from sourcier.spend.queries import families_in
from sourcier.web.city.forms import EurosField, add_refusal
from sourcier.web.city.rule import FamilyChoice
from sourcier.web.exports import exported
from sourcier.web.rights import city

COLUMNS = (
    Column("Achats"), Column("En dessous de, HT", Cell.CENTS), Column("Voie"), Column("Qui ouvre les devis"),
    Column("Déclaration d'intérêts"), Column("Réglée par"), Column("Le", Cell.MOMENT), Column("Arrêtée le", Cell.MOMENT),
)  # fmt: skip
ALL = "Toutes les familles"


class LaneForm(forms.Form):
    """One lane to set."""

    family = FamilyChoice(
        label="Pour quelle famille", queryset=Family.objects.none(), required=False, empty_label=ALL,
        help_text="Une famille qui a sa voie ne suit plus celles de toutes les familles.",
    )  # fmt: skip
    kind = forms.ChoiceField(
        label="Nature, si c'est pour toutes les familles", required=False,
        choices=[("", "Fournitures et services"), (Kind.SUPPLIES.value, "Fournitures"), (Kind.SERVICES.value, "Services")],
        help_text="Un acheteur conduit toujours les travaux.",
    )  # fmt: skip
    up_to_cents = EurosField(
        label="En dessous de", required=False,
        help_text="Montant de l'achat, hors taxes. Vide : quel que soit le montant, pour « un acheteur conduit » seulement.",
    )  # fmt: skip
    lane = forms.ChoiceField(label="Voie", choices=Lane, widget=forms.RadioSelect, initial=Lane.ALONE)
    opener = forms.ChoiceField(
        label="Qui ouvre les devis, après la date limite", choices=LaneRule.Opener, widget=forms.RadioSelect,
        initial=LaneRule.Opener.BUYER,
    )  # fmt: skip
    declaration = forms.ChoiceField(
        label="Comment chacun déclare ses intérêts", choices=LaneRule.Declaration, widget=forms.RadioSelect,
        initial=LaneRule.Declaration.TICK,
    )  # fmt: skip

    def __init__(self, agent: Agent, data: Any = None) -> None:
        super().__init__(data)
        families = families_in(agent.organisation, timezone.localdate().year).exclude(kind=Kind.WORKS)
        self.fields["family"].queryset = families  # type: ignore[attr-defined]


@city(Role.HEAD_BUYER, Role.ADMIN, Role.AUDITOR)
def settings_lanes(request: HttpRequest) -> HttpResponse:
    """Read by those who govern something here, changed by the head of purchasing."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    editable = agent.has(Role.HEAD_BUYER)
    if request.method == "POST" and not editable:
        return redirect("settings_lanes")
    form = LaneForm(agent, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_lane(agent, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est réglé. Les besoins déjà envoyés gardent leur voie.")
            return redirect("settings_lanes")
    rules = list(queries.lane_rules(agent.organisation))
    if response := exported(request, _table(rules)):
        return response
    lines = [{"rule": rule, "scope": queries.lane_scope(rule)} for rule in rules]
    context = {
        "form": form, "editable": editable,
        "now": [line for line in lines if line["rule"].ended_at is None],  # type: ignore[attr-defined]
        "past": [line for line in lines if line["rule"].ended_at is not None],  # type: ignore[attr-defined]
    }  # fmt: skip
    return render(request, "city/settings/lanes.html", context, status=422 if form.errors else 200)


def _table(rules: list[LaneRule]) -> Table:
    rows = [
        (
            queries.lane_scope(rule).capitalize(), rule.up_to_cents, rule.get_lane_display(), rule.get_opener_display(),
            rule.get_declaration_display(), rule.added_by.name, rule.added_at, rule.ended_at,
        )
        for rule in rules
    ]  # fmt: skip
    return Table("Voies", COLUMNS, rows, ("Montants de l'achat, hors taxes. Sans voie réglée, un acheteur conduit.",))


@city(Role.HEAD_BUYER)
@require_POST
def lanes_propose(request: HttpRequest) -> HttpResponse:
    """The lanes to begin with, in one tap."""
    try:
        actions.propose_lanes(request.agent)  # type: ignore[attr-defined]
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "Les voies proposées sont réglées. Changez-les quand vous voulez.")
    return redirect("settings_lanes")


@city(Role.HEAD_BUYER)
@require_POST
def lane_end(request: HttpRequest, lane_id: UUID) -> HttpResponse:
    try:
        actions.end_lane(request.agent, lane_id)  # type: ignore[attr-defined]
    except LaneRule.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "Cette voie est arrêtée. Les besoins déjà envoyés la gardent.")
    return redirect("settings_lanes")


urlpatterns = [
    path("reglages/voies/", settings_lanes, name="settings_lanes"),
    path("reglages/voies/proposer/", lanes_propose, name="lanes_propose"),
    path("reglages/voies/<uuid:lane_id>/arreter/", lane_end, name="lane_end"),
]
