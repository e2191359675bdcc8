"""A firm contests what an agent registered of its paper; the head buyer answers with his reasons, once the answers are open."""

import logging
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.journal.actions import append
from sourcier.kernel.transitions import Refused, refuse
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.actions.after_opening import sealed
from sourcier.quotes.actions.evaluate import lock
from sourcier.quotes.answer_content import in_envelope
from sourcier.quotes.models import Contest, Submission
from sourcier.quotes.queries.contests import words
from sourcier.quotes.rules import too_short
from sourcier.sourcing import limits
from sourcier.sourcing.models import Sourcing
from sourcier.vault.actions import CANNOT_SEAL
from sourcier.vault.master import MasterKeyMissing
from sourcier.vault.sealing import seal

logger = logging.getLogger(__name__)
MOST = 4_000
CONTESTS_BY_ANSWER = 5
MAY_STILL = (Sourcing.State.OPEN, Sourcing.State.CLOSED, Sourcing.State.OPENED)


@transaction.atomic
def contest(submission: Submission, text: str) -> Contest:
    """Contest, in the firm's own words (`answer.contested`, sealed), until the choice. Raises `Refused`."""
    sourcing = Sourcing.objects.select_for_update().get(pk=submission.sourcing_id)
    if not submission.paper or submission.by_email or submission.state == Submission.State.DRAFT:
        raise Refused(rules.NOT_REGISTERED)
    if sourcing.state not in MAY_STILL:
        raise Refused(rules.CHOSEN)
    if not (said := text.strip()[:MOST]):
        raise refuse("no_words", "Écrivez quelques mots.", "text")
    limits.take("contest", submission.pk.hex, CONTESTS_BY_ANSWER, timezone.now())
    made = Contest(submission=submission, made_at=timezone.now())
    encoded, commitment = in_envelope({"text": said})
    try:
        made.sealed = seal(submission.organisation_id, sourcing.pk, made.pk, encoded)
    except MasterKeyMissing as error:
        logger.critical("nothing can be sealed: %s", error)
        raise Refused(CANNOT_SEAL) from None
    made.sealed_sha256 = sha256(made.sealed).hexdigest()
    made.save()
    told = {
        "firm": submission.invitation.named, "siret": submission.firm.siret, "receipt": submission.receipt_number,
        "submission": submission.pk, "contest": made.pk, "sealed_sha256": made.sealed_sha256, "commitment": commitment,
    }  # fmt: skip
    author = submission.invitation.author_id
    append(submission.organisation_id, sourcing.need_id, "answer.contested", told, actor=author, rows=[made])
    return made


@transaction.atomic
def reply(agent: Agent, contest_id: UUID, reason: str) -> Contest:
    """Answer with reasons (`answer.contest_answered`), what was contested beside them; once. Raises `Refused`."""
    if not agent.has(Role.HEAD_BUYER):
        raise refuse("not_a_head_buyer", "Seul le responsable des achats répond à une contestation.")
    found = Contest.objects.select_related("submission__invitation__firm", "submission__firm")
    made = found.select_for_update(of=("self",)).get(pk=contest_id, submission__organisation=agent.organisation)
    submission = made.submission
    sourcing = lock(agent, submission.sourcing_id)
    if sealed(sourcing):
        raise refuse("sealed", "Les réponses sont fermées : la contestation aussi.")
    if made.answered_at is not None:
        raise refuse("already_answered", "Cette contestation a déjà sa réponse.")
    if refusal := too_short(reason):
        raise Refused(refusal, "reason")
    made.answer, made.answered_by, made.answered_at = reason.strip()[:MOST], agent.user, timezone.now()
    made.save()
    told = {
        "name": agent.user.name, "firm": submission.invitation.named, "receipt": submission.receipt_number,
        "submission": submission.pk, "contest": made.pk, "contested": words(made), "reason": made.answer,
    }  # fmt: skip
    append(agent.organisation.pk, sourcing.need_id, "answer.contest_answered", told, actor=agent.id, rows=[made])
    return made
