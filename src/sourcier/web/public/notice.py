"""The public notices: what cities are asking for, and how a firm that was not asked may answer, from anywhere."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from sourcier.kernel.transitions import Refused
from sourcier.sourcing import limits, queries, words
from sourcier.sourcing.actions import notice as visits
from sourcier.sourcing.briefs import brief
from sourcier.sourcing.models import Sourcing
from sourcier.suppliers import tokens
from sourcier.web.city.forms import add_refusal
from sourcier.web.firm.door import address_range, discreet
from sourcier.web.rights import public


class ComeForm(forms.Form):
    """A firm that wants to answer a notice."""

    siret = forms.CharField(
        label="Votre SIRET", max_length=30, help_text="Quatorze chiffres. Il est sur vos factures.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    email = forms.CharField(
        label="Votre adresse électronique", max_length=254, help_text="Un lien y sera envoyé, pour la vérifier.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    name = forms.CharField(
        label="Nom de votre entreprise",
        max_length=200,
        required=False,
        help_text="Seulement si le répertoire SIRENE ne le donne pas.",
    )


@public
def notices(request: HttpRequest) -> HttpResponse:
    """Every open notice of the instance, by city."""
    return render(request, "public/notice/list.html", {"notices": queries.open_notices(timezone.now())})


def _sourcing(slug: str) -> Sourcing:
    try:
        return queries.notice(slug)
    except Sourcing.DoesNotExist:
        raise Http404 from None


@public
def notice(request: HttpRequest, slug: str) -> HttpResponse:
    """One notice: what is asked, and the two fields that begin an answer."""
    sourcing = _sourcing(slug)
    form = ComeForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            visits.come(sourcing, data["siret"], data["email"], data["name"], sender=address_range(request))
        except Refused as refused:
            add_refusal(form, refused)
            status = 429 if refused.refusal.code == "too_many" else 422
        else:
            request.session["notice_email"] = data["email"]
            return redirect("notice_sent", slug)
    elif form.errors:
        status = 422
    return render(request, "public/notice/notice.html", {**_context(sourcing), "form": form}, status=status)


def _context(sourcing: Sourcing) -> dict[str, Any]:
    told = brief(sourcing)
    return {
        "organisation": sourcing.organisation,
        "sourcing": sourcing,
        "brief": told,
        "headline": words.headline(told),
        "when": words.when(told),
        "open": queries.is_open_to_answers(sourcing, timezone.now()) and sourcing.state == Sourcing.State.OPEN,
        "answered": queries.answered(sourcing),
        "corrections": sourcing.corrections.all(),
    }


@public
def notice_sent(request: HttpRequest, slug: str) -> HttpResponse:
    """What to do next: read one's e-mail."""
    sourcing = _sourcing(slug)
    context = {"organisation": sourcing.organisation, "sourcing": sourcing, "email": request.session.get("notice_email", "")}
    return render(request, "public/notice/sent.html", context)


@public
@sensitive_variables("token")
def notice_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the e-mail: a button, since mail scanners open links by themselves; then the firm's own page."""
    visit = visits.visit_by_token(token)
    if visit is None:
        return discreet(render(request, "public/notice/dead_link.html", status=404), "same-origin")
    context = {"visit": visit, "sourcing": visit.sourcing, "organisation": visit.sourcing.organisation}
    now = timezone.now()
    if request.method == "POST":
        try:
            limits.take("notice.confirm", address_range(request), limits.CONFIRM_BY_SENDER, now)
            invitation = visits.confirm(token)
        except Refused as refused:
            context["refused"] = refused.sentence
        else:
            return discreet(redirect("firm_open", tokens.token(invitation.seed)), "no-referrer")
    elif visit.invitation_id:
        context["refused"] = "Ce lien a déjà servi : votre adresse est confirmée. Votre page vous a été envoyée par courriel."
    elif visit.expires_at <= now:
        context["refused"] = "Ce lien a plus de deux jours. Revenez à l'avis : un nouveau lien vous sera envoyé."
    status = 410 if "refused" in context else 200
    return discreet(render(request, "public/notice/confirm.html", context, status=status))


urlpatterns = [
    path("avis/", notices, name="notices"),
    path("avis/confirmer/<str:token>/", notice_confirm, name="notice_confirm"),
    path("avis/<slug:slug>/", notice, name="notice"),
    path("avis/<slug:slug>/envoye/", notice_sent, name="notice_sent"),
]
