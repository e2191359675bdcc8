"""A purchase that its department leads: one page from the need to the firms, a buyer's glance, the way to a buyer."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.kernel.activities import Activity
from sourcier.kernel.transitions import Refused
from sourcier.matching import engine
from sourcier.needs import actions, queries
from sourcier.needs.interest_rules import PANEL
from sourcier.needs.lanes import BY_AUTHOR, Lane
from sourcier.needs.models import Need
from sourcier.needs.rules import Verb
from sourcier.sourcing import carrying
from sourcier.sourcing.actions import glance as glances
from sourcier.sourcing.actions import panel
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.queries import current
from sourcier.spend.models import Family
from sourcier.vocabulary.queries import phrases
from sourcier.web.city.addresses import current_or_404, need_or_404
from sourcier.web.city.interests import APART, declared, interest_form
from sourcier.web.city.need_forms import ReasonForm
from sourcier.web.city.rule import FamilyChoice
from sourcier.web.operations import operation_context
from sourcier.web.rights import PURCHASING, city

PROPOSED = 5


class LeadForm(forms.Form):
    """What the search and the rule of the day depend on, both proposed from the words of the need."""

    family = FamilyChoice(
        Family.objects.none(), label="Ce que vous achetez", empty_label="Choisissez",
        help_text="Les achats de cette famille s'additionnent dans l'année.",
        error_messages={"required": "Choisissez une famille."},
    )  # fmt: skip
    activities = forms.MultipleChoiceField(
        label="Qui peut vous répondre", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Cochez au moins un métier."},
    )  # fmt: skip

    def __init__(self, need: Need, data: Any = None) -> None:
        ticked = [Activity(row.nomenclature, row.code) for row in need.activities.all()]
        matches = engine.match(queries.words(need), PROPOSED, added=phrases(need.organisation)).activities
        matched = {match.activity: match.label for match in matches}
        labels = matched | {Activity(row.nomenclature, row.code): row.label for row in need.activities.all()}
        proposed = need.family or queries.proposed_family(need)
        super().__init__(data, initial={"family": proposed, "activities": [_value(a) for a in ticked or list(matched)[:1]]})
        self.fields["family"].queryset = queries.families_to_choose(need)  # type: ignore[attr-defined]
        self.fields["activities"].choices = [(_value(a), label) for a, label in labels.items()]  # type: ignore[attr-defined]

    def chosen(self) -> list[Activity]:
        return [Activity(*value.split(":", 1)) for value in self.cleaned_data["activities"]]


def _value(activity: Activity) -> str:
    return f"{activity.nomenclature}:{activity.code}"


@city(*PURCHASING, led=True)
def lead(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """« Vérifions »: what is bought and by whom it is made, in one page; the firms are searched at once."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    begins = queries.leads(agent, need) and need.state == Need.State.ACCEPTED and not current(need)
    if not begins or queries.abstention(agent, need):
        return redirect("need", need.pk)
    form = LeadForm(need, request.POST or None)
    declaring = interest_form(request, agent, need, PANEL)
    if request.method == "POST" and form.is_valid() and declared(agent, need, declaring, PANEL):
        if queries.abstention(agent, need):
            messages.success(request, APART)
            return redirect("need", need.pk)
        try:
            return _led(request, agent, need, form)
        except Refused as refused:
            form.add_error(None, refused.sentence)
    context = {**operation_context(agent, need), "need": need, "form": form, "lane": queries.lane_of(need)}
    context["interest_form"] = declaring
    wrong = form.errors or (declaring and declaring.errors)
    return render(request, "city/needs/lead.html", context, status=422 if wrong else 200)


def _led(request: HttpRequest, agent: Agent, need: Need, form: LeadForm) -> HttpResponse:
    family = form.cleaned_data["family"]
    actions.tick_activities(agent, need.pk, form.chosen())
    rule = queries.rule_of_day(need, family, family.kind, timezone.localdate())
    need = actions.keep_rule(agent, need.pk, family, family.kind, rule)
    if need.lane not in BY_AUTHOR:
        return passed(request, need)
    sourcing = panel.start(agent, need.pk, Sourcing.Kind.RFQ)
    panel.search(agent, sourcing.pk, form.chosen(), sourcing.radius_m)
    return redirect("panel", need.pk)


def passed(request: HttpRequest, need: Need) -> HttpResponse:
    """The purchase has outgrown its lane: a buyer has it now, and why."""
    messages.warning(request, f"{queries.lane_of(need).sentence} Il est transmis aux acheteurs. Rien n'est perdu.")
    return redirect("need", need.pk)


def passed_on(request: HttpRequest, need: Need, refused: Refused) -> HttpResponse | None:
    """After a refusal that says the lane is outgrown: the purchase goes to the buyers; None for any other refusal."""
    if refused.refusal.code != "lane":
        return None
    actions.hand_over(request.agent, need.pk, "cet achat a dépassé les limites de sa voie.")  # type: ignore[attr-defined]
    messages.warning(request, f"{refused.sentence} Rien n'est perdu.")
    return redirect("need", need.pk)


@city(*PURCHASING, led=True)
@require_POST
def need_hand_over(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """« Confier à un acheteur », or « Conduire cet achat », with a reason."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    try:
        actions.hand_over(agent, need.pk, request.POST.get("reason", ""))
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "C'est noté : un acheteur conduit cet achat.")
    return redirect("need", need.pk)


def of_need(agent: Agent, need: Need) -> dict[str, Any]:
    """What the page of a need shows of its lane."""
    hands = need.lane in BY_AUTHOR and queries.may(agent, need, Verb.HAND_OVER)
    led = queries.leads(agent, need)
    return {"lane": queries.lane_of(need), "leads": led, "hand_over_form": ReasonForm(auto_id="confier-%s") if hands else None}


def of_sending(agent: Agent, sourcing: Sourcing) -> dict[str, Any]:
    """What the page that sends shows of a buyer's glance, and what this person does about it."""
    if sourcing.need.lane != Lane.GLANCE:
        return {}
    author, glance = queries.only_leads(agent, sourcing.need), carrying.glance(sourcing)
    gives = not author and queries.buys(agent, sourcing.need) and bool(glance and glance.good is None)
    return {
        "glance": glance, "again": carrying.to_take_up(sourcing), "asks_glance": author and glance is None,
        "takes_back": author and glance is not None, "waits": gives or (author and not (glance and glance.good)),
        "gives_glance": gives,
    }  # fmt: skip


@city(*PURCHASING, led=True)
@require_POST
def glance(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """« Demander le regard d'un acheteur », « C'est bon », « À reprendre », « Reprendre ma demande »: one button each."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need, sourcing = current_or_404(agent, need_id)
    post = request.POST
    try:
        if "ask" in post:
            glances.ask_glance(agent, sourcing.pk)
            said = "Un acheteur va regarder votre demande. Elle est dans sa liste."
        elif "back" in post:
            glances.take_back(agent, sourcing.pk)
            said = "Votre demande est à vous. Redemandez un regard quand elle est prête."
        else:
            glances.give_glance(agent, sourcing.pk, good="good" in post, reason=post.get("reason", ""))
            said = "C'est noté. Le service le voit sur sa page."
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, said)
    return redirect("request" if "back" in post else "request_send", need.pk)


urlpatterns = [
    path("achats/<uuid:need_id>/conduire/", lead, name="lead"),
    path("achats/<uuid:need_id>/confier/", need_hand_over, name="need_hand_over"),
    path("achats/<uuid:need_id>/demande/regard/", glance, name="glance"),
]
