"""« Proposer une idée »: any firm, at any time, without a need and without an account. Nobody but the city reads it."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from sourcier.accounts.models import Organisation
from sourcier.ideas import actions
from sourcier.ideas.models import Idea
from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.web.city.forms import add_refusal
from sourcier.web.firm.door import address_range
from sourcier.web.firm.idea_forms import IdeaForm
from sourcier.web.firm.mine import signed_file
from sourcier.web.rights import public

SENT = "idea_sent"
UNSIGNED = "Le récépissé ne peut pas être signé en ce moment. Votre idée est bien reçue. Réessayez plus tard."


@public
@require_safe
def idea_cities(request: HttpRequest) -> HttpResponse:
    """To which city; straight to it when there is one alone."""
    cities = list(Organisation.objects.order_by("name"))
    if len(cities) == 1:
        return redirect("idea_propose", cities[0].slug)
    return render(request, "public/idea/cities.html", {"cities": cities})


@public
def idea_propose(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = get_object_or_404(Organisation, slug=slug)
    form = IdeaForm(request.POST or None, request.FILES or None)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            idea = actions.propose(organisation, form.told(), form.cleaned_data["file"], address_range(request))
        except Refused as refused:
            add_refusal(form, refused)
            status = 429 if refused.refusal.code == "too_many" else 422
        else:
            request.session[SENT] = idea.pk.hex
            return redirect("idea_sent", slug)
    context = {"organisation": organisation, "form": form, "again": bool(request.FILES and form.errors)}
    return render(request, "public/idea/propose.html", context, status=status)


def _sent(request: HttpRequest, slug: str) -> Idea | None:
    """The idea that this browser has just sent."""
    known: Any = request.session.get(SENT)
    return Idea.objects.filter(pk=UUID(known), organisation__slug=slug).first() if known else None


@public
@require_safe
def idea_sent(request: HttpRequest, slug: str) -> HttpResponse:
    """What was received, until when the city answers, the receipt."""
    organisation = get_object_or_404(Organisation, slug=slug)
    idea = _sent(request, slug)
    if idea is None:
        return redirect("idea_propose", slug)
    return render(request, "public/idea/sent.html", {"organisation": organisation, "idea": idea})


@public
@require_POST
def idea_receipt(request: HttpRequest, slug: str) -> HttpResponse:
    """The `.tlog-proof` of the idea just sent from here."""
    idea = _sent(request, slug)
    if idea is None:
        return redirect("idea_propose", slug)
    entry = Entry.objects.filter(pk=idea.entry_id).first()
    return signed_file(request, entry, idea.receipt_number, "idea_cities", UNSIGNED)


_CITY = "proposer-une-idee/<slug:slug>/"
urlpatterns = [
    path("proposer-une-idee/", idea_cities, name="idea_cities"),
    path(_CITY, idea_propose, name="idea_propose"),
    path(f"{_CITY}envoyee/", idea_sent, name="idea_sent"),
    path(f"{_CITY}recepisse/", idea_receipt, name="idea_receipt"),
]
