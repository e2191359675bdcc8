"""SMS to the firms that are asked so: the same information as the others, at the same minute, by one sentence and a link."""

from uuid import UUID

from django.conf import settings

from sourcier.kernel.phones import mobile_in
from sourcier.mail.models import OutgoingText
from sourcier.mail.texts import enqueue_text
from sourcier.sourcing.briefs import link
from sourcier.sourcing.models import Invitation
from sourcier.sourcing.text_words import sentence
from sourcier.suppliers import tokens
from sourcier.suppliers.actions.contacts import mark_failing
from sourcier.suppliers.models import Contact


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
