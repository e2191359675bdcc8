"""Paper quotes: registered closed, with a photograph of the envelope; typed once everything is open."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import append
from sourcier.journal.registry import plain
from sourcier.kernel.transitions import Refused, refuse
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.acknowledgement import acknowledge
from sourcier.quotes.actions.deposit import begin, number, prove, receive, write_replaced
from sourcier.quotes.actions.evaluate import lock, require_buyer, require_marking
from sourcier.quotes.answer_content import answer_facts, deposit_facts, fill
from sourcier.quotes.answer_rules import Answer
from sourcier.quotes.models import QuotedLine, Submission, SubmissionDocument, SubmissionPlace
from sourcier.quotes.queries import answers
from sourcier.quotes.rules import too_short
from sourcier.quotes.sealing import close, deposited, own_facts, seals
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.vault.actions import store, store_sealed
from sourcier.vault.models import File
from sourcier.vault.queries import file_facts
from sourcier.vault.rules import is_picture_or_pdf

NOBODY = Answer(prices=())


def register_paper(agent: Agent, invitation_id: UUID, photo: UploadedFile, arrived_at: datetime, where: str) -> Submission:
    """Register a closed envelope: its photograph, when it arrived, where it is kept (`answer.paper_registered`, sealed).

    In or late by the moment it arrived. Whether this firm has answered otherwise is not told: the last to arrive stands.
    Raises `Refused`.
    """
    invitation = Invitation.objects.select_related("sourcing__need", "firm").get(
        pk=invitation_id, sourcing__organisation=agent.organisation
    )
    require_buyer(agent, invitation.sourcing.need)
    _require_waiting(invitation.sourcing)
    if not where.strip():
        raise refuse("no_place", "Dites où l'enveloppe est gardée, fermée.", "where")
    if arrived_at > timezone.now():
        raise refuse("future", "Cette heure n'est pas encore passée. Écrivez quand l'enveloppe est arrivée.", "arrived_at")
    file = store_sealed(agent.organisation.pk, invitation.sourcing_id, photo)
    _require_picture(own_facts(invitation.sourcing, file)["type"], "photo")
    return _register(agent, invitation, file, rules.to_millisecond(arrived_at), where.strip())


def _require_waiting(sourcing: Sourcing) -> None:
    if not seals(sourcing) or sourcing.state not in (Sourcing.State.OPEN, Sourcing.State.CLOSED):
        raise refuse("not_waiting", "On n'enregistre un pli fermé qu'avant l'ouverture des devis.")


@transaction.atomic
def _register(agent: Agent, invitation: Invitation, file: File, at: datetime, where: str) -> Submission:
    sourcing = lock(agent, invitation.sourcing_id)
    _require_waiting(sourcing)
    if sourcing.sent_at is not None and at < sourcing.sent_at:
        raise refuse("before_sending", "Cette heure est avant l'envoi de la demande. Corrigez-la.", "arrived_at")
    submission = begin(invitation)
    submission.paper = True
    document = SubmissionDocument.objects.create(submission=submission, file=file)
    content = plain({**answer_facts(sourcing, NOBODY, {}), "documents": [own_facts(sourcing, file)]})
    said = close(submission, content)
    rows = _take(submission, at, rules.Window(sourcing.state, sourcing.deadline, 1))
    facts = {
        **said, **deposit_facts(submission, [deposited(file)]), "name": agent.user.name, "where": where,
        "deadline": sourcing.deadline,
    }  # fmt: skip
    write_replaced(submission)
    entry = append(
        agent.organisation.pk, sourcing.need_id, "answer.paper_registered", facts, actor=agent.id, rows=[*rows, document, file]
    )
    prove(submission, entry)
    if submission.state != Submission.State.REPLACED:
        acknowledge(submission)
    return submission


def _take(submission: Submission, at: datetime, window: rules.Window) -> list[Model]:
    """In, late, or replaced by what this firm sent after it."""
    if not rules.in_time(window, at):
        return number(submission, "keep_closed", at)
    newer = answers.current(submission.invitation, 1)
    if newer is None or newer.received_at is None or newer.received_at <= at:
        return receive(submission, at)
    rows = number(submission, "receive", at)
    submission.state = Submission.State.REPLACED
    submission.save(update_fields=["state"])
    return rows


def type_paper(
    agent: Agent, submission_id: UUID, answer: Answer, scan: UploadedFile | None = None, reason: str = ""
) -> Submission:
    """Type what a paper quote says, beside its scan; with a reason to mend it, until a lot is chosen. Raises `Refused`."""
    submission = Submission.objects.select_related("sourcing__need").get(pk=submission_id, organisation=agent.organisation)
    require_buyer(agent, submission.sourcing.need)
    if scan is None and submission.typed_at is None and not submission.by_email:
        raise refuse("no_scan", "Joignez le devis photographié ou numérisé : chacun comparera.", "scan")
    if submission.typed_at is not None and (refusal := too_short(reason)):
        raise Refused(refusal, "reason")
    kept = store(agent.organisation.pk, scan) if scan else None
    if kept:
        _require_picture(kept.media_type, "scan")
    return _type(agent, submission, answer, kept, reason.strip())


def _require_picture(media_type: str, field: str) -> None:
    if not is_picture_or_pdf(media_type):
        raise refuse("not_a_picture", "Joignez une photo ou un PDF : chacun doit voir le papier.", field)


@transaction.atomic
def _type(agent: Agent, given: Submission, answer: Answer, scan: File | None, reason: str) -> Submission:
    sourcing = lock(agent, given.sourcing_id)
    require_marking(sourcing)
    submission = Submission.objects.select_for_update(of=("self",)).select_related("invitation__firm", "firm").get(pk=given.pk)
    if not submission.paper or submission.state != Submission.State.RECEIVED:
        raise refuse("not_paper", "Ce devis n'est pas arrivé sur papier : il ne se tape pas.")
    _check(sourcing, answer)
    rows: list[Model] = []
    if scan:
        rows = [SubmissionDocument.objects.create(submission=submission, file=scan), scan]
    lines, places = list(submission.lines.all()), list(submission.places.all())
    QuotedLine.objects.filter(pk__in=[line.pk for line in lines]).delete()
    SubmissionPlace.objects.filter(pk__in=[place.pk for place in places]).delete()
    submission.answers.update(text="")  # a reply taken out by a correction leaves no words behind
    content: Mapping[str, Any] = plain(answer_facts(sourcing, answer, {}))
    filled = fill(submission, content)
    verb = "answer.paper_corrected" if submission.typed_at else "answer.paper_typed"
    submission.typed_at = timezone.now()
    submission.save()
    facts = {
        "name": agent.user.name, "firm": submission.invitation.named, "siret": submission.firm.siret,
        "receipt": submission.receipt_number, "submission": submission.pk, "content": content,
        "scan": file_facts(scan) if scan else None, "reason": reason,
    }  # fmt: skip
    append(
        agent.organisation.pk, sourcing.need_id, verb, facts, actor=agent.id,
        rows=[submission, *filled.save(), *submission.answers.all(), *rows], gone=[*lines, *places],
    )  # fmt: skip
    return submission


def _check(sourcing: Sourcing, answer: Answer) -> None:
    """The rules of an answer, but for files that a paper does not join."""
    asked = answers.asked(sourcing)
    with_file = frozenset(question.id for question in asked.questions)
    if found := rules.problems(asked, answer, with_file=with_file, documents=0):
        raise refuse(found[0].code, found[0].sentence, found[0].field)
