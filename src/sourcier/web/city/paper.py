"""What reaches the town hall otherwise before the opening: a quote on paper, a price said aloud."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.needs.models import Need
from sourcier.quotes.actions import heard, paper
from sourcier.quotes.models import Submission
from sourcier.quotes.paper_receipt import paper_receipt
from sourcier.quotes.queries.opening import registered_paper
from sourcier.sourcing import queries
from sourcier.sourcing.models import Invitation, Question, Sourcing
from sourcier.web.city.answer import opened
from sourcier.web.city.comparison import operation
from sourcier.web.city.forms import MomentField, add_refusal
from sourcier.web.downloads import pdf
from sourcier.web.firm.mine import signed_file
from sourcier.web.firm.price_form import AnswerForm
from sourcier.web.operations import consultation_paths, operation_context
from sourcier.web.rights import EVALUATORS, PURCHASING, city

UNSIGNED = "Le récépissé signé ne peut pas être donné pour l'instant. Le pli est bien enregistré. Réessayez demain."


class PaperForm(forms.Form):
    firm = forms.ChoiceField(label="De quelle entreprise ?", error_messages={"required": "Choisissez l'entreprise."})
    photo = forms.FileField(
        label="Photo de l'enveloppe fermée",
        help_text="Le nom de l'entreprise et la fermeture doivent se voir. Elle reste scellée, comme les autres réponses.",
        widget=forms.FileInput(attrs={"accept": "image/*,.pdf", "capture": "environment"}),
        error_messages={"required": "Joignez la photo de l'enveloppe fermée."},
    )
    arrived_at = MomentField(label="Arrivée le", error_messages={"required": "Écrivez le jour et l'heure où elle est arrivée."})
    where = forms.CharField(
        label="Où est-elle gardée, fermée ?", max_length=200, help_text="Par exemple : coffre du service courrier.",
        error_messages={"required": "Dites où l'enveloppe est gardée, fermée."},
    )  # fmt: skip

    def __init__(self, sourcing: Sourcing, *args: Any) -> None:
        super().__init__(*args)
        asked = queries.invitations(sourcing).exclude(channel=Invitation.Channel.NOTICE)
        firms = [(str(each.pk), f"{each.firm.name}, {each.firm.commune}") for each in asked.order_by("firm__name", "pk")]
        self.fields["firm"].choices = [("", "…"), *firms]  # type: ignore[attr-defined]


class HeardForm(forms.Form):
    how = forms.CharField(
        label="Comment l'avez-vous entendu ?", max_length=1_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Où, quand, de qui. N'écrivez pas le prix.", error_messages={"required": "Dites comment."},
    )  # fmt: skip


@city(*PURCHASING, led=True)
def paper_register(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    """A closed envelope: who, when, where it is kept, and its photograph."""
    need, sourcing = operation(request, need_id, sourcing_id)
    form = PaperForm(sourcing, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            sent = paper.register_paper(
                request.agent,  # type: ignore[attr-defined]
                UUID(data["firm"]), data["photo"], data["arrived_at"], data["where"],
            )  # fmt: skip
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, f"Pli enregistré, fermé : {sent.receipt_number}.")
            return redirect("paper_kept", need.pk, sent.pk)
    context = {**operation_context(request.agent, need, sourcing), "sourcing": sourcing, "form": form}  # type: ignore[attr-defined]
    return render(request, "city/sourcing/paper.html", context, status=422 if form.errors else 200)


def _registered(request: HttpRequest, need_id: UUID, submission_id: UUID) -> tuple[Need, Submission, Entry]:
    """The envelope and its entry, for who registered it; 404 for anybody else until it is opened."""
    need = operation(request, need_id)[0]
    try:
        return need, *registered_paper(request.agent, need.pk, submission_id)  # type: ignore[attr-defined]
    except Submission.DoesNotExist:
        raise Http404 from None


@city(*PURCHASING, led=True)
@require_safe
def paper_kept(request: HttpRequest, need_id: UUID, submission_id: UUID) -> HttpResponse:
    """What to write on the envelope, and what to give to the firm."""
    need, sent, _ = _registered(request, need_id, submission_id)
    context = {**operation_context(request.agent, need, sent.sourcing), "sourcing": sent.sourcing, "sent": sent}  # type: ignore[attr-defined]
    return render(request, "city/sourcing/paper_kept.html", context)


@city(*PURCHASING, led=True)
@require_safe
def paper_receipt_print(request: HttpRequest, need_id: UUID, submission_id: UUID) -> HttpResponse:
    """The page to hand over or to post."""
    _, sent, entry = _registered(request, need_id, submission_id)
    return pdf(paper_receipt(sent, entry), f"Récépissé {sent.receipt_number}.pdf")


@city(*PURCHASING, led=True)
@require_POST
def paper_proof(request: HttpRequest, need_id: UUID, submission_id: UUID) -> HttpResponse:
    """The `.tlog-proof` to give beside it. By POST: giving it may sign a new checkpoint."""
    need, sent, entry = _registered(request, need_id, submission_id)
    return signed_file(request, entry, sent.receipt_number, reverse("paper_kept", args=[need.pk, sent.pk]), UNSIGNED)


@city(*EVALUATORS)
def price_heard(request: HttpRequest, need_id: UUID, sourcing_id: UUID | None = None) -> HttpResponse:
    """Whoever heard a price says so, and gives no mark."""
    need, sourcing = operation(request, need_id, sourcing_id)
    form = HeardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            heard.hear_price(request.agent, sourcing.pk, form.cleaned_data["how"])  # type: ignore[attr-defined]
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "C'est noté au journal. Quelqu'un d'autre notera ces réponses.")
            return redirect("comparison", need.pk, sourcing.pk)
    context = {**operation_context(request.agent, need, sourcing), "sourcing": sourcing, "form": form}  # type: ignore[attr-defined]
    return render(request, "city/sourcing/heard.html", context, status=422 if form.errors else 200)


LABELS = {
    "vat": "Ces prix sont", "rate": "Taux de TVA, si les prix sont sans TVA",
    "places": "Où livre-t-elle ?", "note": "Ce qu'elle écrit d'autre",
    "reservation": "Ses réserves", "signer": "Signé par",
}  # fmt: skip


class TypedForm(AnswerForm):
    """The same fields as the firm's own page, in the words of who copies a paper: prices first, no file but its scan."""

    scan = forms.FileField(
        label="Le devis, photographié ou numérisé", required=False,
        widget=forms.FileInput(attrs={"accept": "image/*,.pdf", "capture": "environment"}),
    )  # fmt: skip

    reason = forms.CharField(
        label="Pourquoi corriger ?", max_length=1_000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Le journal garde ce qui avait été tapé, et votre raison.",
    )  # fmt: skip

    def __init__(self, submission: Submission, data: Any = None, files: Any = None) -> None:
        super().__init__(submission.invitation, data, sent=submission if submission.typed_at else None)
        self.files = files or {}
        if submission.typed_at is None:
            del self.fields["reason"]
        self.fields["scan"].required = submission.typed_at is None and not submission.by_email
        self.fields["scan"].error_messages["required"] = "Joignez le devis photographié ou numérisé : chacun comparera."
        self.fields["signer"].error_messages["required"] = "Écrivez qui a signé ce devis, comme il est écrit."
        for name in ("email", *(f"question-{q.pk.hex}" for q in self.questions if q.kind == Question.Kind.FILE)):
            self.fields[name].widget = forms.HiddenInput()
        for line in self.lines:
            self.fields[f"price-{line.pk.hex}"].label = f"Prix pour 1 {line.unit} : {line.designation}"
        for name, label in LABELS.items():
            if name in self.fields:
                self.fields[name].label = label
        prices = [name for name in self.fields if name.startswith(("price-", "rate-"))]
        self.order_fields(["scan", "reason", *prices, "vat", "rate", "places"])


@city(*PURCHASING, led=True)
def paper_type(request: HttpRequest, need_id: UUID, submission_id: UUID) -> HttpResponse:
    """What the opened envelope says, typed beside its scan."""
    need, sourcing, submission = opened(request, need_id, submission_id)
    if not submission.paper:
        raise Http404
    first = request.method != "POST"
    form = TypedForm(submission) if first else TypedForm(submission, request.POST, request.FILES)
    files = frozenset(question.pk for question in form.questions)
    if not first and (answer := form.answer(with_file=files, documents=1)):
        try:
            data = form.cleaned_data
            paper.type_paper(request.agent, submission.pk, answer, data["scan"], data.get("reason", ""))  # type: ignore[attr-defined]
        except Refused as refused:
            form.problem(refused.field, refused.sentence)
        else:
            what = "Le devis" if submission.by_email else "Le devis papier"
            messages.success(request, f"{what} est tapé : il se compare avec les autres.")
            return redirect("answer", need.pk, submission.pk)
    context = {
        **operation_context(request.agent, need, sourcing),  # type: ignore[attr-defined]
        "sourcing": sourcing, "submission": submission, "form": form,
    }  # fmt: skip
    return render(request, "city/comparison/paper.html", context, status=200 if first else 422)


urlpatterns = [
    *consultation_paths("plis-papier/", paper_register, "paper_register"),
    *consultation_paths("prix-entendu/", price_heard, "price_heard"),
    path("achats/<uuid:need_id>/plis-papier/<uuid:submission_id>/", paper_kept, name="paper_kept"),
    path("achats/<uuid:need_id>/plis-papier/<uuid:submission_id>/recepisse/", paper_receipt_print, name="paper_receipt"),
    path("achats/<uuid:need_id>/plis-papier/<uuid:submission_id>/preuve/", paper_proof, name="paper_proof"),
    path("achats/<uuid:need_id>/reponses/<uuid:submission_id>/taper/", paper_type, name="paper_type"),
]
