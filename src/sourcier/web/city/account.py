"""« Mon compte »: who I am here, with which rights, and for which organisation I work now."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from sourcier.accounts import actions, queries
from sourcier.kernel.transitions import Refused
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.settings_forms import PersonForm
from sourcier.web.rights import EVERYBODY, city


@city(*EVERYBODY, own=True)
def my_account(request: HttpRequest) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    person = queries.person(agent, agent.id)
    form = PersonForm(request.POST or None, instance=person.user)
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_self(agent, shown=form.shown(), **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est enregistré.")
            return redirect("my_account")
    organisations = queries.organisations(agent.user)
    return render(request, "city/account/my_account.html", {"person": person, "form": form, "organisations": organisations})


@city(*EVERYBODY, own=True)
@require_POST
def choose_organisation(request: HttpRequest) -> HttpResponse:
    """Work for another organisation where one has a role."""
    agent = request.agent  # type: ignore[attr-defined]
    slug = request.POST.get("organisation", "")
    chosen = get_object_or_404(queries.organisations(agent.user), slug=slug)
    request.session["organisation"] = str(chosen.pk)
    return redirect("home")


urlpatterns = [
    path("mon-compte/", my_account, name="my_account"),
    path("mon-compte/organisation/", choose_organisation, name="choose_organisation"),
]
