"""What a firm does: join documents to a draft, answer, decline, withdraw.

A deposit is one transaction: answer, prices, replies, the former one replaced, the journal entry, the acknowledgement. The
instant is the server's clock at the last byte, taken before and judged under the lock of the sourcing: in if it is at the
deadline or before, even when the entry follows the closing one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F, Model
from django.utils import timezone

from sourcier.journal.actions import append
from sourcier.journal.models import Entry
from sourcier.journal.registry import plain
from sourcier.kernel.transitions import Refused, next_state, refuse
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.acknowledgement import acknowledge
from sourcier.quotes.actions import after_opening
from sourcier.quotes.actions.deposit import begin, keep_closed, number, prove, receive, write_replaced
from sourcier.quotes.answer_content import answer_facts, deposit_facts, fill
from sourcier.quotes.answer_rules import Answer, Sender
from sourcier.quotes.models import QuestionAnswer, Submission, SubmissionDocument
from sourcier.quotes.queries import answers
from sourcier.quotes.sealing import close, deposited, own_facts, seals
from sourcier.sourcing import limits
from sourcier.sourcing.models import Invitation, Question, Sourcing
from sourcier.vault.actions import store, store_sealed
from sourcier.vault.models import File
from sourcier.vault.queries import file_facts
from sourcier.vault.rules import answer_refusal

# --- drafts ----------------------------------------------------------------------------------------------------------------


@transaction.atomic
def draft(invitation: Invitation, like: Submission | None = None) -> Submission:
    """Begin an answer (`answer.begun`), empty or with the documents of `like`, to join files before sending."""
    if refusal := rules.may_answer(answers.window(invitation)):
        raise Refused(refusal)
    limits.take("draft", invitation.pk.hex, limits.DRAFTS_BY_INVITATION, timezone.now())
    begun = begin(invitation, like)
    rows = [begun, *answers.documents(begun), *begun.answers.all()]
    _write(begun, "answer.begun", {"firm": begun.invitation.named}, rows)
    return begun


def add_document(draft: Submission, upload: UploadedFile, question_id: UUID | None = None) -> File:
    """Join a file to a draft, or give it as the reply to a question of kind file. Raises `Refused`.

    It is judged before a byte is kept, then again under the lock: the bytes come before any lock, the row and its entry
    (`answer.document_joined`) in one transaction.
    """
    _welcome(draft, upload.size or 0, question_id)
    invitation = draft.invitation
    limits.take("upload", invitation.pk.hex, limits.UPLOADS_BY_INVITATION, timezone.now())
    _take_room(invitation, upload.size or 0)
    try:
        if seals(invitation.sourcing):
            file = store_sealed(draft.organisation_id, draft.sourcing_id, upload)
        else:
            file = store(draft.organisation_id, upload)
    except Refused:
        _take_room(invitation, -(upload.size or 0))
        raise
    with transaction.atomic():
        locked = _own_draft(draft)
        _welcome(locked, file.size, question_id)
        rows = [locked, _join(locked, file, question_id), file]
        _write(locked, "answer.document_joined", {"firm": locked.invitation.named, **file_facts(file)}, rows)
    return file


def _welcome(draft: Submission, size: int, question_id: UUID | None) -> None:
    """Raise `Refused` unless a file of that many bytes may join those of the draft, but the one that it replaces."""
    joined = answers.documents(draft)
    replies = draft.answers.exclude(file=None).exclude(question_id=question_id).values_list("file__size", flat=True)
    refusal = rules.may_join(answers.window(draft.invitation), len(joined))
    if refusal := refusal or answer_refusal([*(row.file.size for row in joined), *replies, size]):
        raise Refused(refusal, "documents")


def _take_room(invitation: Invitation, size: int) -> None:
    """Count bytes before they are kept: those of drafts, and of documents taken out, stay on the disk as well."""
    room = Invitation.objects.filter(pk=invitation.pk, received_bytes__lte=rules.MAX_RECEIVED - size)
    if not room.update(received_bytes=F("received_bytes") + size):
        raise Refused(rules.NO_MORE_ROOM, "documents")


def _join(draft: Submission, file: File, question_id: UUID | None) -> Model:
    if question_id is None:
        return SubmissionDocument.objects.create(submission=draft, file=file)
    question = Question.objects.filter(sourcing_id=draft.sourcing_id, pk=question_id, kind=Question.Kind.FILE).first()
    if question is None:
        raise refuse("unknown_question", "Cette question n'est pas dans la demande.", "documents")
    return QuestionAnswer.objects.update_or_create(submission=draft, question=question, defaults={"file": file})[0]


@transaction.atomic
def remove_document(draft: Submission, document_id: int) -> None:
    """Take a document out of a draft; its bytes stay until the purge, its row says that it was removed."""
    locked = _own_draft(draft)
    document = locked.documents.filter(pk=document_id, removed=False).select_related("file").first()
    if document is None:
        raise refuse("unknown_document", "Ce document n'est plus dans votre réponse.", "documents")
    document.removed = True
    document.save(update_fields=["removed"])
    facts = {"firm": locked.invitation.named, **file_facts(document.file)}
    _write(locked, "answer.document_removed", facts, [locked, document])


def _own_draft(draft: Submission) -> Submission:
    locked = Submission.objects.select_for_update().get(pk=draft.pk)
    if locked.state != Submission.State.DRAFT:
        raise refuse("already_sent", rules.ALREADY_SENT)
    return locked


# --- deposits --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def submit(
    invitation: Invitation,
    answer: Answer,
    *,
    draft: Submission | None = None,
    received_at: datetime | None = None,
    sender: Sender | None = None,
) -> Submission:
    """Receive an answer (`answer.received`), or keep it closed when it is late (`answer.late`). Raises `Refused`.

    `draft` brings the documents already joined. `received_at` is the clock at the last byte; now when not given. A former
    answer of the same round is replaced and kept, when `sender` is who sent it. Two at once are taken in the order of the lock;
    what `sender` had already sent is the answer it made then.
    """
    at = rules.to_millisecond(received_at or timezone.now())
    sourcing = _lock(invitation)
    if made := answers.sent_already(invitation, sender):
        return made
    window = answers.window(invitation, sourcing)
    if refusal := rules.may_answer(window):
        raise Refused(refusal)
    _check_sender(invitation, window, sender, at)
    _count(invitation)
    submission = _draft_to_send(invitation, draft, window)
    _sign(submission, sender)
    _check(sourcing, submission, answer)
    documents = answers.documents(submission)
    content = _content(sourcing, submission, answer, documents)
    submission.email = answer.email.strip()  # in clear, sealed or not: its receipt goes there at once
    if not rules.in_time(window, at):
        rows, said, verb = *keep_closed(sourcing, submission, at, content), "answer.late"
    elif seals(sourcing):
        said, verb = close(submission, content), "answer.received"
        rows = [*receive(submission, at), *submission.answers.all()]
    else:
        filled, said, verb = fill(submission, content), content, "answer.received"
        rows = [*receive(submission, at), *filled.save(), *submission.answers.all()]
    facts = deposit_facts(submission, [deposited(document.file) for document in documents])
    _deposit(submission, verb, {**said, **facts, "deadline": window.deadline}, rows, documents)
    return submission


def _content(sourcing: Sourcing, submission: Submission, answer: Answer, documents: list[SubmissionDocument]) -> dict[str, Any]:
    """All that the firm says and joins, as plain values."""
    files = {question: own_facts(sourcing, file) for question, file in _reply_files(submission).items()}
    joined = [own_facts(sourcing, document.file) for document in documents]
    content: dict[str, Any] = plain({**answer_facts(sourcing, answer, files), "documents": joined})
    return content


@transaction.atomic
def decline(
    invitation: Invitation,
    reason: str,
    note: str = "",
    *,
    received_at: datetime | None = None,
    sender: Sender | None = None,
) -> Submission:
    """Say no, with a reason of `DECLINE_REASONS` (`answer.declined`). Raises `Refused`.

    « Ce n'est plus mon métier » and « J'ai fermé ou vendu » correct the firm after the opening; said by who came by the
    notice, after the check of his identity.
    """
    at = rules.to_millisecond(received_at or timezone.now())
    sourcing = _lock(invitation)
    if made := answers.sent_already(invitation, sender):
        return made
    window = answers.window(invitation, sourcing)
    if refusal := rules.may_decline(window, reason):
        raise Refused(refusal, "reason")
    _check_sender(invitation, window, sender, at)
    _count(invitation)
    submission = _draft_to_send(invitation, None, window)
    _sign(submission, sender)
    submission.kind = Submission.Kind.DECLINE
    submission.decline_reason, submission.decline_note = reason, note.strip()[:300]
    if rules.in_time(window, at):
        rows, verb = receive(submission, at), "answer.declined"
    else:
        rows, verb = number(submission, "keep_closed", at), "answer.late"
    facts = deposit_facts(submission, [])
    content = {"reason": rules.DECLINE_REASONS[reason], "note": submission.decline_note, "deadline": window.deadline}
    _deposit(submission, verb, facts | content, rows, [])
    after_opening.correct_at_once(submission, sourcing)
    return submission


@transaction.atomic
def withdraw(invitation: Invitation, *, at: datetime | None = None) -> Submission:
    """Take the current answer back (`answer.withdrawn`), until the deadline of its round. Raises `Refused`."""
    at = rules.to_millisecond(at or timezone.now())
    sourcing = _lock(invitation)
    window = answers.window(invitation, sourcing)
    submission = answers.current(invitation, window.round)
    refusal = rules.may_withdraw(window, at, submission is not None)
    if refusal or submission is None:
        raise Refused(refusal or rules.NOTHING_SENT)
    submission.state = next_state(rules.TRANSITIONS, submission.state, "withdraw", rules.ALREADY_SENT)
    submission.withdrawn_at = at
    submission.save(update_fields=["state", "withdrawn_at"])
    prove(submission, _write(submission, "answer.withdrawn", deposit_facts(submission, []), [submission]))
    acknowledge(submission)
    return submission


# --- pieces ----------------------------------------------------------------------------------------------------------------


def _lock(invitation: Invitation) -> Sourcing:
    """The one lock of a deposit: orders the answers of a firm, and them with an extension or the closing."""
    return Sourcing.objects.select_for_update().get(pk=invitation.sourcing_id)


def _check_sender(invitation: Invitation, window: rules.Window, sender: Sender | None, at: datetime) -> None:
    """Who holds the link undoes nothing of what the firm sent: a late answer undoes nothing."""
    current = answers.current(invitation, window.round) if rules.in_time(window, at) else None
    standing = rules.Standing(current.pk, current.seat, current.received_at) if current and current.received_at else None
    if refusal := rules.may_replace(standing, sender, at):
        raise Refused(refusal)


def _count(invitation: Invitation) -> None:
    """Each answer sends a message, to any address its form holds: nobody writes to others through us all day."""
    limits.take("answer", invitation.pk.hex, limits.ANSWERS_BY_INVITATION, timezone.now())


def _draft_to_send(invitation: Invitation, given: Submission | None, window: rules.Window) -> Submission:
    """The given draft, locked; when it has already left (a double tap, another tab), a new one with its documents."""
    if given is not None:
        if given.invitation_id != invitation.pk:
            raise refuse("unknown_draft", "Ce brouillon n'est pas le vôtre.")
        locked = Submission.objects.select_for_update().get(pk=given.pk)
        submission = locked if locked.state == Submission.State.DRAFT else begin(invitation, like=locked)
    else:
        submission = begin(invitation)
    submission.round = window.round
    return submission


def _sign(submission: Submission, sender: Sender | None) -> None:
    if sender is not None:
        submission.seat, submission.sending = sender.seat, sender.sending


def _check(sourcing: Sourcing, submission: Submission, answer: Answer) -> None:
    found = rules.problems(
        answers.asked(sourcing, submission.round),
        answer,
        with_file=frozenset(_reply_files(submission)),
        documents=len(answers.documents(submission)),
    )
    if found:
        raise refuse(found[0].code, found[0].sentence, found[0].field)


def _reply_files(submission: Submission) -> dict[UUID, File]:
    return {reply.question_id: reply.file for reply in submission.answers.exclude(file=None).select_related("file")}


def _deposit(
    submission: Submission, verb: str, facts: dict[str, Any], rows: list[Model], documents: list[SubmissionDocument]
) -> None:
    write_replaced(submission)
    prove(submission, _write(submission, verb, facts, [*rows, *documents]))
    acknowledge(submission)


def _write(submission: Submission, verb: str, facts: Mapping[str, Any], rows: list[Model]) -> Entry:
    need_id = submission.sourcing.need_id
    return append(submission.organisation_id, need_id, verb, facts, actor=submission.invitation.author_id, rows=rows)
