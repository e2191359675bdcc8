"""« Rappelez-moi »: a number and an hour."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from sourcier.kernel.transitions import Refused
from sourcier.quotes.actions import call as act
from sourcier.quotes.models import CallBack
from sourcier.web.firm.door import Visit, visitor
from sourcier.web.firm.first import base_context
from sourcier.web.rights import firm

WHEN = [
    (CallBack.When.SOON, _("Dès que possible")),
    (CallBack.When.MORNING, _("Le matin")),
    (CallBack.When.NOON, _("Entre 12 h et 14 h")),
    (CallBack.When.AFTERNOON, _("L'après-midi")),
]


class CallForm(forms.Form):
    use_required_attribute = False

    number = forms.CharField(
        label=_("Votre numéro de téléphone"), max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"required": _("Écrivez votre numéro de téléphone.")},
    )  # fmt: skip
    when = forms.ChoiceField(
        label=_("Quand ?"), widget=forms.RadioSelect, choices=WHEN, initial=CallBack.When.SOON,
        error_messages={"required": _("Dites quand vous appeler."), "invalid_choice": _("Dites quand vous appeler.")},
    )  # fmt: skip


@firm
@require_http_methods(["GET", "HEAD", "POST"])
@visitor
def call(request: HttpRequest, visit: Visit) -> HttpResponse:
    form = CallForm(request.POST or None, auto_id="%s")
    if request.method == "POST" and form.is_valid():
        try:
            act.ask(visit.invitation, form.cleaned_data["number"], form.cleaned_data["when"])
            messages.success(request, gettext("C'est noté. La mairie vous rappellera."))
            return redirect("firm")
        except Refused as refused:
            if refused.field == "value":
                form.add_error("number", gettext("Un numéro de téléphone compte dix chiffres, par exemple 01 48 12 34 56."))
            else:
                form.add_error(None, gettext(refused.sentence))
    return render(request, "firm/call.html", base_context(visit) | {"form": form}, status=400 if form.errors else 200)


urlpatterns = [path("r/rappel/", call, name="firm_call")]
