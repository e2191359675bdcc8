"""The reply address of each firm asked: computed from its seed like its link, looked up by HMAC."""

from sourcier.mail.replying import reply_address
from sourcier.sourcing.models import Invitation
from sourcier.suppliers import tokens


def reply_to(invitation: Invitation) -> str:
    """Where this firm replies: its own address, when the city receives replies; else that of the city."""
    own = reply_address(tokens.reply_token(invitation.seed)) if invitation.reply_hmac else ""
    return own or invitation.sourcing.organisation.email


def by_reply_token(token: str) -> Invitation | None:
    """The invitation whose reply address holds that token."""
    if not token:
        return None
    found = Invitation.objects.filter(reply_hmac=tokens.reply_hmac(token))
    return found.select_related("sourcing__organisation", "sourcing__need", "firm").first()
