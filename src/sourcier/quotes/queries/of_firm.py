"""What a firm reads of its exchanges on its own place: what it was asked, what changed, and, once opened, what it answered.

Whoever holds a key of the place is not yet who answered: until the opening nothing here tells that somebody did.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sourcier.quotes.answer_rules import link_alive
from sourcier.quotes.models import Notification, Submission
from sourcier.quotes.queries.answers import SENT
from sourcier.quotes.sealing import still_sealed
from sourcier.sourcing.known_firms import asked_of
from sourcier.sourcing.models import Invitation
from sourcier.sourcing.queries import reached_by_mail
from sourcier.sourcing.rules import is_sealed
from sourcier.suppliers.models import Firm

MOST = 100


@dataclass(slots=True)
class Exchange:
    """One request, with its changes `(moment, sentence)`, and what may be read of the answers to it."""

    invitation: Invitation
    closed: bool
    may_write_again: bool
    changes: list[tuple[datetime, str]] = field(default_factory=list)
    answers: list[Submission] = field(default_factory=list)
    result: Notification | None = None


def exchanges(firm: Firm, at: datetime) -> list[Exchange]:
    """The latest first; the number of queries does not grow with theirs."""
    asked = asked_of(firm).prefetch_related("sourcing__extensions", "sourcing__corrections")[:MOST]
    found = {invitation.pk: _exchange(invitation, at) for invitation in asked}
    opened = [pk for pk, exchange in found.items() if not exchange.closed]
    for submission in _readable(opened):
        found[submission.invitation_id].answers.append(submission)
    told = Notification.objects.filter(submission__invitation__in=opened).exclude(state=Notification.State.TO_TELL)
    for notification in told.select_related("submission"):
        found[notification.submission.invitation_id].result = notification
    return list(found.values())


def _exchange(invitation: Invitation, at: datetime) -> Exchange:
    sourcing = invitation.sourcing
    again = reached_by_mail(invitation) and link_alive(sourcing.deadline, at)
    made = Exchange(invitation, is_sealed(sourcing.state), again)
    made.changes += [(each.made_at, f"Date limite reportée : {each.reason}") for each in sourcing.extensions.all()]
    made.changes += [(each.made_at, f"Demande corrigée : {each.text}") for each in sourcing.corrections.all()]
    made.changes.sort(key=lambda change: change[0])
    return made


def _readable(invitations: list[UUID]) -> list[Submission]:
    """Answers whose seal is lifted; a last price waits for its own opening."""
    rows = Submission.objects.filter(invitation__in=invitations, state__in=SENT, entry_id__isnull=False)
    return [row for row in rows.order_by("received_at", "entry_id") if not still_sealed(row)]


def receipt_of(firm: Firm, submission_id: UUID, at: datetime) -> Submission | None:
    """An answer whose receipt may be taken from the place: one that `exchanges` shows."""
    shown = (submission for exchange in exchanges(firm, at) for submission in exchange.answers)
    return next((submission for submission in shown if submission.pk == submission_id), None)


def as_data(found: list[Exchange]) -> list[dict[str, Any]]:
    """The same, to be taken away."""
    return [
        {
            "objet": each.invitation.sourcing.title, "canal": each.invitation.channel, "adresse": each.invitation.address,
            "envoyee_le": each.invitation.sent_at, "date_limite": each.invitation.sourcing.deadline,
            "changements": [{"le": moment, "quoi": words} for moment, words in each.changes],
            "reponses": [
                {"recue_le": answer.received_at, "recepisse": answer.receipt_number, "etat": answer.get_state_display()}
                for answer in each.answers
            ],
            "resultat": each.result.body if each.result else None,
        }
        for each in found
    ]  # fmt: skip
