"""Step 6: choose and say why, or end without a choice."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from sourcier.kernel.transitions import Refused
from sourcier.needs.interest_rules import CHOICE
from sourcier.needs.models import Lot, Need
from sourcier.quotes.actions import choose as choosing
from sourcier.quotes.queries.comparison import Comparison, compare
from sourcier.quotes.single import is_single
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.rotation import Shares
from sourcier.spend.past import past_prices
from sourcier.web.city.comparison import operation
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.interests import declared, interest_form
from sourcier.web.city.leading import passed_on
from sourcier.web.operations import consultation_paths, operation_context
from sourcier.web.rights import PURCHASING, city

NOBODY = "nobody"


class ChoiceForm(forms.Form):
    """The answer chosen for one lot (or the whole), its stand-in, and why."""

    submission = forms.ChoiceField(label="Votre choix", widget=forms.RadioSelect)
    stand_in = forms.ChoiceField(label="Une remplaçante, si l'entreprise choisie renonce", required=False)
    rationale = forms.CharField(
        label="Pourquoi ce choix ?",
        help_text="Une phrase ou deux (20 caractères au moins), avec les critères annoncés. Le dossier gardera votre raison.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    other_places = forms.CharField(
        label="Pour les lieux que cette entreprise ne sert pas, que ferez-vous ?",
        help_text="Par exemple : une autre commande, un autre lot. Le journal le gardera.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, comparison: Comparison, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        names = [(str(offer.submission.pk), offer.submission.invitation.who) for offer in comparison.offers]
        last = [(NOBODY, "Personne : laisser ce lot sans suite")] if comparison.lot else []
        self.fields["submission"].choices = [*names, *last]  # type: ignore[attr-defined]
        if not any(offer.unserved for offer in comparison.offers):
            del self.fields["other_places"]
        if len(names) > 1:
            self.fields["stand_in"].choices = [("", "Aucune"), *names]  # type: ignore[attr-defined]
        else:
            del self.fields["stand_in"]


class EndForm(forms.Form):
    reason = forms.CharField(label="Pourquoi finir sans choix ?", widget=forms.Textarea(attrs={"rows": 3}))
    close_need = forms.BooleanField(label="Clore aussi le besoin (sinon il reste ouvert à une autre demande)", required=False)


class InformationForm(forms.Form):
    reason = forms.CharField(
        label="Ce que vous en retenez",
        help_text="Pour le besoin, pour la suite. Le dossier le gardera.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


def _lot(sourcing: Sourcing, lot_id: UUID | None) -> Lot | None:
    for lot in choosing.lots_of(sourcing):
        if (lot.pk if lot else None) == lot_id:
            return lot
    raise Http404


@city(*PURCHASING, led=True)
def choice(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None, lot_id: UUID | None = None) -> HttpResponse:
    """Choose for one lot, or for the whole."""
    need, sourcing = operation(request, need_id, sourcing_id)
    if sourcing.opened_at is None:
        raise Http404
    agent = request.agent  # type: ignore[attr-defined]
    comparison = compare(agent, sourcing, _lot(sourcing, lot_id))
    form = ChoiceForm(comparison, request.POST or None)
    declaring = interest_form(request, agent, need, CHOICE)
    if request.method == "POST" and form.is_valid() and declared(agent, need, declaring, CHOICE):
        data = form.cleaned_data
        try:
            if data["submission"] == NOBODY and lot_id:
                choosing.leave_lot(agent, sourcing.pk, lot_id, data["rationale"])
            else:
                stand_in = UUID(data["stand_in"]) if data.get("stand_in") else None
                choosing.choose(
                    agent, sourcing.pk, lot_id, UUID(data["submission"]), stand_in, data["rationale"],
                    data.get("other_places", ""),
                )  # fmt: skip
        except Refused as refused:
            if response := passed_on(request, need, refused):
                return response
            add_refusal(form, refused)
        else:
            sourcing.refresh_from_db()
            messages.success(request, "Le choix est fait et sa raison est gardée.")
            return redirect("telling" if sourcing.state == Sourcing.State.CHOSEN else "comparison", need.pk, sourcing.pk)
    alone = is_single(comparison)
    if alone:
        form.fields["rationale"].label = "Pourquoi ce choix, et pourquoi ce prix est raisonnable ?"
    past = past_prices(agent.organisation, need.family, timezone.localdate()) if alone and need.family else []
    context = {
        **operation_context(agent, need, sourcing),
        "sourcing": sourcing, "comparison": comparison, "form": form, "alone": alone, "past": past,
        "shares": _shares(sourcing, comparison),
        "interest_form": declaring,
    }  # fmt: skip
    wrong = form.errors or (declaring and declaring.errors)
    return render(request, "city/comparison/choice.html", context, status=422 if wrong else 200)


def _shares(sourcing: Sourcing, comparison: Comparison) -> list[tuple[str, str]]:
    """What each firm that answered has of the family already, in words."""
    shares = Shares(sourcing)
    firms = [(offer.submission.invitation.who, offer.submission.firm) for offer in comparison.offers]
    return [(who, said) for who, firm in firms if (said := shares.words(firm.siret, firm.name))]


@city(*PURCHASING, led=True)
def end_without_choice(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    need, sourcing = operation(request, need_id, sourcing_id)
    if sourcing.opened_at is None:
        raise Http404
    agent = request.agent  # type: ignore[attr-defined]
    if sourcing.kind == Sourcing.Kind.RFI:
        return _finish_information(request, need, sourcing)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            choosing.end_without_choice(
                agent, sourcing.pk, form.cleaned_data["reason"], close_need=form.cleaned_data["close_need"]
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "La demande finit sans choix. Prévenez les entreprises qui ont répondu.")
            return redirect("telling", need.pk, sourcing.pk)
    context = {**operation_context(agent, need, sourcing), "sourcing": sourcing, "form": form}
    return render(request, "city/comparison/end.html", context, status=422 if form.errors else 200)


def _finish_information(request: HttpRequest, need: Need, sourcing: Sourcing) -> HttpResponse:
    """Information has no winner: what was learnt, then the need goes on."""
    agent = request.agent  # type: ignore[attr-defined]
    form = InformationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            choosing.finish_information(agent, sourcing.pk, form.cleaned_data["reason"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est noté. Le besoin attend une demande de devis.")
            return redirect("panel", need.pk)
    context = {**operation_context(agent, need, sourcing), "sourcing": sourcing, "form": form, "information": True}
    return render(request, "city/comparison/end.html", context, status=422 if form.errors else 200)


urlpatterns = [
    *consultation_paths("choix/", choice, "choice"),
    *consultation_paths("choix/lot/<uuid:lot_id>/", choice, "choice_lot"),
    *consultation_paths("sans-suite/", end_without_choice, "end_without_choice"),
]
