"""The firms asked by SMS, and what became of it, for the page of the city. Nothing here tells who answered."""

from dataclasses import dataclass
from datetime import datetime

from sourcier.mail.models import OutgoingText
from sourcier.sourcing import queries
from sourcier.sourcing.models import Invitation, Sourcing


@dataclass(frozen=True, slots=True)
class Texted:
    """`became`: « remis », « en attente »…; `why`: what keeps it, or made it fail."""

    invitation: Invitation
    became: str
    sent_at: datetime | None
    lost: bool
    stopped: bool
    why: str


def texts_of(sourcing: Sourcing) -> list[Texted]:
    """One line per firm asked by SMS, by name, with the last text of its request."""
    asked = list(queries.invitations(sourcing).filter(channel=Invitation.Channel.SMS))
    texts = OutgoingText.objects.filter(
        organisation_id=sourcing.organisation_id, kind="invitation", subject_id__in=[each.pk for each in asked]
    )
    last = {text.subject_id: text for text in texts.order_by("created_at")}
    return [_line(invitation, last.get(invitation.pk)) for invitation in asked]


def _line(invitation: Invitation, text: OutgoingText | None) -> Texted:
    stopped = invitation.stopped_at is not None
    if text is None:
        return Texted(invitation, "effacé", invitation.sent_at, False, stopped, "")
    became = "a répondu STOP" if stopped else text.became.lower()
    return Texted(invitation, became, text.sent_at, text.lost, stopped, text.last_error)
