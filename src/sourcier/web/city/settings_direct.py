"""« Réglages · Achat direct »: below which amount a department buys on one screen."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from sourcier.accounts import queries
from sourcier.accounts.actions import update_organisation
from sourcier.accounts.models import Organisation, Role
from sourcier.accounts.rules import may_govern
from sourcier.kernel.money import format_cents
from sourcier.kernel.transitions import Refused
from sourcier.web.city.forms import EurosField, add_refusal
from sourcier.web.rights import city


class DirectBelowForm(forms.Form):
    direct_below_cents = EurosField(
        label="Sous quel montant un service achète directement",
        help_text="Hors taxes, pour chaque achat. 0 : personne n'achète directement. Au-delà, il faut un besoin.",
        error_messages={"required": "Écrivez un montant, par exemple 1 000."},
    )

    def __init__(self, organisation: Organisation, data: Any = None) -> None:
        shown = format_cents(organisation.direct_below_cents).removesuffix("€").strip()
        super().__init__(data, initial={"direct_below_cents": shown})


@city(Role.HEAD_BUYER, Role.ADMIN, Role.AUDITOR)
def settings_direct(request: HttpRequest) -> HttpResponse:
    """Read by those who govern something here, changed by the head of purchasing."""
    agent = request.agent  # type: ignore[attr-defined]
    organisation = queries.organisation(agent)
    form = DirectBelowForm(organisation, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            update_organisation(agent, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est enregistré. Les achats déjà faits ne changent pas.")
            return redirect("settings_direct")
    context = {"form": form, "editable": may_govern(agent.roles, "identity") is None, "organisation": organisation}
    return render(request, "city/settings/direct.html", context, status=422 if form.errors else 200)


urlpatterns = [path("reglages/achat-direct/", settings_direct, name="settings_direct")]
