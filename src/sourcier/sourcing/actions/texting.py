"""SMS to the firms that are asked so: the same information as the others, at the same minute, by one sentence and a link.

What they answer by SMS is kept sealed until the opening; it is no answer, and they are told so. « STOP » is obeyed.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from sourcier.kernel.phones import mobile_in
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import IncomingText, OutgoingText
from sourcier.mail.registry import Addressee
from sourcier.mail.texts import enqueue_text
from sourcier.sourcing import limits, queries
from sourcier.sourcing.briefs import link
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.sourcing.text_words import sentence
from sourcier.suppliers import tokens
from sourcier.suppliers.actions.contacts import mark_failing
from sourcier.suppliers.models import Contact

logger = logging.getLogger(__name__)
ANSWERED_AN_HOUR = 3


def text(invitation: Invitation, kind: str, subject_id: UUID, *, sealed: bool = False, number: str = "") -> OutgoingText:
    """Queue an SMS to a firm, with its personal link. `number`: that of a receipt."""
    sourcing = invitation.sourcing
    token, _ = tokens.secrets_of(invitation.seed, invitation.token_sha256)
    said = sentence(kind, sourcing.kind, sourcing.deadline, number=number, stop=bool(settings.SMS_INBOUND))
    return enqueue_text(
        sourcing.organisation, kind=kind, number=invitation.mobile, to_name=invitation.firm.name, sentence=said,
        secret=link(token), operation_id=sourcing.need_id, firm_id=invitation.firm_id, subject_id=subject_id, sealed=sealed,
    )  # fmt: skip


def record_result(sent: OutgoingText) -> None:
    """What became of an invitation by SMS. One that is lost marks the number, here and among the firm's contacts.

    A text to a number corrected meanwhile says nothing of the new one.
    """
    state = Invitation.State.FAILED if sent.lost else Invitation.State.SENT
    Invitation.objects.filter(pk=sent.subject_id, channel=Invitation.Channel.SMS, mobile=sent.to_number).update(
        state=state, sent_at=sent.sent_at
    )
    if sent.number_refused or sent.delivery == OutgoingText.Delivery.LOST:
        phones = Contact.objects.filter(firm=sent.firm_id, kind=Contact.Kind.PHONE, state=Contact.State.GOOD)
        for contact in [each for each in phones if mobile_in(each.value) == sent.to_number]:
            mark_failing(contact, sent.last_error or "Le SMS n'a pas été remis.")


def asked_at(number: str) -> Addressee | None:
    """The firm that was asked last at that number."""
    asked = Invitation.objects.filter(mobile=number).exclude(sourcing__state=Sourcing.State.DRAFT)
    found = asked.select_related("sourcing", "firm").order_by("-created_at", "pk").first()
    if found is None:
        return None
    sourcing = found.sourcing
    return Addressee(
        sourcing.organisation_id, sourcing.need_id, sourcing.pk, found.pk, found.author_id, found.named, number
    )  # fmt: skip


def arrive(came: IncomingText) -> None:
    """An SMS is no answer: the firm is told so, with its link, a few times an hour at most since two programs could talk."""
    invitation = Invitation.objects.select_related("sourcing__organisation", "firm").get(pk=came.subject_id)
    if not queries.texted_at(invitation):
        return
    try:
        with transaction.atomic():
            limits.take("sms", invitation.pk.hex, ANSWERED_AN_HOUR, came.received_at)
    except Refused:
        return
    text(invitation, "text_kept", came.pk, sealed=True)


def stop(organisation_id: UUID, number: str, at: datetime) -> Iterable[Invitation]:
    """« STOP » from that number: the requests in progress leave it in peace."""
    over = (Sourcing.State.DONE, Sourcing.State.ENDED)
    asked = Invitation.objects.filter(sourcing__organisation_id=organisation_id, mobile=number, stopped_at=None)
    left = list(asked.filter(channel=Invitation.Channel.SMS).exclude(sourcing__state__in=over).select_for_update(of=("self",)))
    for invitation in left:
        invitation.stopped_at = at
        invitation.save(update_fields=["stopped_at"])
    return left
