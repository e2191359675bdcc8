"""« Demande d'une personne » (RGPD): where her data stand, the copy she asks for, what may be erased, why the rest stays."""

import json
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refused
from sourcier.retention import persons
from sourcier.retention.registry import Trace
from sourcier.web.city.forms import add_refusal
from sourcier.web.downloads import attached
from sourcier.web.rights import city


class PersonForm(forms.Form):
    text = forms.CharField(
        label="Une adresse, un téléphone, un nom ou un SIRET", max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Vérifiez d'abord qui demande. Le journal garde que vous avez cherché.",
    )  # fmt: skip


@city(Role.HEAD_BUYER)
def person_request(request: HttpRequest) -> HttpResponse:
    """By POST alone: a person's address stays out of addresses and logs."""
    form = PersonForm(request.POST or None)
    found: list[Trace] | None = None
    if request.method == "POST" and form.is_valid():
        try:
            found = persons.search(request.agent, form.cleaned_data["text"])  # type: ignore[attr-defined]
        except Refused as refused:
            add_refusal(form, refused)
    if found is not None and "copy" in request.POST:
        return attached(_copy(found), "donnees-de-la-personne.json", "application/json")
    context = {"form": form, "found": found}
    return render(request, "city/retention/person.html", context, status=422 if form.errors else 200)


def _copy(found: list[Trace]) -> bytes:
    """The right of access: the data, where they stand, why they are kept (JSON, which a person may take elsewhere)."""
    rows: list[dict[str, Any]] = [
        {
            "ou": each.what, "donnees": each.words, "depuis": each.at.isoformat() if each.at else None,
            "garde_parce_que": each.kept,
        }
        for each in found
    ]  # fmt: skip
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


urlpatterns = [path("controle/demande-d-une-personne/", person_request, name="person_request")]
