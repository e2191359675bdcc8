"""One answer, whole: prices, words, documents, my marks, clarifications."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from sourcier.accounts.models import Role
from sourcier.kernel.transitions import Refused
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.quotes.actions import contest as contesting
from sourcier.quotes.actions import evaluate
from sourcier.quotes.models import Clarification, Contest, Score, Submission
from sourcier.quotes.queries import contests
from sourcier.quotes.queries.answers import labelled
from sourcier.quotes.queries.comparison import asked_places, last_prices, opened_submissions, unserved
from sourcier.quotes.queries.marking import evaluates
from sourcier.sourcing.actions import identity
from sourcier.sourcing.models import Criterion, Invitation, Sourcing
from sourcier.sourcing.rules import Verb
from sourcier.vault.models import File
from sourcier.web.city.addresses import may
from sourcier.web.city.comparison import operation
from sourcier.web.city.forms import add_refusal
from sourcier.web.downloads import attachment
from sourcier.web.operations import operation_context
from sourcier.web.rights import PURCHASING, READERS, city


class ClarifyForm(forms.Form):
    question = forms.CharField(label="Votre question à cette entreprise", widget=forms.Textarea(attrs={"rows": 3}))


class IdentityForm(forms.Form):
    how = forms.CharField(
        label="Comment l'avez-vous vérifiée ?",
        max_length=200,
        error_messages={"required": "Dites comment : à qui vous avez parlé, à quel numéro."},
        help_text="Par exemple : appel au numéro de la facture de mars, parlé à Mme Durand.",
    )


class RecordForm(forms.Form):
    text = forms.CharField(
        label="Ce que l'entreprise a répondu (téléphone, courrier)",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Écrivez ce que l'entreprise a répondu."},
    )

    def __init__(self, clarification: Clarification, data: QueryDict | None = None) -> None:
        """One page may show several: each has ids of its own."""
        super().__init__(data, auto_id=f"id_{clarification.pk.hex}_%s")
        self.clarification = clarification


class ReplyForm(forms.Form):
    reason = forms.CharField(
        label="Votre réponse, avec vos raisons", max_length=4_000, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Dites pourquoi, en une phrase ou deux."},
    )  # fmt: skip

    def __init__(self, contest: Contest, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id=f"id_{contest.pk.hex}_%s")
        self.contest = contest


def opened(request: HttpRequest, need_id: UUID, submission_id: UUID) -> tuple[Need, Sourcing, Submission]:
    """An opened answer of this need, with its consultation, whichever it is; 404 for any other, a closed one above all."""
    asked = Submission.objects.filter(pk=submission_id, sourcing__need=need_id).values_list("sourcing", flat=True).first()
    need, sourcing = operation(request, need_id, asked)
    for submission in opened_submissions(sourcing):
        if submission.pk == submission_id:
            return need, sourcing, submission
    raise Http404


@city(*READERS)
def answer(request: HttpRequest, need_id: UUID, submission_id: UUID) -> HttpResponse:
    return _page(request, need_id, submission_id)


def _page(request: HttpRequest, need_id: UUID, submission_id: UUID, **bound: forms.Form) -> HttpResponse:
    need, sourcing, submission = opened(request, need_id, submission_id)
    agent = request.agent  # type: ignore[attr-defined]
    mine = {
        score.criterion_id: score for score in Score.objects.filter(submission=submission, evaluator=agent.user, current=True)
    }
    judged = [c for c in sourcing.criteria.all() if c.kind == Criterion.Kind.JUDGED]
    marks = [(criterion, mine.get(criterion.pk)) for criterion in judged]
    context = {
        **operation_context(agent, need, sourcing),
        "sourcing": sourcing,
        "submission": submission,
        "documents": labelled(submission),
        "unserved": unserved(submission, asked_places(sourcing)),
        "last_price": last_prices(sourcing).get(submission.invitation_id),
        "marks": marks if submission.kind == Submission.Kind.QUOTE else [],
        "evaluates": evaluates(agent, sourcing) and sourcing.state == Sourcing.State.OPENED,
        "buys": needs.buys(agent, need) and sourcing.state == Sourcing.State.OPENED,
        "invitation": submission.invitation,
        "may_check": may(agent, sourcing, Verb.CHECK),
        "identity_form": bound.get("identity") or IdentityForm(),
        "clarify_form": bound.get("clarify") or ClarifyForm(),
        "contests": _contests(submission, bound.get("reply")),
        "replies": agent.has(Role.HEAD_BUYER),
        "clarifications": _clarifications(submission, bound.get("record")),
    }
    return render(request, "city/comparison/answer.html", context, status=422 if bound else 200)


def _contests(submission: Submission, bound: forms.Form | None) -> list[tuple[Contest, str, forms.Form]]:
    return [
        (each, words, bound if isinstance(bound, ReplyForm) and bound.contest == each else ReplyForm(each))
        for each, words in contests.of(submission)
    ]


def _clarifications(submission: Submission, bound: forms.Form | None) -> list[tuple[Clarification, forms.Form]]:
    """Each with the form that writes its answer down: `bound`, with its errors, for the one it was sent for."""
    return [
        (each, bound if isinstance(bound, RecordForm) and bound.clarification == each else RecordForm(each))
        for each in submission.clarifications.all()
    ]


@require_POST
@city(*PURCHASING, led=True)
def clarify(request: HttpRequest, need_id: UUID, submission_id: UUID) -> HttpResponse:
    _, _, submission = opened(request, need_id, submission_id)
    form = ClarifyForm(request.POST)
    if form.is_valid():
        try:
            evaluate.clarify(request.agent, submission.pk, form.cleaned_data["question"])  # type: ignore[attr-defined]
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Votre question est partie. La réponse arrivera ici.")
            return redirect("answer", need_id, submission_id)
    return _page(request, need_id, submission_id, clarify=form)


@require_POST
@city(*PURCHASING, led=True)
def clarification_record(request: HttpRequest, need_id: UUID, clarification_id: UUID) -> HttpResponse:
    need, _ = operation(request, need_id)
    clarification = get_object_or_404(Clarification, pk=clarification_id, submission__sourcing__need=need)
    form = RecordForm(clarification, request.POST)
    if form.is_valid():
        try:
            evaluate.record_clarification(request.agent, clarification.pk, form.cleaned_data["text"])  # type: ignore[attr-defined]
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "La réponse est notée au journal.")
            return redirect("answer", need_id, clarification.submission_id)
    return _page(request, need_id, clarification.submission_id, record=form)


@city(Role.HEAD_BUYER)
@require_POST
def contest_reply(request: HttpRequest, need_id: UUID, contest_id: UUID) -> HttpResponse:
    need, _ = operation(request, need_id)
    contest = get_object_or_404(Contest, pk=contest_id, submission__sourcing__need=need)
    form = ReplyForm(contest, request.POST)
    if form.is_valid():
        try:
            contesting.reply(request.agent, contest.pk, form.cleaned_data["reason"])  # type: ignore[attr-defined]
        except Refused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, "Votre réponse est notée au journal. L'entreprise la lit sur la page de son récépissé.")
            return redirect("answer", need_id, contest.submission_id)
    return _page(request, need_id, contest.submission_id, reply=form)


@require_POST
@city(*PURCHASING, led=True)
def identity_check(request: HttpRequest, need_id: UUID, invitation_id: UUID) -> HttpResponse:
    """« J'ai vérifié son identité »: from the answer's page, or from the firm's sheet when no answer was opened."""
    invitation = get_object_or_404(Invitation, pk=invitation_id, sourcing__need=need_id)
    _, sourcing = operation(request, need_id, invitation.sourcing_id)
    answered = next((each.pk for each in opened_submissions(sourcing) if each.invitation_id == invitation.pk), None)
    form = IdentityForm(request.POST)
    if form.is_valid():
        try:
            identity.check_identity(request.agent, invitation.pk, form.cleaned_data["how"])  # type: ignore[attr-defined]
        except Invitation.DoesNotExist:
            raise Http404 from None
        except Refused as refused:
            messages.error(request, refused.sentence)
        else:
            messages.success(request, "Identité vérifiée : c'est noté au journal.")
    elif answered:
        return _page(request, need_id, answered, identity=form)
    else:
        messages.error(request, form.errors["how"][0])
    return redirect("answer", need_id, answered) if answered else redirect("firm_sheet", invitation.firm_id)


@city(*READERS)
def answer_file(request: HttpRequest, need_id: UUID, submission_id: UUID, file_id: UUID) -> HttpResponse:
    """A document of an opened answer, as an attachment."""
    _, sourcing, submission = opened(request, need_id, submission_id)
    versions = [submission, last_prices(sourcing).get(submission.invitation_id)]
    found: list[File] = []
    for version in filter(None, versions):
        found += [document.file for document in version.documents.all()]
        found += [reply.file for reply in version.answers.all() if reply.file]
    for file in found:
        if file.pk == file_id:
            return attachment(file)
    raise Http404


urlpatterns = [
    path("achats/<uuid:need_id>/reponses/<uuid:submission_id>/", answer, name="answer"),
    path("achats/<uuid:need_id>/reponses/<uuid:submission_id>/precision/", clarify, name="clarify"),
    path("achats/<uuid:need_id>/reponses/<uuid:submission_id>/fichiers/<uuid:file_id>/", answer_file, name="answer_file"),
    path("achats/<uuid:need_id>/avis/<uuid:invitation_id>/identite/", identity_check, name="identity_check"),
    path("achats/<uuid:need_id>/contestations/<uuid:contest_id>/", contest_reply, name="contest_reply"),
    path("achats/<uuid:need_id>/precisions/<uuid:clarification_id>/", clarification_record, name="clarification_record"),
]
