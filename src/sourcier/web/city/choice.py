"""Step 6: choose and say why, then tell everyone."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from sourcier.kernel.transitions import Refused
from sourcier.needs.models import Lot, Need
from sourcier.quotes.actions import choose as choosing
from sourcier.quotes.actions import tell
from sourcier.quotes.models import Award, Notification
from sourcier.quotes.queries.comparison import Comparison, compare
from sourcier.sourcing.models import Sourcing
from sourcier.web.city.comparison import operation
from sourcier.web.city.forms import add_refusal
from sourcier.web.operations import consultation_paths, operation_context
from sourcier.web.rights import INSPECTION, PURCHASING, city

NOBODY = "nobody"


class ChoiceForm(forms.Form):
    """The answer chosen for one lot (or the whole), its stand-in, and why."""

    submission = forms.ChoiceField(label="Votre choix", widget=forms.RadioSelect)
    stand_in = forms.ChoiceField(label="Une remplaçante, si l'entreprise choisie renonce", required=False)
    rationale = forms.CharField(
        label="Pourquoi ce choix ?",
        help_text="En une phrase ou deux, avec les critères annoncés. Le dossier gardera votre raison.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, comparison: Comparison, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        names = [(str(offer.submission.pk), offer.submission.firm.name) for offer in comparison.offers]
        last = [(NOBODY, "Personne : laisser ce lot sans suite")] if comparison.lot else []
        self.fields["submission"].choices = [*names, *last]  # type: ignore[attr-defined]
        self.fields["stand_in"].choices = [("", "Aucune"), *names]  # type: ignore[attr-defined]


class EndForm(forms.Form):
    reason = forms.CharField(label="Pourquoi finir sans choix ?", widget=forms.Textarea(attrs={"rows": 3}))
    close_need = forms.BooleanField(label="Clore aussi le besoin (sinon il reste ouvert à une autre demande)", required=False)


class InformationForm(forms.Form):
    reason = forms.CharField(
        label="Ce que vous en retenez",
        help_text="Pour le besoin, pour la suite. Le dossier le gardera.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ToldForm(forms.Form):
    how = forms.CharField(label="Comment ? (courrier posté le…, appel avec…)", max_length=200)


def _lot(sourcing: Sourcing, lot_id: UUID | None) -> Lot | None:
    for lot in choosing.lots_of(sourcing):
        if (lot.pk if lot else None) == lot_id:
            return lot
    raise Http404


@city(*PURCHASING)
def choice(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None, lot_id: UUID | None = None) -> HttpResponse:
    """Choose for one lot, or for the whole."""
    need, sourcing = operation(request, need_id, sourcing_id)
    if sourcing.opened_at is None:
        raise Http404
    agent = request.agent  # type: ignore[attr-defined]
    comparison = compare(agent, sourcing, _lot(sourcing, lot_id))
    form = ChoiceForm(comparison, request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            if data["submission"] == NOBODY and lot_id:
                choosing.leave_lot(agent, sourcing.pk, lot_id, data["rationale"])
            else:
                stand_in = UUID(data["stand_in"]) if data["stand_in"] else None
                choosing.choose(agent, sourcing.pk, lot_id, UUID(data["submission"]), stand_in, data["rationale"])
        except Refused as refused:
            add_refusal(form, refused)
        else:
            sourcing.refresh_from_db()
            messages.success(request, "Le choix est fait et sa raison est gardée.")
            return redirect("telling" if sourcing.state == Sourcing.State.CHOSEN else "comparison", need.pk, sourcing.pk)
    context = {**operation_context(agent, need, sourcing), "sourcing": sourcing, "comparison": comparison, "form": form}
    return render(request, "city/comparison/choice.html", context, status=422 if form.errors else 200)


@city(*PURCHASING)
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


@city(*INSPECTION)
def telling(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    """Before: what each firm will read, and the sentences to write. After: who is told, and how."""
    need, sourcing = operation(request, need_id, sourcing_id)
    if sourcing.state not in (Sourcing.State.CHOSEN, Sourcing.State.DONE, Sourcing.State.ENDED):
        raise Http404
    return _telling_page(request, need, sourcing)


def _telling_page(request: HttpRequest, need: Need, sourcing: Sourcing, form: forms.Form | None = None) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    told = list(Notification.objects.filter(sourcing=sourcing).select_related("firm").order_by("-won", "firm__name"))
    context = {
        **operation_context(agent, need, sourcing),
        "sourcing": sourcing,
        "buys": agent.has(*PURCHASING),
        "awards": Award.objects.filter(sourcing=sourcing).select_related(
            "lot", "submission__firm", "stand_in__firm", "chosen_by"
        ),
        "notifications": told,
        "untold": sum(each.state != Notification.State.SENT for each in told),
        "form": form or sentences_form(sourcing),
        "answers": tell.answers_to_tell(sourcing),
        "told_form": ToldForm(),
    }
    return render(request, "city/comparison/telling.html", context, status=422 if form else 200)


def sentences_form(sourcing: Sourcing, data: object = None) -> forms.Form:
    """One required sentence of reason per losing firm; none when the request ended without a choice."""
    form = forms.Form(data)  # type: ignore[arg-type]
    if sourcing.state != Sourcing.State.ENDED:
        for submission in tell.losing_firms(sourcing):
            form.fields[f"sentence-{submission.pk}"] = forms.CharField(
                label=f"La raison, pour {submission.firm.name}",
                help_text="Une phrase, écrite pour elle : ce qui a manqué à son devis.",
                max_length=500,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
    return form


@require_POST
@city(*PURCHASING)
def tell_all(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    need, sourcing = operation(request, need_id, sourcing_id)
    form = sentences_form(sourcing, request.POST)
    if form.is_valid():
        sentences = {UUID(name.removeprefix("sentence-")): text for name, text in form.cleaned_data.items()}
        try:
            told = tell.tell_all(request.agent, sourcing.pk, sentences)  # type: ignore[attr-defined]
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(
                request, f"Les messages partent : {len(told)}." if told else "Personne n'avait répondu : c'est terminé."
            )
            return redirect("telling", need.pk, sourcing.pk)
    return _telling_page(request, need, sourcing, form)


@require_POST
@city(*PURCHASING)
def told(request: HttpRequest, need_id: UUID, notification_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    _, sourcing = operation(request, need_id, sourcing_id)
    form = ToldForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Dites comment l'entreprise a été prévenue.")
        return redirect("telling", need_id, sourcing.pk)
    if not Notification.objects.filter(pk=notification_id, sourcing=sourcing).exists():
        raise Http404
    try:
        tell.mark_told(request.agent, notification_id, form.cleaned_data["how"])  # type: ignore[attr-defined]
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("telling", need_id, sourcing.pk)


urlpatterns = [
    *consultation_paths("choix/", choice, "choice"),
    *consultation_paths("choix/lot/<uuid:lot_id>/", choice, "choice_lot"),
    *consultation_paths("sans-suite/", end_without_choice, "end_without_choice"),
    *consultation_paths("annonce/", telling, "telling"),
    *consultation_paths("annonce/prevenir/", tell_all, "tell_all"),
    *consultation_paths("annonce/<uuid:notification_id>/", told, "told"),
]
