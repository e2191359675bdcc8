"""The stamp of a third party on an export's own entry: awaited a short time, then the dossier is given with it or without.

Whether it came in time is told by the journal alone, by the hours of two entries: the export's, and that of the token. It never
changes once the wait is over, and one export always gives the same bytes. The worker asks; no request waits.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from sourcier.dossier.anchors import stamp
from sourcier.dossier.models import Export
from sourcier.journal.anchors import take_due
from sourcier.journal.models import Anchor, Entry

WAIT = timedelta(seconds=30)
# An entry reads its clock before it is committed.
COMMIT = timedelta(seconds=2)
# An export is dated before its report is made, and its entry after.
MAKING = timedelta(hours=1)
NAME = "data/proofs/export"
AWAITED = (
    "Un tiers est en train d'attester l'heure de ce dossier. Il sera prêt dans 30 secondes au plus, avec ou sans sa réponse : "
    "reprenez-le alors ici."
)


def of(export: Export) -> Anchor | None:
    """The stamp that covers the export's entry, when its token was told to the journal within the wait."""
    if not export.asked:
        return None
    mine = export.entry_index
    obtained = Anchor.objects.filter(
        log_id=export.organisation_id, state=Anchor.State.OBTAINED, entry_index__gt=mine, checkpoint__size__gt=mine
    )
    found = obtained.select_related("checkpoint").order_by("entry_index").first()
    if found is None or found.entry_index is None:
        return None
    return found if _at(export, found.entry_index) - _at(export, mine) <= WAIT else None


def _at(export: Export, index: int) -> datetime:
    at = Entry.objects.values_list("at", flat=True).get(log_id=export.organisation_id, index=index)
    return datetime.fromtimestamp(at / 1000, UTC)


def is_awaited(export: Export, now: datetime) -> bool:
    """Whether its stamp may still come in time: until then no ZIP of it is made."""
    return export.asked and now < _at(export, export.entry_index) + WAIT + COMMIT and of(export) is None


def awaited(exports: Iterable[Export], now: datetime) -> set[UUID]:
    """Those of `exports` whose stamp may still come in time."""
    return {each.pk for each in exports if each.made_at > now - MAKING and is_awaited(each, now)}


def wait(export: Export, *, pause: Callable[[float], None] = time.sleep) -> None:
    """Ask, and wait until the stamp came or can come no more. For a command, which nobody's page waits for."""
    while is_awaited(export, timezone.now()):
        take_due(timezone.now())
        if is_awaited(export, timezone.now()):
            pause(1)


def files(anchor: Anchor | None) -> Iterator[tuple[str, bytes]]:
    """What the ZIP holds of it, beside the proof of its entry: nothing else engages these files, but their signatures."""
    if anchor and anchor.checkpoint:
        yield f"{NAME}.txt", anchor.checkpoint.text.encode()
        yield from stamp(NAME, anchor)
