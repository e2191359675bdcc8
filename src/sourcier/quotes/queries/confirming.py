"""The link of an acknowledgement: it went to the firm's own address, and confirms the price of the answer it replied by e-mail.

It adds a price to that very answer, once, until the deadline; to see an answer again or take it back, a code is asked as ever.
"""

from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from sourcier.mail.incoming import Incoming, read
from sourcier.mail.models import IncomingMessage
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.models import Submission
from sourcier.quotes.queries import answers
from sourcier.quotes.sealing import UNREADABLE
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.vault.queries import read_sealed

SALT = "sourcier.quotes.confirming"


def is_priced(submission: Submission) -> bool:
    """Is there a price to confirm?"""
    return submission.sourcing.kind != Sourcing.Kind.RFI and submission.sourcing.price_lines.exists()


def link(submission: Submission) -> str:
    """The address of the page that confirms it."""
    return f"{settings.SITE_URL}/r/confirmer/{_signer(submission.invitation).sign(submission.pk.hex)}"


def _signer(invitation: Invitation) -> Signer:
    """A new link of the firm kills those of before."""
    return Signer(salt=f"{SALT}:{invitation.token_sha256}", sep=".")


@sensitive_variables()
def by_token(token: str) -> Submission | None:
    """The answer that this link confirms, whatever became of it."""
    try:
        pk = UUID(token.partition(".")[0])
    except ValueError:
        return None
    rows = Submission.objects.select_related("invitation__sourcing__organisation", "invitation__firm", "sourcing")
    submission = rows.filter(pk=pk, by_email=True).first()
    if submission is None:
        return None
    try:
        _signer(submission.invitation).unsign(token)
    except BadSignature:
        return None
    return submission


def waits(invitation: Invitation, submission_id: UUID) -> Submission | None:
    """The answer by e-mail that still counts and has no price, in time; None once it was confirmed, replaced or taken back."""
    window = answers.window(invitation)
    if rules.may_answer(window) or window.round > 1 or not rules.in_time(window, timezone.now()):
        return None
    current = answers.current(invitation, window.round)
    return current if current is not None and current.by_email and current.pk == submission_id else None


def message_of(submission: Submission) -> Incoming | None:
    """The e-mail that made it, as its own firm may read it again; None when it came from another address."""
    row = IncomingMessage.objects.filter(answer_id=submission.pk, known=True).select_related("file").first()
    try:
        return read(read_sealed(row.sealed_under, row.file)) if row else None
    except UNREADABLE:
        return None
