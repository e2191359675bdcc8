"""« Votre place »: what a firm says of itself, from the code of its letter, a link to its address, or an agent's check."""

import time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sourcier.kernel.transitions import Refused
from sourcier.quotes.queries import of_firm
from sourcier.sourcing import limits
from sourcier.sourcing.known_firms import asked_of
from sourcier.suppliers import actions, queries
from sourcier.suppliers.models import FirmKey, FirmPlace
from sourcier.web.city.forms import TwoAtOnce, add_refusal
from sourcier.web.firm import capacity_fields, place_door
from sourcier.web.firm.door import address_range, same_time
from sourcier.web.firm.place_door import discreet, insider
from sourcier.web.firm.place_needs import AlertsForm, LookForm
from sourcier.web.rights import firm


class LinkForm(forms.Form):
    """The link by e-mail, to an address that the city knows already."""

    use_required_attribute = False

    siret = forms.CharField(
        label="Votre SIRET", max_length=30, help_text="Quatorze chiffres. Il est sur vos factures.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "Écrivez votre SIRET : quatorze chiffres."},
    )  # fmt: skip
    email = forms.CharField(
        label="Votre adresse électronique", max_length=254, help_text="Celle à laquelle la mairie vous écrit.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": "Écrivez votre adresse électronique."},
    )  # fmt: skip


class ItselfForm(TwoAtOnce, forms.ModelForm):
    """What the firm does and how to reach it; everything may stay empty."""

    use_required_attribute = False

    email = forms.CharField(
        label="Adresse électronique", max_length=200, required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    phone = forms.CharField(
        label="Téléphone", max_length=30, required=False, widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"})
    )
    field_order = (
        "words", "hours", "zone_km", "quantities", "labels", "languages", "person", "email", "phone", "prefers", "away_from",
        "away_until",
    )  # fmt: skip

    class Meta:
        model = FirmPlace
        fields = (
            "words", "hours", "zone_km", "quantities", "labels", "languages", "person", "prefers", "away_from", "away_until",
        )  # fmt: skip
        widgets = {
            "words": forms.Textarea(attrs={"rows": 5, "maxlength": 2000}),
            "away_from": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "away_until": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {
            "words": "Avec vos mots. Par exemple : pain au levain, sandwichs, livraison le matin.",
            "hours": "Par exemple : du mardi au samedi, de 5 h à 13 h.",
            "quantities": "Par exemple : jusqu'à 200 baguettes par jour.",
            "labels": "Par exemple : Artisan en or, RGE, agriculture biologique.",
            "prefers": "Par courrier : la mairie vous écrira une lettre, même si elle a votre adresse électronique.",
            "away_from": "Congés, travaux : la mairie le saura avant de vous demander un prix.",
        }

    def __init__(self, place: FirmPlace, data: Any = None) -> None:
        super().__init__(data, instance=place, initial=queries.described(place) | capacity_fields.initial(place))
        self.fields["words"].max_length = 2_000  # type: ignore[attr-defined]
        self.own_words = [self[name] for name in self.fields]
        self.fields |= capacity_fields.fields()
        self.remember(*self.fields)

    def groups(self) -> list[capacity_fields.Group]:
        """What may be ticked, by group."""
        return list(capacity_fields.groups(self))


@firm
@require_safe
def place(request: HttpRequest) -> HttpResponse:
    """The place, once its firm has said that it is its own; else the door."""
    key = place_door.find(request)
    if key is None:
        return _door(request, LinkForm(auto_id="place_%s"))
    own = FirmPlace.objects.filter(firm=key.firm).first()
    if own is None:
        return discreet(render(request, "firm/place/claim.html", _context(key)))
    looked = LookForm(request.GET)
    context = {
        **_context(key), "place": own, "said": queries.described(own), "asked": asked_of(key.firm)[:3], "look_form": looked,
        "open_needs": looked.found(key.firm), "alerts_form": AlertsForm(own), "reached_at": queries.email_of(key.firm),
    }  # fmt: skip
    return discreet(render(request, "firm/place/place.html", context))


def _door(request: HttpRequest, form: LinkForm, status: int = 200, **context: Any) -> HttpResponse:
    return discreet(render(request, "firm/place/door.html", {"form": form, **context}, status=status))


def _context(key: FirmKey) -> dict[str, Any]:
    return {"organisation": key.firm.organisation, "firm": key.firm}


@firm
@require_POST
def place_link(request: HttpRequest) -> HttpResponse:
    """« Recevoir un lien »: the same answer in the same time, whether the address is known or not."""
    began = time.monotonic()
    form = LinkForm(request.POST, auto_id="place_%s")
    if form.is_valid():
        now = timezone.now()
        try:
            limits.take("place.sender", address_range(request), limits.NOTICE_BY_SENDER, now)
            limits.take("place.email", form.cleaned_data["email"].strip().lower(), limits.NOTICE_BY_EMAIL, now)
            actions.send_links(**form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
    same_time(began)
    return _door(request, form, 400) if form.errors else _door(request, LinkForm(auto_id="place_%s"), sent=True)


@firm
@require_POST
@insider
def place_claim(request: HttpRequest, key: FirmKey) -> HttpResponse:
    actions.claim(key)
    return redirect("place")


@firm
@require_http_methods(["GET", "HEAD", "POST"])
@insider
def place_itself(request: HttpRequest, key: FirmKey) -> HttpResponse:
    """« Mon entreprise »: its own words. Two people of a firm at once lose nothing."""
    own = FirmPlace.objects.filter(firm=key.firm).first()
    if own is None:
        return redirect("place")
    form = ItselfForm(own, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.describe_itself(key, form.cleaned_data, form.shown())
        except Refused as refused:
            if refused.refusal.code == "nothing_changed":
                return redirect("place")
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est enregistré. La mairie lit vos mots tels quels.")
            return redirect("place")
    return render(request, "firm/place/itself.html", {**_context(key), "form": form}, status=422 if form.errors else 200)


@firm
@require_POST
@insider
def place_stop(request: HttpRequest, key: FirmKey) -> HttpResponse:
    """« Ne plus m'écrire », in one tap."""
    actions.unsubscribe(key.firm)
    messages.success(request, "C'est noté. La mairie ne vous écrira plus pour ses achats.")
    return redirect("place")


@firm
@require_safe
@insider
def place_data(request: HttpRequest, key: FirmKey) -> HttpResponse:
    """« Mes données »: all that the city holds of the firm, to read elsewhere; before an opening, nothing of answers."""
    asked = of_firm.as_data(of_firm.exchanges(key.firm, timezone.now()))
    response = JsonResponse(
        {**queries.everything_of(key.firm), "demandes_recues": asked},
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
    response["Content-Disposition"] = 'attachment; filename="mes-donnees.json"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@firm
@require_http_methods(["GET", "HEAD", "POST"])
@insider
def place_erase(request: HttpRequest, key: FirmKey) -> HttpResponse:
    """« Effacer »: asked by a GET, done by a POST; then what stays, and why."""
    if request.method == "POST":
        kept = actions.forget_itself(key)
        return render(request, "firm/place/erased.html", {**_context(key), "kept": kept})
    return render(request, "firm/place/erase.html", _context(key))


@firm
@require_POST
def place_leave(request: HttpRequest) -> HttpResponse:
    """On a telephone that others use."""
    return discreet(place_door.leave())


urlpatterns = [
    path("place/", place, name="place"),
    path("place/lien/", place_link, name="place_link"),
    path("place/ouvrir/", place_claim, name="place_claim"),
    path("place/mon-entreprise/", place_itself, name="place_itself"),
    path("place/ne-plus-ecrire/", place_stop, name="place_stop"),
    path("place/mes-donnees/", place_data, name="place_data"),
    path("place/effacer/", place_erase, name="place_erase"),
    path("place/quitter/", place_leave, name="place_leave"),
]
