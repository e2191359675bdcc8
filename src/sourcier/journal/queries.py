"""The read side of the journal: entries, what they say, and the French sentence of each."""

import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from string import Formatter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from sourcier.journal.citations import cited
from sourcier.journal.models import Anchor, Entry, Payload
from sourcier.journal.registry import VERBS
from sourcier.kernel.french import format_date, format_moment
from sourcier.kernel.money import format_cents

ERASED = "(contenu effacé)"
NOTHING = "—"


def entries(log_id: UUID, stream: UUID | None = None, *, hide_sealed: Collection[UUID] = ()) -> QuerySet[Entry]:
    """Entries of a log, or of one operation, oldest first, with their payloads.

    `hide_sealed` gives the operations whose answers are not opened: their sealed entries are left out. A page that hides some
    must show neither `index` nor `seq` of the others, nor a count of the log: the holes would tell.
    """
    found = Entry.objects.filter(log_id=log_id).select_related("payload").order_by("index")
    if stream:
        found = found.filter(stream=stream.hex)
    if hide_sealed:
        sealed = [verb.id for verb in VERBS.values() if verb.sealed]
        found = found.exclude(stream__in=[operation.hex for operation in hide_sealed], verb__in=sealed)
    return found


@dataclass(frozen=True, slots=True)
class Anchoring:
    """Where the time of a log stands: whether an authority is set, the last time obtained, the one that waits."""

    configured: bool
    last: Anchor | None
    waiting: Anchor | None


def anchoring(log_id: UUID) -> Anchoring:
    """For the pages and `sourcier doctor`. The size that an anchor covers is not for a page: it counts closed answers."""
    anchors = Anchor.objects.filter(log_id=log_id)
    last = anchors.filter(state=Anchor.State.OBTAINED).order_by("-told_at", "-pk").first()
    return Anchoring(bool(settings.TSA), last, anchors.exclude(state=Anchor.State.OBTAINED).first())


def payload_of(entry: Entry) -> dict[str, Any] | None:
    """What the entry says; None once it was erased."""
    body = entry.payload.body
    return None if body is None else json.loads(bytes(body))


def cited_besides(log_id: UUID, digests: Collection[str], indexes: Collection[int]) -> set[str]:
    """Those of these documents that a content of the log cites, the entries of `indexes` left out. Reads the whole log."""
    if not digests:
        return set()
    found: set[str] = set()
    bodies = Payload.objects.filter(entry__log_id=log_id, body__isnull=False).values_list("entry__index", "body")
    left_out = set(indexes)
    for index, body in bodies.iterator(chunk_size=1_000):
        if index not in left_out and b'sha256":"' in (said := bytes(body)):
            found.update(digest for digest in cited(said) if digest in digests)
    return found


def moment_of(entry: Entry) -> datetime:
    """When it was written, by the server's clock."""
    return datetime.fromtimestamp(entry.at / 1000, UTC)


def sentence(entry: Entry) -> str:
    """The verb's French sentence with the payload's words; `{amount:euros}`, `{at:moment}`, `{day:date}` give French forms.

    An erased payload leaves the sentence with « (contenu effacé) » in place of its words.
    """
    verb = VERBS.get(entry.verb)
    if verb is None:
        return f"Acte « {entry.verb} », inconnu de cette version."
    return _Sentence(payload_of(entry)).format(verb.sentence)


class _Sentence(Formatter):
    """Fills a verb's sentence; a missing word never raises."""

    def __init__(self, payload: dict[str, Any] | None) -> None:
        self.payload = payload

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:
        if self.payload is None:
            return ERASED, field_name
        value: Any = self.payload
        for key in field_name.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value, field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None or value == "" or value == []:
            return NOTHING
        if isinstance(value, list):
            return ", ".join(self.format_field(item, format_spec) for item in value)
        if isinstance(value, bool):
            return "oui" if value else "non"
        with suppress(ValueError, OverflowError, OSError):
            match format_spec, value:
                case "euros", int():
                    return format_cents(value)
                case "moment", int():
                    return format_moment(datetime.fromtimestamp(value / 1000, UTC))
                case "date", str():
                    return format_date(date.fromisoformat(value))
        return str(value)
