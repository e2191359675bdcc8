"""The ideas of a firm, from its own place: proposed, answered, each with its receipt."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from sourcier.ideas import actions
from sourcier.ideas.queries import of_firm
from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.suppliers.models import FirmKey, FirmPlace
from sourcier.suppliers.queries import described
from sourcier.web.city.forms import add_refusal
from sourcier.web.firm.idea_forms import OwnIdeaForm
from sourcier.web.firm.mine import signed_file
from sourcier.web.firm.place_door import insider
from sourcier.web.rights import firm


@firm
@require_http_methods(["GET", "HEAD", "POST"])
@insider
def place_ideas(request: HttpRequest, key: FirmKey) -> HttpResponse:
    own = FirmPlace.objects.filter(firm=key.firm).first()
    if own is None:
        return redirect("place")
    form = OwnIdeaForm(request.POST or None, request.FILES or None, initial={"email": described(own)["email"]})
    if request.method == "POST" and form.is_valid():
        try:
            idea = actions.propose_as(key, form.told(), form.cleaned_data["file"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"Votre idée est bien reçue, sous le numéro {idea.receipt_number}.")
            return redirect("place_ideas")
    context = {"organisation": key.firm.organisation, "firm": key.firm, "form": form, "ideas": of_firm(key.firm)}
    return render(request, "firm/place/ideas.html", context, status=422 if form.errors else 200)


@firm
@require_POST
@insider
def place_idea_receipt(request: HttpRequest, key: FirmKey, idea_id: UUID) -> HttpResponse:
    idea = of_firm(key.firm).filter(pk=idea_id).first()
    if idea is None:
        raise Http404
    return signed_file(request, Entry.objects.filter(pk=idea.entry_id).first(), idea.receipt_number, "place_ideas")


urlpatterns = [
    path("place/idees/", place_ideas, name="place_ideas"),
    path("place/idees/<uuid:idea_id>/recepisse/", place_idea_receipt, name="place_idea_receipt"),
]
