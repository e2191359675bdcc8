"""« Oui, je donne mon prix »: the form, its documents, and the sending."""

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from sourcier.kernel.transitions import Refused
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.actions import answer as act
from sourcier.quotes.models import Submission
from sourcier.quotes.queries import answers
from sourcier.sourcing.models import Question
from sourcier.web import sending
from sourcier.web.firm import again
from sourcier.web.firm.door import Visit, visitor
from sourcier.web.firm.first import base_context
from sourcier.web.firm.price_form import AnswerForm
from sourcier.web.rights import firm


@firm
@require_http_methods(["GET", "HEAD", "POST"])
@visitor
def price(request: HttpRequest, visit: Visit) -> HttpResponse:
    window = answers.window(visit.invitation)
    if rules.may_answer(window) or (request.method != "POST" and not rules.in_time(window, request.received_at)):  # type: ignore[attr-defined]
        return redirect("firm")
    if request.method == "POST":
        return _receive(request, visit)
    if again.needed(visit):
        return again.first(visit, "prix")
    kept = _kept(visit)
    return _page(request, visit, AnswerForm(visit.invitation, sent=kept), kept)


def _kept(visit: Visit) -> Submission | None:
    """What this browser has begun, else what it sent last."""
    begun = answers.of_invitation(visit.invitation, visit.draft)
    if begun is not None and begun.state == Submission.State.DRAFT:
        return begun
    return _sent_here(visit)


def _sent_here(visit: Visit) -> Submission | None:
    sent = answers.of_invitation(visit.invitation, visit.own)
    return sent if sent is not None and sent.kind != Submission.Kind.DECLINE else None


def _former(visit: Visit) -> Submission | None:
    """The answer that this one would replace, for who may see it: its documents come along."""
    if again.needed(visit):
        return None
    return answers.current(visit.invitation, answers.window(visit.invitation).round)


def _receive(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Keep the files first, so that nothing sent is lost when a price is to mend; then send, or show the page again."""
    sender = visit.sending(request)
    if made := answers.sent_already(visit.invitation, sender):
        return _left(request, visit, made)
    form = AnswerForm(visit.invitation, request.POST)
    draft, refused = _keep_files(request, visit, form)
    begun = draft or _kept(visit) or _former(visit)
    with_file = frozenset(begun.answers.exclude(file=None).values_list("question_id", flat=True)) if begun else frozenset()
    sending = "add" not in request.POST and "remove" not in request.POST
    form.is_valid()
    if not sending:
        form.errors.clear()
    for field, sentence in refused:
        form.problem(field, sentence)
    if not sending:
        return _page(request, visit, form, begun)
    answer = form.answer(with_file=with_file, documents=len(answers.documents(begun)))
    if answer is None:
        return _page(request, visit, form, begun)
    try:
        at = request.received_at  # type: ignore[attr-defined]
        sent = act.submit(visit.invitation, answer, draft=begun, received_at=at, sender=sender)
    except Refused as refusal:
        form.problem(refusal.field, refusal.sentence)
        return _page(request, visit, form, begun)
    return _left(request, visit, sent)


def _left(request: HttpRequest, visit: Visit, sent: Submission) -> HttpResponse:
    request.visit = visit.after(sent)  # type: ignore[attr-defined]
    return redirect("firm_receipt")


def _keep_files(request: HttpRequest, visit: Visit, form: AnswerForm) -> tuple[Submission | None, list[tuple[str, str]]]:
    """Store what came with the form in the draft of this browser; one sentence for each file refused."""
    questions = {f"question-{q.pk.hex}": q.pk for q in form.questions if q.kind == Question.Kind.FILE}
    uploads: list[tuple[str, UploadedFile, UUID | None]] = [
        (name if name in questions else "documents", upload, questions.get(name))
        for name in ("photo", "documents", *questions)
        for upload in request.FILES.getlist(name)
    ]
    removal = request.POST.get("remove", "")
    if not uploads and not removal:
        return _begun(visit), []
    try:
        draft = _begun(visit) or act.draft(visit.invitation, like=_sent_here(visit) or _former(visit))
    except Refused as refusal:
        fields = dict.fromkeys(field for field, _, _ in uploads) or ("documents",)
        nothing = gettext("Rien n'a été joint ni retiré.")
        return None, [(field, f"{nothing} {gettext(refusal.sentence)}") for field in fields]
    request.visit = visit.with_draft(draft.pk)  # type: ignore[attr-defined]
    refused = []
    for field, upload, question_id in uploads:
        try:
            act.add_document(draft, upload, question_id)
        except Refused as refusal:
            refused.append((field, f"« {(upload.name or 'fichier')[:60]} » : {gettext(refusal.sentence)}"))
    if removal:
        _remove(draft, removal)
    return draft, refused


def _begun(visit: Visit) -> Submission | None:
    begun = answers.of_invitation(visit.invitation, visit.draft)
    return begun if begun is not None and begun.state == Submission.State.DRAFT else None


def _remove(draft: Submission, sha256: str) -> None:
    """Take out the document that has this content: its row is not the one shown when the draft was copied just now."""
    document = draft.documents.filter(file__sha256=sha256, removed=False).first()
    if document is not None:
        act.remove_document(draft, document.pk)


def _page(request: HttpRequest, visit: Visit, form: AnswerForm, begun: Submission | None) -> HttpResponse:
    former = _former(visit)
    begun = begun or former
    context: dict[str, Any] = base_context(visit) | {
        "form": form,
        "documents": answers.joined(begun),
        "question_files": {question: file.name for question, file in answers.reply_files(begun).items()},
        "but": "mais" in request.GET,
        "replacing": former,
        "prove_first": "prix" if again.needed(visit) else "",
        "sending_key": sending.drawn_key(request),
    }
    return render(request, "firm/price.html", context, status=400 if form.wrong else 200)


urlpatterns = [path("r/prix/", price, name="firm_price")]
