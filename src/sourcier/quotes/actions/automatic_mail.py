"""What no person wrote: a notice that ours did not arrive, an automatic answer. Each has its entry; none betrays an answer.

A notice about the receipt of an answer, or about a reminder, tells who answered: until the opening, its entry is sealed and
nothing is marked. One about the request itself says only that the firm is to be joined otherwise.
"""

from sourcier.journal.actions import append
from sourcier.mail.incoming import Incoming, Kind
from sourcier.mail.models import IncomingMessage, OutgoingMessage
from sourcier.sourcing.models import Invitation
from sourcier.sourcing.rules import is_sealed
from sourcier.suppliers.actions.contacts import mark_failing
from sourcier.suppliers.models import Contact


def note(row: IncomingMessage, invitation: Invitation, message: Incoming) -> None:
    """Write the entry, and mark the address when it may be said now. In the caller's transaction."""
    if _betrays(invitation, message.about):
        _write(row, invitation, "mail.bounced.sealed" if row.kind == Kind.BOUNCE else "mail.away.sealed")
    elif row.kind == Kind.AUTO:
        Invitation.objects.filter(pk=invitation.pk).update(away_at=row.received_at)
        _write(row, invitation, "mail.away")
    elif _is_lost(invitation, message):
        _mark(row, invitation)
    else:
        _write(row, invitation, "mail.delayed")


def note_late(row: IncomingMessage, invitation: Invitation, message: Incoming) -> None:
    """At the opening: an address that was lost, and could not be said before. In the caller's transaction."""
    if row.kind == Kind.BOUNCE and invitation.state != Invitation.State.FAILED and _is_lost(invitation, message):
        _mark(row, invitation)


def _is_lost(invitation: Invitation, message: Incoming) -> bool:
    address = invitation.address.lower()
    return bool(address) and address in message.failed and not invitation.came


def _betrays(invitation: Invitation, about: tuple[str, ...]) -> bool:
    """Would showing it tell who answered? Of a notice that names no message of ours, any sealed one may be the cause."""
    if not is_sealed(invitation.sourcing.state):
        return False
    sent = OutgoingMessage.objects.filter(operation_id=invitation.sourcing.need_id, firm_id=invitation.firm_id)
    named = list(sent.filter(message_id__in=about).values_list("sealed", flat=True))
    return any(named) if named else sent.filter(sealed=True).exists()


def _mark(row: IncomingMessage, invitation: Invitation) -> None:
    """The address is lost: the firm is to be joined otherwise."""
    address = invitation.address
    Invitation.objects.filter(pk=invitation.pk, channel=Invitation.Channel.EMAIL).update(state=Invitation.State.FAILED)
    for contact in invitation.firm.contacts.filter(kind=Contact.Kind.EMAIL, value__iexact=address):
        mark_failing(contact, "Le serveur de cette adresse a rendu le message.")
    _write(row, invitation, "mail.bounced")


def _write(row: IncomingMessage, invitation: Invitation, verb: str) -> None:
    sourcing = invitation.sourcing
    said = {"firm": invitation.named, "siret": invitation.firm.siret, "address": invitation.address, "message": row.pk}
    append(sourcing.organisation_id, sourcing.need_id, verb, said)
