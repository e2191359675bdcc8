"""SMS that firms sent back become readable once nothing of their request is closed any more."""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

from sourcier.journal.actions import append
from sourcier.mail.models import IncomingText
from sourcier.quotes.models import LastPriceRound
from sourcier.quotes.sealing import UNREADABLE
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.vault.sealing import unseal

logger = logging.getLogger(__name__)


def read_opened(now: datetime) -> int:
    """Make readable the SMS of the requests that are opened, whose last prices are too. For `tick`, each in a transaction."""
    pending = LastPriceRound.objects.filter(opened_at=None).values("sourcing_id")
    opened = Sourcing.objects.filter(opened_at__isnull=False).exclude(pk__in=pending).values("pk")
    done = 0
    for row in (
        IncomingText.objects.filter(opened_at=None, sealed_under__in=opened).exclude(sealed=None).order_by("received_at")
    ):
        try:
            words = unseal(row.organisation_id, row.sealed_under, row.pk, bytes(row.sealed)).decode()
        except UNREADABLE as error:
            logger.critical("an SMS kept cannot be opened: %s", type(error).__name__)
            continue
        _open(row.pk, words, now)
        done += 1
    return done


@transaction.atomic
def _open(row_id: UUID, words: str, now: datetime) -> None:
    row = IncomingText.objects.select_for_update(of=("self",)).get(pk=row_id)
    if row.opened_at is not None:
        return
    row.text, row.opened_at = words, now.replace(microsecond=0)
    row.save(update_fields=["text", "opened_at"])
    invitation = Invitation.objects.select_related("firm").get(pk=row.subject_id)
    said = {"text": row.pk, "firm": invitation.named, "received_at": row.received_at, "words": words}
    append(row.organisation_id, row.operation_id, "text.opened", said, rows=[row])
