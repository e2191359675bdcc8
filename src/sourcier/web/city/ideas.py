"""« Idées des entreprises »: what firms propose without being asked; read, routed and answered within the city's delay."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Department, Role
from sourcier.ideas import actions, queries, rules
from sourcier.ideas.models import Idea
from sourcier.kernel.transitions import Refused
from sourcier.retention.clocks import today
from sourcier.suppliers.models import Firm
from sourcier.web.city.forms import add_refusal
from sourcier.web.downloads import attachment
from sourcier.web.rights import EVALUATORS, INSPECTION, READERS, city

PER_PAGE = 25


class AnswerForm(forms.Form):
    """What the firm will read, whole."""

    answer = forms.CharField(
        label="Votre réponse à l'entreprise", max_length=rules.LIMITS["answer"], widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Elle la reçoit telle quelle. Une idée n'est pas une commande : ne promettez pas d'achat.",
        error_messages={"required": "Écrivez votre réponse à l'entreprise."},
    )  # fmt: skip


class RouteForm(forms.Form):
    department = forms.ModelChoiceField(
        label="Qui doit la lire ?", queryset=Department.objects.none(), required=False, empty_label="Le service des achats"
    )

    def __init__(self, idea: Idea, *args: Any) -> None:
        super().__init__(*args, initial={"department": idea.department_id})
        self.fields["department"].queryset = idea.organisation.departments.order_by("name")  # type: ignore[attr-defined]


class CheckForm(forms.Form):
    how = forms.CharField(
        label="Comment avez-vous vérifié qui propose ?", max_length=rules.LIMITS["how"],
        help_text="Par exemple : rappel au numéro du répertoire, extrait Kbis au guichet.",
        error_messages={"required": "Dites comment vous avez vérifié : le journal le garde."},
    )  # fmt: skip


class ToldForm(forms.Form):
    how = forms.CharField(
        label="Comment la réponse est-elle transmise ?", max_length=rules.LIMITS["how"],
        help_text="Par exemple : lue au téléphone, remise au guichet, postée.",
        error_messages={"required": "Dites comment : le journal le garde."},
    )  # fmt: skip


@city(*READERS)
@require_safe
def ideas(request: HttpRequest) -> HttpResponse:
    """Those to answer first, the late ones marked."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    page = Paginator(queries.visible(agent), PER_PAGE).get_page(request.GET.get("page"))
    now = today()
    context = {
        "page": page, "lines": [(idea, rules.late(idea.state, idea.answer_by, now)) for idea in page],
        "days": agent.organisation.idea_days, "may_see_firms": agent.has(*INSPECTION),
    }  # fmt: skip
    return render(request, "city/ideas/list.html", context)


def _idea_or_404(agent: Agent, idea_id: UUID) -> Idea:
    try:
        return queries.get(agent, idea_id)
    except Idea.DoesNotExist:
        raise Http404 from None


@city(*READERS)
@require_safe
def idea(request: HttpRequest, idea_id: UUID) -> HttpResponse:
    return _page(request, _idea_or_404(request.agent, idea_id))  # type: ignore[attr-defined]


def _page(request: HttpRequest, shown: Idea, **sent: forms.Form) -> HttpResponse:
    """`sent`: the form that was refused, by its name."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    may = {verb.value: queries.refusal(agent, shown, verb) is None for verb in rules.Verb}
    known = Firm.objects.filter(organisation=agent.organisation, siret=shown.siret).first() if shown.siret else None
    context: dict[str, Any] = {
        "idea": shown, "late": rules.late(shown.state, shown.answer_by, today()), "may": may,
        "known": known if agent.has(*INSPECTION) else None, "may_see_firms": agent.has(*INSPECTION),
        "answer_form": AnswerForm(), "route_form": RouteForm(shown), "check_form": CheckForm(auto_id="check_%s"),
        "told_form": ToldForm(auto_id="told_%s"), "may_forget": agent.has(Role.HEAD_BUYER) and shown.state != Idea.State.ERASED,
        **sent,
    }  # fmt: skip
    return render(request, "city/ideas/idea.html", context, status=422 if sent else 200)


def _act(
    request: HttpRequest, idea_id: UUID, name: str, form: forms.Form, act: Callable[[Agent, UUID], Idea], said: str
) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    if form.is_valid():
        try:
            act(agent, idea_id)
        except (Idea.DoesNotExist, Department.DoesNotExist):
            raise Http404 from None
        except Refused as refused:
            if refused.field is None:  # it was answered meanwhile: the form is no longer on the page
                messages.error(request, refused.sentence)
                return redirect("idea", idea_id)
            add_refusal(form, refused)
        else:
            messages.success(request, said)
            still = queries.visible(agent).filter(pk=idea_id).exists()
            return redirect("idea", idea_id) if still else redirect("ideas")
    return _page(request, _idea_or_404(agent, idea_id), **{name: form})


@city(*EVALUATORS)
@require_POST
def idea_answer(request: HttpRequest, idea_id: UUID) -> HttpResponse:
    form, shown = AnswerForm(request.POST), _idea_or_404(request.agent, idea_id)  # type: ignore[attr-defined]
    said = "Votre réponse part à l'instant." if shown.email else "C'est noté. Il reste à la transmettre."
    return _act(
        request, idea_id, "answer_form", form, lambda agent, pk: actions.answer(agent, pk, form.cleaned_data["answer"]), said
    )


@city(*EVALUATORS)
@require_POST
def idea_route(request: HttpRequest, idea_id: UUID) -> HttpResponse:
    form = RouteForm(_idea_or_404(request.agent, idea_id), request.POST)  # type: ignore[attr-defined]

    def act(agent: Agent, pk: UUID) -> Idea:
        department = form.cleaned_data["department"]
        return actions.route(agent, pk, department.pk if department else None)

    return _act(request, idea_id, "route_form", form, act, "C'est orienté. La date de réponse ne change pas.")


@city(*EVALUATORS)
@require_POST
def idea_check(request: HttpRequest, idea_id: UUID) -> HttpResponse:
    form = CheckForm(request.POST, auto_id="check_%s")
    return _act(
        request, idea_id, "check_form", form,
        lambda agent, pk: actions.check_identity(agent, pk, form.cleaned_data["how"]), "Identité vérifiée : c'est noté.",
    )  # fmt: skip


@city(*EVALUATORS)
@require_POST
def idea_told(request: HttpRequest, idea_id: UUID) -> HttpResponse:
    form = ToldForm(request.POST, auto_id="told_%s")
    return _act(
        request, idea_id, "told_form", form,
        lambda agent, pk: actions.mark_told(agent, pk, form.cleaned_data["how"]), "Réponse transmise : c'est noté.",
    )  # fmt: skip


@city(Role.HEAD_BUYER)
@require_POST
def idea_forget(request: HttpRequest, idea_id: UUID) -> HttpResponse:
    """« Effacez mon idée », asked by its author."""
    shown = _idea_or_404(request.agent, idea_id)  # type: ignore[attr-defined]
    try:
        actions.forget(request.agent, shown.pk)  # type: ignore[attr-defined]
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "Idée effacée, à la demande de son auteur.")
    return redirect("ideas")


@city(*READERS)
@require_safe
def idea_file(request: HttpRequest, idea_id: UUID) -> HttpResponse:
    """Its document, as an attachment."""
    shown = _idea_or_404(request.agent, idea_id)  # type: ignore[attr-defined]
    if shown.file is None:
        raise Http404
    return attachment(shown.file)


_IDEA = "entreprises/idees/<uuid:idea_id>/"
urlpatterns = [
    path("entreprises/idees/", ideas, name="ideas"),
    path(_IDEA, idea, name="idea"),
    path(f"{_IDEA}repondre/", idea_answer, name="idea_answer"),
    path(f"{_IDEA}orienter/", idea_route, name="idea_route"),
    path(f"{_IDEA}identite/", idea_check, name="idea_check"),
    path(f"{_IDEA}transmise/", idea_told, name="idea_told"),
    path(f"{_IDEA}effacer/", idea_forget, name="idea_forget"),
    path(f"{_IDEA}document/", idea_file, name="idea_file"),
]
