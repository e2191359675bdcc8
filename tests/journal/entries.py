"""Which entries an action wrote: `with writes(city.organisation.pk, "need.submitted"): …`."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sourcier.journal.models import Entry, Log


@contextmanager
def writes(log_id: UUID, *verbs: str) -> Iterator[list[Entry]]:
    """Assert that the block writes exactly these verbs, in this order; the list given fills with the entries at the end."""
    before = Log.objects.get(pk=log_id).size
    written: list[Entry] = []
    yield written
    written.extend(Entry.objects.filter(log_id=log_id, index__gte=before).select_related("payload").order_by("index"))
    assert [entry.verb for entry in written] == list(verbs)


@contextmanager
def writes_nothing(log_id: UUID) -> Iterator[None]:
    """Assert that the block, a refused action, leaves the journal as it was."""
    with writes(log_id):
        yield
