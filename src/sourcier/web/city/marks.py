"""Step 6: the marks of each evaluator, given in one grid; those of who does not finish, set aside."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refused
from sourcier.quotes.actions import mark
from sourcier.quotes.actions.heard import allow_marks
from sourcier.quotes.models import HeardPrice
from sourcier.web.city.comparison import operation, page
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.marks_form import MarksForm
from sourcier.web.operations import consultation_paths
from sourcier.web.rights import PURCHASING, city

EVALUATORS = (Role.REQUESTER, *PURCHASING)


@require_POST
@city(*EVALUATORS)
def marks_give(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    """All the marks typed, together; with one to mend, none is kept and everything typed stays on the page."""
    need, sourcing = operation(request, need_id, sourcing_id)
    if sourcing.opened_at is None:
        raise Http404
    agent = request.agent  # type: ignore[attr-defined]
    form = MarksForm(agent, sourcing, request.POST)
    if form.is_valid():
        try:
            given = mark.give_marks(agent, form.marks())
        except Refused as refused:
            add_refusal(form, refused)
        else:
            if given:
                messages.success(request, "Vos notes sont gardées.")
            else:
                messages.info(request, "Aucune note n'est écrite : rien n'a changé.")
            return redirect("comparison", need.pk, sourcing.pk)
    return page(request, need, sourcing, marks_form=form)


@require_POST
@city(*EVALUATORS)
def marks_set_aside(request: HttpRequest, need_id: UUID, user_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    """Leave out an evaluator who has begun and not finished."""
    need, sourcing = operation(request, need_id, sourcing_id)
    try:
        mark.set_aside(request.agent, sourcing.pk, user_id, request.POST.get("reason", ""))  # type: ignore[attr-defined]
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "Ces notes ne comptent plus. Le journal garde la raison.")
    return redirect("comparison", need.pk, sourcing.pk)


@require_POST
@city(Role.HEAD_BUYER)
def heard_allow(request: HttpRequest, need_id: UUID, user_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    """Somebody who heard a price may give marks all the same."""
    need, sourcing = operation(request, need_id, sourcing_id)
    try:
        allow_marks(request.agent, sourcing.pk, user_id, request.POST.get("reason", ""))  # type: ignore[attr-defined]
    except HeardPrice.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "C'est décidé. Le journal garde la raison.")
    return redirect("comparison", need.pk, sourcing.pk)


urlpatterns = [
    *consultation_paths("reponses/notes/", marks_give, "marks_give"),
    *consultation_paths("reponses/notes/<uuid:user_id>/retirer/", marks_set_aside, "marks_set_aside"),
    *consultation_paths("reponses/prix-entendu/<uuid:user_id>/", heard_allow, "heard_allow"),
]
