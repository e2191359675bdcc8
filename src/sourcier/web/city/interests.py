"""Interests in the firms: each person's declaration in one gesture, where he acts; who takes the place of one who abstains."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role, User
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries
from sourcier.needs import interest_rules as rules
from sourcier.needs.interest_rules import ASKING, Declared
from sourcier.needs.models import Need
from sourcier.sourcing.queries import asked_names, last_sent
from sourcier.web.city.addresses import need_or_404
from sourcier.web.city.forms import add_refusal
from sourcier.web.operations import operation_context
from sourcier.web.rights import EVALUATORS, READERS, city

PREFIX = "interest"
APART = "C'est noté : vous vous abstenez. Le responsable des achats désigne une autre personne."


class InterestForm(forms.Form):
    """No interest, before one step: one tick, or each statement; or an interest, in a fold."""

    none = forms.BooleanField(required=False)
    statements = forms.MultipleChoiceField(
        choices=list(rules.STATEMENTS.items()), required=False, widget=forms.CheckboxSelectMultiple
    )
    firm = forms.CharField(label="Dans quelle entreprise", required=False, max_length=200)
    link = forms.ChoiceField(label="Quel lien", required=False, choices=[("", "Choisissez"), *rules.LINKS.items()])
    words = forms.CharField(
        label="Précision", required=False, max_length=2_000, widget=forms.Textarea({"rows": 2}),
        help_text="Lue par le responsable des achats et l'auditeur, gardée au dossier. Vous vous abstiendrez pour cet achat.",
    )  # fmt: skip

    def __init__(self, way: str, step: str, data: Any = None) -> None:
        super().__init__(data, prefix=PREFIX)
        del self.fields["statements" if way == rules.TICK else "none"]
        nothing = f"Je n'ai pas d'intérêt dans {rules.FIRMS[step]}"
        if way == rules.TICK:
            self.fields["none"].label = f"{nothing}."
        else:
            self.fields["statements"].label = nothing

    def declared(self) -> Declared:
        data = self.cleaned_data
        return Declared(
            data.get("none", False), tuple(data.get("statements", ())), data["firm"], data["link"], data["words"]
        )  # fmt: skip


def interest_form(request: HttpRequest, agent: Agent, need: Need, step: str) -> InterestForm | None:
    """What this person has still to declare before he acts here; None once it is done, or when he abstains."""
    if not agent.has(*EVALUATORS) or queries.has_declared(need, agent.id, step) or queries.abstention(agent, need):
        return None
    return InterestForm(queries.way_of(need), step, request.POST if request.method == "POST" else None)


def declared(agent: Agent, need: Need, form: InterestForm | None, step: str) -> bool:
    """Write the declaration sent with an act; False when it is not one: the form says why, and nothing is done."""
    if form is None:
        return True
    if not form.is_valid():
        return False
    try:
        actions.declare(agent, need.pk, step, form.declared())
    except Refused as refused:
        add_refusal(form, refused)
        return False
    return True


def interests_context(agent: Agent, need: Need, form: InterestForm | None = None) -> dict[str, Any]:
    """What `city/interests/_card.html` shows: to each his own declaration, to the head buyer and the auditor all of them."""
    expected = queries.must_declare(agent, need) and need.state == Need.State.ASKED
    reads = agent.has(Role.HEAD_BUYER, Role.AUDITOR)
    may_route = Role.HEAD_BUYER in queries.roles_for(agent, need.department_id) and need.state in queries.DECLARES
    last = last_sent(need) if expected else None
    return {
        "declare_form": form or (InterestForm(queries.way_of(need), ASKING) if expected else None),
        "firms_asked": asked_names(last) if last else [],
        "abstains": queries.abstention(agent, need),
        "declarations": _declarations(need) if reads else [],
        "places_to_take": _places(need) if may_route else [],
        "stand_ins": need.stand_ins.select_related("absent", "user", "chosen_by").order_by("chosen_at") if reads else [],
    }


def _declarations(need: Need) -> list[dict[str, Any]]:
    return [{"said": each, "link": rules.LINKS.get(each.link, "")} for each in queries.interests_of(need)]


def _places(need: Need) -> list[dict[str, Any]]:
    """The places to take: of who abstains, and, once firms are asked, of who has declared nothing."""
    people = {need.author_id, *([need.buyer_id] if need.buyer_id else []), *need.stand_ins.values_list("user_id", flat=True)}
    silent = queries.silent(need, people) if need.state == Need.State.ASKED else []
    absent = [*((user, True) for user in queries.to_route(need)), *((user, False) for user in silent)]
    return [{"user": user, "abstains": apart, "others": queries.stand_ins_for(need, user.pk)} for user, apart in absent]


@city(*READERS)
def interests(request: HttpRequest, need_id: UUID) -> HttpResponse:
    """One's own declaration, and, for the head buyer, who takes a place. POST does one of them."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    way, step = queries.way_of(need), queries.next_step(need)
    if request.method != "POST":
        form = InterestForm(way, step) if queries.must_declare(agent, need) else None
        return _page(request, agent, need, form)
    if request.POST.get("do") == "stand_in":
        return _stand_in(request, agent, need)
    form = InterestForm(way, step, request.POST)
    if not declared(agent, need, form, step):
        return _page(request, agent, need, form)
    nothing = f"C'est noté : vous n'avez pas d'intérêt dans {rules.FIRMS[step]}."
    messages.success(request, APART if queries.abstention(agent, need) else nothing)
    return redirect("need", need.pk)


def _stand_in(request: HttpRequest, agent: Agent, need: Need) -> HttpResponse:
    try:
        absent, user = UUID(request.POST.get("absent", "")), request.POST.get("user", "")
        made = actions.choose_stand_in(agent, need.pk, absent, UUID(user) if user else absent)
    except Refused as refused:
        messages.error(request, refused.sentence)
    except (ValueError, User.DoesNotExist):
        raise Http404 from None
    else:
        messages.success(request, f"{made.user.name} agit à la place de {made.absent.name} pour cet achat.")
    return redirect("interests", need.pk)


def _page(request: HttpRequest, agent: Agent, need: Need, form: InterestForm | None) -> HttpResponse:
    context = {**operation_context(agent, need), "need": need, "alone": True, **interests_context(agent, need, form)}
    return render(request, "city/interests/page.html", context, status=422 if form and form.errors else 200)


urlpatterns = [path("achats/<uuid:need_id>/interets/", interests, name="interests")]
