"""Step 6, once chosen or ended: read each message as it will leave, write the sentences, tell everyone, see who is told."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from sourcier.kernel.transitions import Refused
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.quotes import results
from sourcier.quotes.actions import tell
from sourcier.quotes.models import Award, Notification
from sourcier.sourcing import letter
from sourcier.sourcing.models import Sourcing
from sourcier.web.city.comparison import operation
from sourcier.web.city.forms import add_refusal
from sourcier.web.city.lists import telling_table
from sourcier.web.downloads import pdf
from sourcier.web.exports import exported
from sourcier.web.operations import consultation_paths, operation_context
from sourcier.web.rights import INSPECTION, PURCHASING, city

TOLD = (Sourcing.State.CHOSEN, Sourcing.State.DONE, Sourcing.State.ENDED)
FOR_THE_WINNER = "Votre devis répond le mieux aux critères annoncés."


class ToldForm(forms.Form):
    how = forms.CharField(label="Comment ? (courrier posté le…, appel avec…)", max_length=200)


class SentencesForm(forms.Form):
    """One sentence for each lot of each answer: asked of those not won, proposed for those won. `seen` marks what was read."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, parts: list[results.Part], data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.keys = {results.field_name(part.key): part.key for part in parts}
        for part in parts:
            lot = f", lot {part.award.lot.number}" if part.award.lot else ""
            self.fields[results.field_name(part.key)] = forms.CharField(
                label=f"{'Ce que lira' if part.won else 'La raison, pour'} {part.submission.invitation.who}{lot}",
                help_text="Choisie : une phrase pour elle. Vide, rien n'est ajouté."
                if part.won
                else "Une phrase, écrite pour elle : ce qui a manqué à son devis.",
                initial=FOR_THE_WINNER if part.won else "",
                required=not part.won,
                max_length=500,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def sentences(self) -> dict[results.Key, str]:
        """What is written, or proposed on a page just opened."""
        if self.is_bound:
            return {key: self.cleaned_data.get(name, "") for name, key in self.keys.items()}
        return {key: str(self.fields[name].initial) for name, key in self.keys.items()}


@city(*INSPECTION, led=True)
def telling(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    """Before: the sentences to write and each message word for word. After: who is told, and how."""
    need, sourcing = operation(request, need_id, sourcing_id)
    if sourcing.state not in TOLD or sourcing.opened_at is None:
        raise Http404
    told = Notification.objects.filter(sourcing=sourcing).select_related("firm").order_by("-won", "firm__name")
    if response := exported(request, telling_table(need.reference, told)):
        return response
    return _page(request, need, sourcing, SentencesForm(results.parts(request.agent, sourcing)))  # type: ignore[attr-defined]


def _page(request: HttpRequest, need: Need, sourcing: Sourcing, form: SentencesForm) -> HttpResponse:
    agent = request.agent  # type: ignore[attr-defined]
    told = list(Notification.objects.filter(sourcing=sourcing).select_related("submission__invitation__firm"))
    told.sort(key=lambda each: (not each.won, each.submission.invitation.who))
    composed = [] if told or form.errors else _composed(request, sourcing, form)
    context = {
        **operation_context(agent, need, sourcing),
        "sourcing": sourcing,
        "buys": needs.buys(agent, need),
        "awards": Award.objects.filter(sourcing=sourcing).select_related(
            "lot", "submission__invitation__firm", "stand_in__invitation__firm", "chosen_by"
        ),
        "notifications": told,
        "untold": sum(each.state != Notification.State.SENT for each in told),
        "to_print": any(_by_hand(each) and not each.submission.invitation.unverified for each in told),
        "form": form,
        "composed": composed,
        "mark": results.mark_of(composed),
        "answers": results.answers_to_tell(sourcing),
        "told_form": ToldForm(),
    }
    return render(request, "city/comparison/telling.html", context, status=422 if form.errors else 200)


def _composed(request: HttpRequest, sourcing: Sourcing, form: SentencesForm) -> list[results.Message]:
    """The messages as they would leave now; none while a sentence is still to be written."""
    try:
        return results.messages(request.agent, sourcing, form.sentences())  # type: ignore[attr-defined]
    except Refused:
        return []


def _by_hand(notification: Notification) -> bool:
    return notification.told_at is None and (notification.state == "failed" or notification.channel not in tell.BY_ITSELF)


@require_POST
@city(*PURCHASING, led=True)
def tell_all(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    """Nothing leaves that was not read: other words than those shown are shown again first."""
    need, sourcing = operation(request, need_id, sourcing_id)
    agent = request.agent  # type: ignore[attr-defined]
    if sourcing.state not in TOLD or sourcing.opened_at is None:
        raise Http404
    form = SentencesForm(results.parts(agent, sourcing), request.POST)
    if not form.is_valid():
        return _page(request, need, sourcing, form)
    if form.cleaned_data["seen"] != results.mark_of(_composed(request, sourcing, form)):
        messages.info(request, "Voici les messages, mot pour mot. Relisez-les, puis envoyez-les.")
        return _page(request, need, sourcing, form)
    try:
        told = tell.tell_all(agent, sourcing.pk, form.sentences())
    except Refused as refused:
        add_refusal(form, refused)
        return _page(request, need, sourcing, form)
    messages.success(request, f"Les messages partent : {len(told)}." if told else "Personne n'avait répondu : c'est terminé.")
    return redirect("telling", need.pk, sourcing.pk)


@require_POST
@city(*PURCHASING, led=True)
def results_print(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    """The results that no e-mail carried, one page each; the journal notes who printed them."""
    need, sourcing = operation(request, need_id, sourcing_id)
    try:
        found = tell.print_results(request.agent, sourcing.pk)  # type: ignore[attr-defined]
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("telling", need.pk, sourcing.pk)
    sheets = [(each.submission.invitation, each.body) for each in found]
    return pdf(letter.result_letters(sourcing, sheets), "resultats.pdf")


@require_POST
@city(*PURCHASING, led=True)
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
    *consultation_paths("annonce/", telling, "telling"),
    *consultation_paths("annonce/prevenir/", tell_all, "tell_all"),
    *consultation_paths("annonce/courriers/", results_print, "results_print"),
    *consultation_paths("annonce/<uuid:notification_id>/", told, "told"),
]
