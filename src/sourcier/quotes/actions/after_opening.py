"""What a firm says of itself beside its answer: kept apart until the opening, since it would tell the city who has answered.

Said by who came by the notice, it waits as well for the check of his identity: until then he speaks for his address alone.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from sourcier.journal.actions import append
from sourcier.law.retention import CONTACT
from sourcier.quotes.models import LastPriceRound, NewsWish, Submission
from sourcier.retention.clocks import begin
from sourcier.sourcing import limits
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.sourcing.rules import is_sealed
from sourcier.suppliers.actions import cleaned, close_firm, leave_trade, own_contact
from sourcier.suppliers.models import Contact

CORRECTIONS = {"left_trade": leave_trade, "closed": close_firm}


def sealed(sourcing: Sourcing) -> bool:
    """The answers of the round in progress are closed, whatever the kind of the request."""
    return is_sealed(sourcing.state) or LastPriceRound.objects.filter(sourcing=sourcing, opened_at=None).exists()


@transaction.atomic
def be_told(invitation: Invitation, email: str) -> NewsWish:
    """« Voulez-vous être prévenu la prochaine fois ? »: the e-mail that the firm gives itself (`firm.wants_news`, sealed).

    It joins the contacts of the firm once nothing is sealed, nor anyone to be checked. Raises `Refused`.
    """
    firm, now = invitation.firm, timezone.now()
    sourcing = Sourcing.objects.select_for_update().get(pk=invitation.sourcing_id)
    email = cleaned(Contact.Kind.EMAIL, email)
    limits.take("news", invitation.pk.hex, limits.NEWS_BY_INVITATION, now)
    wish, _ = NewsWish.objects.get_or_create(invitation=invitation, email=email, defaults={"asked_at": now})
    facts = {"sourcing": sourcing.pk, "firm": invitation.named, "siret": firm.siret, "email": email}
    append(firm.organisation_id, sourcing.need_id, "firm.wants_news", facts, actor=invitation.author_id, rows=[wish])
    if wish.noted_at is None and not _waits(invitation, sourcing):
        _note(wish, now)
    return wish


def note_wishes(now: datetime) -> int:
    """Note the addresses left, once they no longer wait. For `tick`."""
    waiting = NewsWish.objects.filter(noted_at=None).select_related("invitation__sourcing").order_by("asked_at", "pk")
    done = 0
    for pk in [wish.pk for wish in waiting if not _waits(wish.invitation, wish.invitation.sourcing)]:
        with transaction.atomic():
            wish = NewsWish.objects.select_for_update(of=("self",)).select_related("invitation__firm").get(pk=pk)
            if wish.noted_at is None:
                _note(wish, now)
                done += 1
    return done


def _note(wish: NewsWish, now: datetime) -> None:
    firm = wish.invitation.firm
    contact = own_contact(firm, Contact.Kind.EMAIL, wish.email)
    wish.noted_at = now
    wish.save(update_fields=["noted_at"])
    facts = {"firm": firm.name, "siret": firm.siret, "email": wish.email}
    clock = begin(firm.organisation_id, CONTACT, firm.pk, on=timezone.localdate())
    append(firm.organisation_id, None, "firm.gave_address", facts, actor=firm.pk, rows=[contact, wish, clock])


def correct_firms(now: datetime) -> int:
    """Correct the firms whose refusal said that they changed trade or closed, once it no longer waits. For `tick`."""
    waiting = Submission.objects.filter(
        kind=Submission.Kind.DECLINE,
        state__in=(Submission.State.RECEIVED, Submission.State.LATE),
        decline_reason__in=CORRECTIONS,
        correction_applied=False,
    ).select_related("sourcing", "invitation")
    done = 0
    for pk in [row.pk for row in waiting if not _waits(row.invitation, row.sourcing)]:
        with transaction.atomic():
            row = Submission.objects.select_for_update().get(pk=pk)
            if not row.correction_applied:
                _correct(row)
                done += 1
    return done


def correct_at_once(submission: Submission, sourcing: Sourcing) -> None:
    """Correct the firm as its refusal says, if it says so and nothing has to be waited for."""
    if not _waits(submission.invitation, sourcing):
        _correct(submission)


def _waits(invitation: Invitation, sourcing: Sourcing) -> bool:
    return invitation.unverified or sealed(sourcing)


def _correct(submission: Submission) -> None:
    if correction := CORRECTIONS.get(submission.decline_reason):
        correction(submission.firm)
        submission.correction_applied = True
        submission.save(update_fields=["correction_applied"])
