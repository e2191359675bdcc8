"""« Règle » : the family and kind of a need, how full the family is, and what the law of the day asks."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refused
from sourcier.law.path import PROFILE
from sourcier.needs import actions, queries
from sourcier.needs.models import Kind, Need
from sourcier.needs.rules import Verb
from sourcier.spend.models import Family
from sourcier.spend.queries import last_price
from sourcier.web.city.addresses import need_or_404
from sourcier.web.city.alike import seen_together
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.gauges import gauge
from sourcier.web.city.need_contracts import existing
from sourcier.web.city.rotation import rotation_of
from sourcier.web.operations import operation_context
from sourcier.web.rights import INSPECTION, PURCHASING, city


class FamilyChoice(forms.ModelChoiceField):
    """Families by code, as the city names them."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.code} · {obj.label}"


class RuleForm(forms.Form):
    """What the rule of the day depends on, beside the amount."""

    family = FamilyChoice(
        Family.objects.none(), label="Famille d'achats", empty_label="Choisissez",
        help_text="Ce qui s'additionne dans l'année : les achats de même nature.",
        error_messages={"required": "Choisissez la famille : elle dit ce qui s'additionne dans l'année.",
                        "invalid_choice": "Cette famille n'est pas dans votre nomenclature. Choisissez-en une autre."},
    )  # fmt: skip
    kind = forms.ChoiceField(
        choices=Kind.choices, label="Nature", widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la nature : les limites ne sont pas les mêmes.",
                        "invalid_choice": "Choisissez une des trois natures."},
    )  # fmt: skip

    def __init__(self, *args: Any, need: Need, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["family"].queryset = queries.families_to_choose(need)  # type: ignore[attr-defined]


class CrossingForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi continuer au-delà de la limite", max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Par exemple : procédure adaptée conduite ici, avis publié le…, sur le profil d'acheteur.",
        error_messages={"required": "Écrivez vos raisons : le contrôle les lira."},
    )  # fmt: skip


@city(*INSPECTION, led=True)
def rule(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """GET shows the rule kept, or what today's would be; POST keeps today's with the operation."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    proposed = queries.proposed_family(need)
    initial = {"family": need.family or proposed, "kind": need.kind or (proposed.kind if proposed else "")}
    form = RuleForm(request.POST if request.method == "POST" else None, initial=initial, need=need)
    if request.method == "POST" and form.is_valid():
        family, kind = form.cleaned_data["family"], form.cleaned_data["kind"]
        try:
            actions.keep_rule(agent, need.pk, family, kind, queries.rule_of_day(need, family, kind, timezone.localdate()))
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "La règle du jour est vérifiée et gardée avec cet achat.")
            return redirect("rule", need.pk)
    return _page(request, agent, need, form, proposed)


@city(Role.HEAD_BUYER)
@require_POST
def rule_cross(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """The decision to go on beyond the limit, with its reasons."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, form = need_or_404(agent, need_id), CrossingForm(request.POST)
    if form.is_valid():
        try:
            actions.allow_crossing(agent, need.pk, form.cleaned_data["reason"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Votre décision est gardée au journal. L'acheteur peut interroger les entreprises.")
            return redirect("rule", need.pk)
    proposed = queries.proposed_family(need)
    shown = RuleForm(None, initial={"family": need.family or proposed, "kind": need.kind}, need=need)
    return _page(request, agent, need, shown, proposed, form)


def _page(
    request: HttpRequest, agent: Agent, need: Need, form: RuleForm, proposed: Family | None,
    crossing_form: CrossingForm | None = None,
) -> HttpResponse:  # fmt: skip
    family, kind = form.initial["family"], form.initial["kind"]
    today = queries.rule_of_day(need, family, kind, timezone.localdate()) if kind else None
    shown = need.rule or today
    crossed = queries.crosses(need, timezone.localdate())
    decides = queries.may(agent, need, Verb.ALLOW_CROSSING)
    context = {
        **operation_context(agent, need),
        "need": need,
        "form": form,
        "may_keep": queries.may(agent, need, Verb.KEEP_RULE),
        "may_estimate": queries.may(agent, need, Verb.COMPLETE) or queries.may(agent, need, Verb.WRITE),
        "proposed": proposed,
        "from_words": not need.activities.exists(),  # type: ignore[attr-defined]
        "no_family": not form.fields["family"].queryset.exists(),  # type: ignore[attr-defined]
        "rule": shown and _dated(shown),
        "kept": bool(need.rule),
        "changed": bool(need.rule) and today is not None and _facts(need.rule) != _facts(today),
        "gauge": shown and gauge(shown),
        "crossed": crossed,
        "may_package": bool(shown) and shown.get("channel") == PROFILE and agent.covers(need.department_id, *PURCHASING),
        "crossing": need.crossing and need.crossing | {"on": date.fromisoformat(need.crossing["on"])},
        "crossing_form": (crossing_form or CrossingForm()) if crossed and decides else None,
        "last": last_price(agent.organisation, family) if family else None,
        "next_url": _url("panel", need),
        **existing(agent, need),
        **seen_together(agent, need),
        **rotation_of(need),
    }
    return render(request, "city/rule/rule.html", context, status=422 if form.errors or crossing_form else 200)


def _facts(rule: dict[str, Any]) -> tuple[Any, ...]:
    """What the advice was given for, without the day."""
    return tuple(rule.get(key) for key in ("family", "unit", "kind", "amount_cents", "used_cents", "limit_cents"))


def _dated(rule: dict[str, Any]) -> dict[str, Any]:
    """The same with its days as dates, for the template."""
    days = ("on", "from", "to")
    dated = {key: date.fromisoformat(value) if key in days else value for key, value in rule.items()}
    for key in ("thresholds", "announced"):
        dated[key] = [
            {name: date.fromisoformat(value) if name in days else value for name, value in row.items()} for row in rule[key]
        ]
    return dated


def _url(name: str, need: Need) -> str:
    try:
        return reverse(name, args=[need.pk])
    except NoReverseMatch:
        return ""


urlpatterns = [
    path("achats/<uuid:need_id>/regle/", rule, name="rule"),
    path("achats/<uuid:need_id>/regle/franchir/", rule_cross, name="rule_cross"),
]
