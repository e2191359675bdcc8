"""Step 6: the marks of each evaluator, given in one grid; those of who does not finish, set aside."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST

from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refused
from sourcier.quotes.actions import mark
from sourcier.web.city.comparison import operation
from sourcier.web.rights import PURCHASING, city

EVALUATORS = (Role.REQUESTER, *PURCHASING)


@require_POST
@city(*EVALUATORS)
def marks_set_aside(request: HttpRequest, need_id: UUID, user_id: UUID) -> HttpResponse:
    """Leave out an evaluator who has begun and not finished."""
    need, sourcing = operation(request, need_id)
    try:
        mark.set_aside(request.agent, sourcing.pk, user_id, request.POST.get("reason", ""))  # type: ignore[attr-defined]
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "Ces notes ne comptent plus. Le journal garde la raison.")
    return redirect("comparison", need.pk)


urlpatterns = [
    path("achats/<uuid:need_id>/reponses/notes/<uuid:user_id>/retirer/", marks_set_aside, name="marks_set_aside"),
]
