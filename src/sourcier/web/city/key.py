"""« Clé de la Ville »: its fingerprint, its minutes to sign, and what to do when it is renewed, lost or stolen."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from sourcier.accounts import queries
from sourcier.accounts.actions.town_key import MOST_WORDS, declare_key_lost, declare_key_stolen, renew_key
from sourcier.accounts.minutes import minutes
from sourcier.accounts.models import Role
from sourcier.accounts.rules import may_govern
from sourcier.journal import keys
from sourcier.journal.key_line import told
from sourcier.journal.models import Log
from sourcier.journal.renewal import signs
from sourcier.kernel.transitions import Refused
from sourcier.web.city.forms import MomentField, add_refusal
from sourcier.web.downloads import pdf
from sourcier.web.rights import INSPECTION, city

ACTS: dict[str, Callable[..., None]] = {"renew": renew_key, "lost": declare_key_lost, "stolen": declare_key_stolen}
DONE = "C'est fait, et c'est au journal. Imprimez le procès-verbal de la nouvelle clé, et faites-le signer."


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi ?", max_length=MOST_WORDS, help_text="Le journal garde cette phrase pour toujours.",
        error_messages={"required": "Dites pourquoi, en quelques mots : le journal le garde."},
    )  # fmt: skip


class TheftForm(ReasonForm):
    since = MomentField(
        label="Depuis quand quelqu'un a-t-il pu avoir la clé ?",
        help_text="Au plus tôt : ce qu'elle a signé depuis est douteux.",
        error_messages={"required": "Écrivez un jour et une heure."},
    )  # fmt: skip


@city(*INSPECTION)
@require_safe
def city_key(request: HttpRequest) -> HttpResponse:
    """Its fingerprint, and those before it."""
    return render(request, "city/proof/key.html", _context(request, _forms(None, "")))


@city(Role.HEAD_BUYER)
@require_POST
def city_key_change(request: HttpRequest) -> HttpResponse:
    """Renew it, or say that it is lost or stolen: one of the three forms of the page."""
    agent, act = request.agent, request.POST.get("act", "")  # type: ignore[attr-defined]
    sheets = _forms(request.POST, act)
    if act not in sheets:
        return redirect("city_key")
    form = sheets[act]
    if form.is_valid():
        try:
            ACTS[act](agent, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, DONE)
            return redirect("city_key")
    return render(request, "city/proof/key.html", _context(request, sheets) | {"act": act}, status=422)


def _forms(typed: QueryDict | None, act: str) -> dict[str, forms.Form]:
    return {
        name: (TheftForm if name == "stolen" else ReasonForm)(typed if name == act else None, prefix=name, auto_id=f"{name}-%s")
        for name in ACTS
    }


def _context(request: HttpRequest, sheets: dict[str, forms.Form]) -> dict[str, Any]:
    agent = request.agent  # type: ignore[attr-defined]
    log = Log.objects.get(pk=agent.organisation.pk)
    return {
        "fingerprint": keys.fingerprint(log.pk),
        "signs": signs(log),
        "former": [(keys.fingerprint_of(change.old), told(change)) for change in reversed(keys.changes(log.pk))],
        "editable": may_govern(agent.roles, "key") is None,
        "forms": sheets,
    }


@city(*INSPECTION)
@require_safe
def city_key_minutes(request: HttpRequest) -> HttpResponse:
    """The page to print and sign."""
    return pdf(minutes(queries.organisation(request.agent)), "Procès-verbal de la clé.pdf")  # type: ignore[attr-defined]


urlpatterns = [
    path("controle/cle/", city_key, name="city_key"),
    path("controle/cle/changer/", city_key_change, name="city_key_change"),
    path("controle/cle/proces-verbal/", city_key_minutes, name="city_key_minutes"),
]
