"""What the journal says of a sourcing."""

from typing import Any

from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.sourcing.models import Sourcing


def entries(sourcing: Sourcing, verb: str | None = None) -> list[Entry]:
    found = Entry.objects.filter(log=sourcing.organisation_id, stream=sourcing.need_id.hex).order_by("seq")
    return list(found.filter(verb=verb) if verb else found)


def last_payload(sourcing: Sourcing, verb: str | None = None) -> dict[str, Any]:
    payload = payload_of(entries(sourcing, verb)[-1])
    assert payload is not None
    return payload
