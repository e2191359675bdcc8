"""« Des besoins semblables »: under the first sentence, up to three needs of the past to start from, and why they are alike."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries
from sourcier.needs.models import Need
from sourcier.web.rights import city


class VersionForm(forms.Form):
    """The version that the page was read at."""

    version = forms.IntegerField(min_value=0, max_value=10**8)


def alike_before(agent: Agent, need: Need) -> dict[str, Any]:
    """For a page: `past`, what a draft with a sentence alone may start from; empty once anything else is answered."""
    answered = need.what or need.how_much or need.starts_on or need.ends_on or need.lots.exists()  # type: ignore[attr-defined]
    if answered or need.state != Need.State.DRAFT or need.taken_over_from_id:
        return {"past": []}
    return {"past": queries.alike_before(agent, need)}


@city(Role.REQUESTER)
@require_POST
def need_begin_from(request: HttpRequest, need_id: UUID, source_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    form = VersionForm(request.POST)
    try:
        need = actions.begin_from(agent, need_id, form.cleaned_data["version"] if form.is_valid() else 0, source_id)
    except Need.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("need_edit", need_id)
    source = need.taken_over_from
    messages.success(
        request, f"Les réponses de l'achat {source.reference} sont reprises. Relisez, changez ce qui a changé, puis envoyez."
    )
    return redirect("need_edit", need.pk)


urlpatterns = [
    path("achats/<uuid:need_id>/partir-de/<uuid:source_id>/", need_begin_from, name="need_begin_from"),
]
