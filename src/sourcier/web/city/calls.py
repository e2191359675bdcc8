"""« À rappeler »: the numbers that firms leave, and how each call went."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from sourcier.kernel.transitions import Refused
from sourcier.quotes.actions import call
from sourcier.quotes.models import CallBack
from sourcier.quotes.queries import calls as queries
from sourcier.web.rights import PURCHASING, city

SAID = {
    call.REACHED: "C'est noté : l'entreprise est rappelée.",
    call.MISSED: "C'est noté. Le numéro reste à rappeler.",
    call.LEFT: "C'est noté. Ce numéro n'est plus à rappeler.",
}


@city(*PURCHASING)
@require_safe
def calls(request: HttpRequest) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    return render(request, "city/calls.html", {"waiting": queries.waiting(agent), "done": queries.done(agent)})


@city(*PURCHASING)
@require_POST
def call_record(request: HttpRequest, call_id: UUID) -> HttpResponse:
    outcome = request.POST.get("outcome", "")
    if outcome not in SAID:
        raise Http404
    try:
        call.record(request.agent, call_id, outcome, price_heard="heard" in request.POST)  # type: ignore[attr-defined]
        messages.success(request, SAID[outcome])
    except CallBack.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("calls")


urlpatterns = [
    path("a-rappeler/", calls, name="calls"),
    path("a-rappeler/<uuid:call_id>/", call_record, name="call_record"),
]
