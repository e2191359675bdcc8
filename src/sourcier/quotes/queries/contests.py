"""What a firm contests of its paper: for the firm itself, and for the city once the answers are open."""

import logging

from sourcier.quotes.answer_content import from_envelope
from sourcier.quotes.models import Contest, Submission
from sourcier.quotes.sealing import UNREADABLE
from sourcier.vault.sealing import unseal

logger = logging.getLogger(__name__)
CLOSED = "Ces mots sont arrivés et scellés. Ils ne peuvent pas être relus pour l'instant."


def words(contest: Contest) -> str:
    """Its words. Who may read them, and when, is for who calls."""
    submission = contest.submission
    try:
        opened = unseal(submission.organisation_id, submission.sourcing_id, contest.pk, bytes(contest.sealed or b""))
        return str(from_envelope(opened)["text"])
    except UNREADABLE as error:
        logger.critical("a sealed contest cannot be read: %s", type(error).__name__)
        return CLOSED


def of(submission: Submission) -> list[tuple[Contest, str]]:
    """Those of one answer with their words, oldest first."""
    if not submission.paper:
        return []
    found = submission.contests.select_related("submission", "answered_by").order_by("made_at", "pk")
    return [(contest, words(contest)) for contest in found]
