"""A firm has lost the message of its request: the same one leaves again, to the same address."""

from django.db import transaction

from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.mail.models import OutgoingMessage
from sourcier.sourcing import words
from sourcier.sourcing.actions.invite import write
from sourcier.sourcing.briefs import brief
from sourcier.sourcing.models import Invitation
from sourcier.sourcing.queries import reached_by_mail


@transaction.atomic
def write_again(invitation: Invitation) -> OutgoingMessage:
    """Sealed: it may tell who will answer."""
    firm, sourcing = invitation.firm, invitation.sourcing
    if firm.unsubscribed_at or not reached_by_mail(invitation):
        raise refuse("no_address", "Cette demande ne peut pas vous être renvoyée par courriel. Appelez la mairie.")
    subject, body = words.invitation_mail(brief(sourcing))
    message = write(invitation, "invitation_again", subject, body, invitation.pk, sealed=True)
    facts = {"sourcing": sourcing.pk, "firm": firm.name, "siret": firm.siret}
    append(sourcing.organisation_id, sourcing.need_id, "invitation.again", facts, actor=firm.pk)
    return message
