"""A firm that replies to its e-mail, attaching its quote, has answered: sealed like the others, at the last byte's instant.

It has no price in its fields: like a paper quote, it is typed once open, unless the firm confirms its price on its page. What
is no answer by itself is kept all the same; a message that was not delivered marks the address.
"""

from datetime import datetime

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.journal.actions import append
from sourcier.journal.registry import plain
from sourcier.kernel.transitions import Refused
from sourcier.mail.actions import enqueue
from sourcier.mail.incoming import Attachment, Incoming, Kind
from sourcier.mail.models import IncomingMessage
from sourcier.mail.registry import Addressee
from sourcier.mail.rules import SECRET_MARK
from sourcier.quotes import answer_rules as rules
from sourcier.quotes import email_words as words
from sourcier.quotes.acknowledgement import acknowledge
from sourcier.quotes.actions.automatic_mail import note
from sourcier.quotes.actions.deposit import begin, keep_closed, prove, receive, write_replaced
from sourcier.quotes.answer_content import answer_facts, deposit_facts, fill
from sourcier.quotes.answer_rules import Answer
from sourcier.quotes.models import Submission, SubmissionDocument
from sourcier.quotes.queries import answers, confirming
from sourcier.quotes.sealing import close, deposited, own_facts, seals
from sourcier.sourcing import limits
from sourcier.sourcing.briefs import link
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.sourcing.queries import reached_at
from sourcier.sourcing.replying import by_reply_token, reply_to
from sourcier.suppliers import tokens
from sourcier.vault.actions import store, store_sealed
from sourcier.vault.models import File

LOGO = 100_000
Done = IncomingMessage.State.DONE


def addressee(token: str) -> Addressee | None:
    """Whose reply address holds that token."""
    if (invitation := by_reply_token(token)) is None:
        return None
    sourcing = invitation.sourcing
    return Addressee(
        sourcing.organisation_id, sourcing.need_id, sourcing.pk, invitation.pk, invitation.author_id, invitation.named,
        invitation.address,
    )  # fmt: skip


def arrive(row: IncomingMessage, message: Incoming) -> None:
    """A message came to the reply address of a firm: answer, notice of non-delivery, or a message to keep."""
    invitation = Invitation.objects.select_related("sourcing__organisation", "firm").get(pk=row.subject_id)
    if row.kind in (Kind.BOUNCE, Kind.AUTO):
        with transaction.atomic():
            _done(row)
            note(row, invitation, message)
    elif not row.may_answer:
        _done(row)
    else:
        _person_wrote(row, invitation, message)


def _done(row: IncomingMessage, answer: Submission | None = None) -> None:
    row.state, row.answer_id = Done, answer.pk if answer else None
    row.save(update_fields=["state", "answer_id"])


def _person_wrote(row: IncomingMessage, invitation: Invitation, message: Incoming) -> None:
    joined = [file for file in message.attachments if not (_is_logo(file) or file.is_signature)]
    if not joined:
        _keep(row, invitation, words.NO_DOCUMENT)
        return
    files, refused = [], 0
    for attachment in joined[: rules.MAX_DOCUMENTS]:
        try:
            files.append(_store(invitation.sourcing, attachment))
        except Refused:
            refused += 1
    refused += len(joined[rules.MAX_DOCUMENTS :])
    if not files:
        _keep(row, invitation, words.NO_DOCUMENT)
        return
    _answer(row, invitation, message, files, refused)


def _is_logo(file: Attachment) -> bool:
    """The picture of a signature, not a document."""
    return file.inline and file.type.startswith("image/") and file.size < LOGO


def _store(sourcing: Sourcing, attachment: Attachment) -> File:
    upload = SimpleUploadedFile(attachment.name, attachment.data)
    if seals(sourcing):
        return store_sealed(sourcing.organisation_id, sourcing.pk, upload)
    return store(sourcing.organisation_id, upload)


@transaction.atomic
def _answer(row: IncomingMessage, invitation: Invitation, message: Incoming, files: list[File], refused: int) -> None:
    """The deposit (`answer.by_email`), or why it is none. An answer of the page is never replaced by a message."""
    sourcing = Sourcing.objects.select_for_update().get(pk=invitation.sourcing_id)
    if IncomingMessage.objects.select_for_update(of=("self",)).get(pk=row.pk).state == Done:
        return
    window = answers.window(invitation, sourcing)
    if rules.may_answer(window) or window.round > 1 or sourcing.state in ("chosen", "done"):
        _keep(row, invitation, words.CLOSED)
        return
    former = answers.current(invitation, window.round)
    if former is not None and not (former.by_email and row.known):
        _keep(row, invitation, words.ANSWERED)
        return
    limits.take("answer", invitation.pk.hex, limits.ANSWERS_BY_INVITATION, timezone.now())
    submission = begin(invitation)
    submission.paper = submission.by_email = True
    documents = [SubmissionDocument.objects.create(submission=submission, file=file) for file in files]
    verb, facts, rows = _deposit(sourcing, submission, window, message, files, row.received_at)
    write_replaced(submission)
    said = {**facts, "deadline": window.deadline, "message": row.pk, "known": row.known}
    entry = append(
        submission.organisation_id, sourcing.need_id, verb, said, actor=invitation.author_id, rows=[*rows, *documents, *files]
    )
    prove(submission, entry)
    acknowledge(submission, _understood(submission, message, row.known, len(files), refused))
    _done(row, submission)


def _understood(submission: Submission, message: Incoming, known: bool, files: int, refused: int) -> str:
    """What the acknowledgement says; to who wrote from its own address, with the link that confirms the price."""
    price = words.only_price(message.text)
    if not confirming.is_priced(submission):
        return words.understood(files, refused, "", known, "", confirms=False)
    if known and submission.state == Submission.State.RECEIVED:
        return words.understood(files, refused, price, known, confirming.link(submission), confirms=True)
    invitation = submission.invitation
    token, _ = tokens.secrets_of(invitation.seed, invitation.token_sha256)
    return words.understood(files, refused, price, known, link(token), confirms=False)


def _deposit(
    sourcing: Sourcing, submission: Submission, window: rules.Window, message: Incoming, files: list[File], at: datetime
) -> tuple[str, dict[str, object], list[Model]]:
    """Seal what was written and joined; in or late by the last byte."""
    written = Answer(prices=(), vat=Submission.Vat.INCLUDED, note=message.text[: rules.MAX_TEXT], signer="")
    content = plain({**answer_facts(sourcing, written, {}), "documents": [own_facts(sourcing, file) for file in files]})
    if not rules.in_time(window, at):
        rows, said = keep_closed(sourcing, submission, at, content)
        return "answer.by_email_late", {**said, **deposit_facts(submission, [deposited(f) for f in files])}, rows
    if seals(sourcing):
        said, rows = close(submission, content), receive(submission, at)
    else:
        filled, said = fill(submission, content), content
        rows = [*receive(submission, at), *filled.save()]
    return "answer.by_email", {**said, **deposit_facts(submission, [deposited(f) for f in files])}, rows


@transaction.atomic
def _keep(row: IncomingMessage, invitation: Invitation, why: str) -> None:
    """Kept, and the firm is told so at the address that the city knows; twenty times an hour at most."""
    _done(row)
    address = reached_at(invitation)
    if not address:
        return
    try:
        with transaction.atomic():
            limits.take("answer", invitation.pk.hex, limits.ANSWERS_BY_INVITATION, timezone.now())
    except Refused:
        return
    sourcing = invitation.sourcing
    token, _ = tokens.secrets_of(invitation.seed, invitation.token_sha256)
    enqueue(
        sourcing.organisation, kind="mail_kept", to_address=address, to_name=invitation.firm.name,
        subject="Votre courriel est bien arrivé", body=words.kept(why, SECRET_MARK), operation_id=sourcing.need_id,
        firm_id=invitation.firm_id, subject_id=row.pk, sealed=True, reply_to=reply_to(invitation), secret=link(token),
    )  # fmt: skip
