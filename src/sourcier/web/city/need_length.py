"""« Cet achat revient-il ? » : what the estimate of a need stands for, its length, its options."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries
from sourcier.needs.rules import Verb
from sourcier.spend.queries import twelve_months
from sourcier.web.city.addresses import need_or_404
from sourcier.web.city.forms import add_refusal
from sourcier.web.rights import PURCHASING, city

ONCE, YEARLY = "once", "yearly"
WRITERS = (Role.REQUESTER, *PURCHASING)


class LengthForm(forms.Form):
    """Three answers: what the estimate stands for, the length, the options."""

    estimate = forms.ChoiceField(
        label="Le montant estimé vaut", widget=forms.RadioSelect,
        choices=[(ONCE, "pour tout l'achat, options comprises"), (YEARLY, "par an : cet achat revient chaque année")],
        error_messages={"required": "Dites si le montant vaut pour tout, ou par an."},
    )  # fmt: skip
    duration_months = forms.IntegerField(
        label="Durée du contrat, en mois", required=False, help_text="Sans les options. Vide si aucune fin n'est fixée.",
        error_messages={"invalid": "Écrivez un nombre de mois, par exemple 12."},
    )  # fmt: skip
    options_months = forms.IntegerField(
        label="Options et reconductions, en mois de plus", required=False,
        help_text="Par exemple 24 pour deux reconductions d'un an.",
        error_messages={"invalid": "Écrivez un nombre de mois, par exemple 24."},
    )  # fmt: skip


@city(*WRITERS)
def need_length(request: HttpRequest, need_id: UUID) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    need = need_or_404(agent, need_id)
    if not (queries.may(agent, need, Verb.WRITE) or queries.may(agent, need, Verb.COMPLETE)):
        raise Http404
    initial = {
        "estimate": YEARLY if need.estimate_per_year else ONCE, "duration_months": need.duration_months,
        "options_months": need.options_months or None,
    }  # fmt: skip
    form = LengthForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        fields = {"estimate_per_year": said["estimate"] == YEARLY, "duration_months": said["duration_months"],
                  "options_months": said["options_months"] or 0}  # fmt: skip
        try:
            actions.save(agent, need.pk, need.version, **fields)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est enregistré.")
            return redirect("need", need.pk)
    lately = twelve_months(agent.organisation, need.family, timezone.localdate()) if need.family else 0
    context = {"need": need, "form": form, "lately": lately, "counted": need.length.words(need.estimate_cents)}
    return render(request, "city/needs/length.html", context, status=422 if form.errors else 200)


urlpatterns = [path("achats/<uuid:need_id>/duree/", need_length, name="need_length")]
