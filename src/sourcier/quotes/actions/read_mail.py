"""Mail that was held becomes readable once its request is opened; that of answers replaced, withdrawn or late stays closed."""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from sourcier.journal.actions import append
from sourcier.mail.incoming import Incoming, read
from sourcier.mail.models import IncomingMessage
from sourcier.quotes.actions.automatic_mail import note_late
from sourcier.quotes.models import LastPriceRound, Submission
from sourcier.quotes.sealing import UNREADABLE
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.vault.actions import unseal_file
from sourcier.vault.models import File
from sourcier.vault.queries import file_facts, read_sealed

logger = logging.getLogger(__name__)
State = IncomingMessage.State


def read_opened(now: datetime) -> int:
    """Make readable what nothing holds any more. For `tick`."""
    rows = _released().filter(Q(operation_id__isnull=False), state=State.DONE, opened=None)
    return sum(read_now(row) for row in rows.order_by("received_at", "pk"))


def _released() -> QuerySet[IncomingMessage]:
    """What no closed request and no closed last price holds. A last price may come by e-mail too."""
    pending = LastPriceRound.objects.filter(opened_at=None).values("sourcing_id")
    opened = Sourcing.objects.filter(opened_at__isnull=False).exclude(pk__in=pending).values("pk")
    closed = Submission.objects.exclude(state=Submission.State.RECEIVED, unsealed_at__isnull=False).exclude(sealed=None)
    rows = IncomingMessage.objects.filter(Q(held_by__in=opened) | Q(held_by=None)).exclude(file__path="")
    return rows.exclude(answer_id__in=closed.values("pk")).select_related("file")


def read_now(row: IncomingMessage) -> bool:
    """Make this message readable (`mail.opened`); False when its bytes or their key are lost."""
    try:
        _open(row.pk, *unsealed(row))
    except UNREADABLE as error:
        logger.critical("a message kept cannot be opened: %s", type(error).__name__)
        return False
    return True


def unsealed(row: IncomingMessage) -> tuple[Incoming, File]:
    """What it says, and a readable copy of it as it came. Before any lock. Raises `UNREADABLE`."""
    return read(read_sealed(row.sealed_under, row.file)), unseal_file(row.sealed_under, row.file)


def show(row: IncomingMessage, message: Incoming, readable: File) -> None:
    """Write in the row what was read."""
    row.opened, row.sender, row.subject, row.text = readable, message.sender, message.subject[:200], message.text
    row.save(update_fields=["opened", "sender", "subject", "text"])


@transaction.atomic
def _open(row_id: UUID, message: Incoming, readable: File) -> None:
    row = IncomingMessage.objects.select_for_update(of=("self",)).get(pk=row_id)
    if row.opened_id is not None:
        return
    show(row, message, readable)
    invitation = Invitation.objects.select_related("firm", "sourcing").filter(pk=row.subject_id).first()
    said = {
        "message": row.pk, "firm": invitation.named if invitation else row.sender, "received_at": row.received_at,
        "sender": row.sender, "subject": row.subject, "known": row.known, "document": file_facts(readable),
    }  # fmt: skip
    if invitation is not None:
        note_late(row, invitation, message)
    append(row.organisation_id, row.operation_id, "mail.opened", said, rows=[row, readable])
