"""One answer, whole: prices, words, documents, my marks, clarifications."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from sourcier.kernel.transitions import Refused
from sourcier.needs.models import Need
from sourcier.quotes.actions import evaluate
from sourcier.quotes.models import Clarification, Score, Submission
from sourcier.quotes.queries.comparison import asked_places, last_prices, opened_submissions, unserved
from sourcier.quotes.queries.marking import may_mark
from sourcier.sourcing.models import Criterion, Sourcing
from sourcier.vault.models import File
from sourcier.web.city.comparison import operation
from sourcier.web.city.forms import add_refusal
from sourcier.web.downloads import attachment
from sourcier.web.operations import operation_context
from sourcier.web.rights import PURCHASING, READERS, city


class ClarifyForm(forms.Form):
    question = forms.CharField(label="Votre question à cette entreprise", widget=forms.Textarea(attrs={"rows": 3}))


class RecordForm(forms.Form):
    text = forms.CharField(
        label="Ce que l'entreprise a répondu (téléphone, courrier)", widget=forms.Textarea(attrs={"rows": 2})
    )


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
        "unserved": unserved(submission, asked_places(sourcing)),
        "last_price": last_prices(sourcing).get(submission.invitation_id),
        "marks": marks if submission.kind == Submission.Kind.QUOTE else [],
        "evaluates": may_mark(agent, need.department_id) and sourcing.state == Sourcing.State.OPENED,
        "buys": agent.has(*PURCHASING) and sourcing.state == Sourcing.State.OPENED,
        "clarify_form": bound.get("clarify") or ClarifyForm(),
        "record_form": RecordForm(),
    }
    return render(request, "city/comparison/answer.html", context, status=422 if bound else 200)


@require_POST
@city(*PURCHASING)
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
@city(*PURCHASING)
def clarification_record(request: HttpRequest, need_id: UUID, clarification_id: UUID) -> HttpResponse:
    need, _ = operation(request, need_id)
    clarification = Clarification.objects.filter(pk=clarification_id, submission__sourcing__need=need).first()
    if clarification is None:
        raise Http404
    form = RecordForm(request.POST)
    if form.is_valid():
        try:
            evaluate.record_clarification(request.agent, clarification.pk, form.cleaned_data["text"])  # type: ignore[attr-defined]
        except Refused as refused:
            messages.error(request, refused.sentence)
    else:
        messages.error(request, "Écrivez ce que l'entreprise a répondu.")
    return redirect("answer", need_id, clarification.submission_id)


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
    path("achats/<uuid:need_id>/precisions/<uuid:clarification_id>/", clarification_record, name="clarification_record"),
]
