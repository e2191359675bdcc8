"""« Réglages · Ouverture des plis »: from which amount two people open, who they are, how long one is waited for."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from sourcier.accounts.actions import set_opening
from sourcier.accounts.models import Organisation, Role
from sourcier.accounts.queries import may_be_openers
from sourcier.accounts.rules import may_govern
from sourcier.kernel.money import format_cents
from sourcier.kernel.transitions import Refused
from sourcier.web.city.forms import EurosField, add_refusal
from sourcier.web.rights import city


class OpeningForm(forms.Form):
    from_amount = EurosField(
        label="À partir de quel montant estimé deux personnes ouvrent ensemble",
        help_text="Hors taxes. En dessous, ou sans estimation, le serveur ouvre seul après la date limite. 0 : toujours deux.",
        error_messages={"required": "Écrivez un montant, par exemple 40 000."},
    )
    members = forms.MultipleChoiceField(
        label="Titulaires", required=False, widget=forms.CheckboxSelectMultiple, help_text="Deux au moins, ou personne."
    )
    substitutes = forms.MultipleChoiceField(
        label="Suppléants", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Ils ouvrent à la place d'un titulaire absent. Le dossier le dit.",
    )  # fmt: skip
    days = forms.IntegerField(
        label="Jours d'attente d'une personne absente", min_value=1, max_value=30,
        help_text="Ensuite le responsable des achats ouvre seul, et dit pourquoi.",
        error_messages={"required": "Écrivez un nombre de jours, de 1 à 30."},
    )  # fmt: skip
    author_amount = EurosField(
        label="Jusqu'à quel montant l'auteur d'un besoin peut choisir lui-même",
        help_text="Hors taxes. Au-dessus, une autre personne choisit. 0 : toujours une autre personne.",
        error_messages={"required": "Écrivez un montant, par exemple 4 000."},
    )

    def __init__(self, organisation: Organisation, data: Any = None) -> None:
        openers = list(organisation.openers.select_related("user"))
        initial = {
            "from_amount": format_cents(organisation.two_openers_from_cents).removesuffix("€").strip(),
            "days": organisation.opening_days,
            "author_amount": format_cents(organisation.author_chooses_up_to_cents).removesuffix("€").strip(),
            "members": [str(opener.user_id) for opener in openers if not opener.substitute],
            "substitutes": [str(opener.user_id) for opener in openers if opener.substitute],
        }
        super().__init__(data, initial=initial)
        people = [(str(user.pk), user.name) for user in may_be_openers(organisation)]
        for name in ("members", "substitutes"):
            self.fields[name].choices = people  # type: ignore[attr-defined]


@city(Role.HEAD_BUYER, Role.ADMIN, Role.AUDITOR)
def settings_opening(request: HttpRequest) -> HttpResponse:
    """Read by those who govern something here, changed by the head of purchasing."""
    agent = request.agent  # type: ignore[attr-defined]
    form = OpeningForm(agent.organisation, request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            set_opening(
                agent, from_cents=data["from_amount"], days=data["days"],
                members=[UUID(user) for user in data["members"]], substitutes=[UUID(user) for user in data["substitutes"]],
                author_up_to_cents=data["author_amount"],
            )  # fmt: skip
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est enregistré. Les demandes déjà envoyées gardent leur règle.")
            return redirect("settings_opening")
    context = {
        "form": form,
        "editable": may_govern(agent.roles, "opening") is None,
        "organisation": agent.organisation,
        "openers": agent.organisation.openers.select_related("user"),
    }
    return render(request, "city/settings/opening.html", context, status=422 if form.errors else 200)


urlpatterns = [path("reglages/ouverture/", settings_opening, name="settings_opening")]
