"""What every deposit is made of, whoever brings the answer: its row, its number, the one it replaces, its proof."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.journal.actions import append
from sourcier.journal.models import Entry
from sourcier.kernel import receipts
from sourcier.kernel.transitions import next_state, refuse
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.answer_content import in_envelope
from sourcier.quotes.models import QuestionAnswer, Submission, SubmissionDocument
from sourcier.quotes.queries import answers
from sourcier.quotes.sealing import close, seals
from sourcier.sourcing.models import Invitation, Sourcing


def begin(invitation: Invitation, like: Submission | None = None) -> Submission:
    """A draft of this invitation, empty or with the documents of `like`; its entry is for the caller."""
    begun = Submission.objects.create(
        organisation_id=invitation.sourcing.organisation_id,
        sourcing_id=invitation.sourcing_id,
        invitation=invitation,
        firm_id=invitation.firm_id,
        round=answers.window(invitation).round,
        kind=_kind(invitation.sourcing),
        created_at=timezone.now(),
    )
    if like is not None:
        SubmissionDocument.objects.bulk_create(
            SubmissionDocument(submission=begun, file_id=document.file_id) for document in answers.documents(like)
        )
        QuestionAnswer.objects.bulk_create(
            QuestionAnswer(submission=begun, question_id=reply.question_id, file_id=reply.file_id)
            for reply in like.answers.exclude(file=None)
        )
    return begun


def _kind(sourcing: Sourcing) -> Submission.Kind:
    return Submission.Kind.INFORMATION if sourcing.kind == Sourcing.Kind.RFI else Submission.Kind.QUOTE


def receive(submission: Submission, at: datetime) -> list[Model]:
    """The answer is in: number, instant, and the former one replaced."""
    former = answers.current(submission.invitation, submission.round)
    submission.replaces = former
    rows = number(submission, "receive", at)
    if former is not None:
        former.state = next_state(rules.TRANSITIONS, former.state, "replace", rules.ALREADY_SENT)
        former.save(update_fields=["state"])
    return rows


def number(submission: Submission, verb: str, at: datetime) -> list[Model]:
    """Save with a receipt number drawn at random, drawn again when the organisation already has it."""
    submission.state = next_state(rules.TRANSITIONS, submission.state, verb, rules.ALREADY_SENT)
    submission.received_at = at
    for _ in range(50):
        submission.receipt_number = receipts.draw_number(secrets.choice)
        try:
            with transaction.atomic():
                submission.save()
        except IntegrityError:
            continue
        return [submission]
    raise refuse("no_number", "Le récépissé n'a pas pu être numéroté. Rien n'est parti : recommencez.")


def keep_closed(
    sourcing: Sourcing, submission: Submission, at: datetime, content: Mapping[str, Any]
) -> tuple[list[Model], dict[str, Any]]:
    """A late answer: its content goes into an envelope that no page opens, sealed for a quote; the entry holds hashes of it."""
    if seals(sourcing):
        said = close(submission, content)
    else:
        encoded, digest = in_envelope(content)
        submission.envelope, said = encoded.decode(), {"envelope_sha256": digest}
    return [*number(submission, "keep_closed", at), *submission.answers.all()], said


def write_replaced(submission: Submission) -> None:
    """An entry of its own for the answer that this one replaces: it is never opened, while the new one will be."""
    if former := submission.replaces:
        told = {
            "firm": former.invitation.named, "submission": former.pk, "receipt": former.receipt_number,
            "by": submission.receipt_number,
        }  # fmt: skip
        need_id, actor = former.sourcing.need_id, former.invitation.author_id
        append(former.organisation_id, need_id, "answer.replaced", told, actor=actor, rows=[former])


def prove(submission: Submission, entry: Entry) -> None:
    """The receipt proves this entry from now on."""
    submission.entry_id = entry.pk
    submission.save(update_fields=["entry_id"])
