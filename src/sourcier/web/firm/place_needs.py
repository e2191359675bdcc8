"""What is open to a firm, on its place: looked for by trade and distance; told by e-mail when it asks, stopped in one tap."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from sourcier.kernel.transitions import Refused
from sourcier.sourcing.open_needs import OpenNeed, notices_of, open_to
from sourcier.suppliers import actions, tokens
from sourcier.suppliers.models import Firm, FirmKey, FirmPlace
from sourcier.web.firm.place_door import discreet, insider
from sourcier.web.rights import firm

DISTANCES = [("", "Peu importe"), *((str(km), f"À moins de {km} km") for km in (5, 10, 20, 50))]


class LookForm(forms.Form):
    """Which of the open notices to show; without a choice, those of its trade."""

    trade = forms.ChoiceField(label="Métier", choices=[("own", "Mon métier"), ("all", "Tous les métiers")], required=False)
    km = forms.ChoiceField(label="À quelle distance", choices=DISTANCES, required=False)

    def __init__(self, asked: Any) -> None:
        super().__init__({"trade": asked.get("trade", "own"), "km": asked.get("km", "")}, auto_id="voir_%s")

    def found(self, firm: Firm) -> list[OpenNeed]:
        self.is_valid()
        km = self.cleaned_data.get("km")  # what is not a distance of the list hides nothing
        notices = notices_of(firm.organisation_id, timezone.now())
        trade_only = self.cleaned_data.get("trade") != "all"
        return open_to(firm, notices, trade_only=trade_only, within_km=int(km) if km else None)


class AlertsForm(forms.Form):
    """« Être prévenu »: never by default."""

    alerts = forms.ChoiceField(
        label="Être prévenu par courriel", choices=[("", "Jamais"), *FirmPlace.Alerts.choices], required=False,
        help_text="Un message par jour au plus, le matin, seulement s'il y a du nouveau.",
    )  # fmt: skip
    km = forms.ChoiceField(label="À quelle distance de chez vous", choices=DISTANCES, required=False)

    def __init__(self, place: FirmPlace, data: Any = None) -> None:
        super().__init__(data, initial={"alerts": place.alerts, "km": str(place.alerts_km or "")}, auto_id="alerte_%s")


@firm
@require_POST
@insider
def place_alerts(request: HttpRequest, key: FirmKey) -> HttpResponse:
    """The wish, or why it cannot be."""
    own = FirmPlace.objects.filter(firm=key.firm).first()
    form = AlertsForm(own, request.POST) if own else None
    if form and form.is_valid():
        chosen, km = form.cleaned_data["alerts"], form.cleaned_data["km"]
        try:
            actions.set_alerts(key, chosen, int(km) if km and chosen else None)
        except Refused as refused:
            messages.error(request, refused.sentence)
        else:
            messages.success(request, "C'est noté. " + ("Vous serez prévenu." if chosen else "Vous ne serez plus prévenu."))
    return redirect("place")


@csrf_exempt  # a mail program has no cookie of ours: the token of the link says which firm, and only stops
@firm
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("token")
def place_alerts_stop(request: HttpRequest, firm_id: UUID, token: str) -> HttpResponse:
    """The link of a message: a button, since scanners open links by themselves; a POST does it, also a mail program's own."""
    shown = Firm.objects.select_related("organisation").filter(pk=firm_id).first()
    if shown is None or not tokens.stops_alerts(firm_id, token):
        raise Http404
    if done := request.method == "POST":
        actions.stop_alerts(firm_id)
    context = {"organisation": shown.organisation, "done": done}
    return discreet(render(request, "firm/place/alerts_stop.html", context))


urlpatterns = [
    path("place/alertes/", place_alerts, name="place_alerts"),
    path("place/alertes/arret/<uuid:firm_id>/<str:token>/", place_alerts_stop, name="place_alerts_stop"),
]
