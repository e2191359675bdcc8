"""An operation as its own entries tell it, up to a size of the journal: the only source of a dossier.

Rows are replayed from the snapshots that entries carry, so that what is shown is what the journal engages, and nothing else.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sourcier.dossier.seal import Seal
from sourcier.journal.citations import cited, names
from sourcier.journal.models import Entry
from sourcier.journal.queries import entries as journal_entries
from sourcier.journal.queries import sentence
from sourcier.journal.verbs import ERASED as ERASURE
from sourcier.kernel.french import format_moment

ERASED = "contenu effacé"


@dataclass(frozen=True, slots=True)
class Step:
    """One entry: `body` and `salt` are None when erased; `withheld` says why its content does not go out."""

    index: int
    raw: bytes
    verb: str
    at: datetime
    actor: str
    sentence: str
    salt: bytes | None
    body: bytes | None
    withheld: str

    @property
    def payload(self) -> dict[str, Any]:
        """What may be shown; empty when withheld or erased."""
        return {} if self.withheld or self.body is None else json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Piece:
    """A document as the journal knows it: its hash, the name it was given, the first entry that cites it."""

    sha256: str
    name: str
    entry: int


@dataclass(slots=True)
class History:
    """The steps in order, and the last known state of each row: `rows[kind][id] = fields`.

    `whole`: the same operation with all that its own city may read, when this one is for a third party.
    """

    steps: list[Step] = field(default_factory=list)
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    whole: "History | None" = None

    def keep(self, row: dict[str, Any]) -> None:
        """A snapshot replaces the former one of its row; a deleted row leaves."""
        rows = self.rows.setdefault(row["kind"], {})
        if row.get("gone"):
            rows.pop(row["id"], None)
        else:
            rows[row["id"]] = row

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The rows of a kind, each with its `id`, in the order they first appeared."""
        return list(self.rows.get(kind, {}).values())

    def one(self, kind: str, row_id: str | None) -> dict[str, Any]:
        return self.rows.get(kind, {}).get(row_id or "", {})

    def payloads(self, *verbs: str) -> Iterator[tuple[Step, dict[str, Any]]]:
        for step in self.steps:
            if step.verb in verbs and step.payload:
                yield step, step.payload


def read(log_id: UUID, operation_id: UUID, size: int) -> History:
    """The operation from the first `size` entries of its city's journal."""
    found = list(journal_entries(log_id, operation_id).filter(index__lt=size))
    bodies = [_body(entry) for entry in found]
    gone = erasures(found, bodies)
    seal = Seal([(entry.verb, json.loads(body)) for entry, body in zip(found, bodies, strict=True) if body is not None])
    history = History()
    for entry, body in zip(found, bodies, strict=True):
        step = _step(entry, body, seal, gone.get(entry.index, ERASED))
        history.steps.append(step)
        for row in step.payload.get("rows", ()):
            history.keep(row)
    return history


def _body(entry: Entry) -> bytes | None:
    return None if entry.payload.body is None else bytes(entry.payload.body)


def erasures(found: Sequence[Entry], bodies: Sequence[bytes | None]) -> dict[int, str]:
    """For each entry that an erasure of this operation names: when its content went, by which entry, and why."""
    told: dict[int, str] = {}
    for entry, body in zip(found, bodies, strict=True):
        if entry.verb == ERASURE and body is not None:
            said, at = json.loads(body), datetime.fromtimestamp(entry.at / 1000, UTC)
            reason = f"{ERASED} le {format_moment(at)} (entrée n° {entry.index}) : {said['reason']}"
            told |= dict.fromkeys(said["erased"], reason)
    return told


def _step(entry: Entry, body: bytes | None, seal: Seal, erased: str) -> Step:
    withheld = erased if body is None else seal.withheld(entry.verb, json.loads(body))
    told = sentence(entry) if body is None or not withheld else withheld[:1].upper() + withheld[1:] + "."
    return Step(
        entry.index, bytes(entry.raw), entry.verb, datetime.fromtimestamp(entry.at / 1000, UTC), entry.actor, told,
        None if entry.payload.salt is None else bytes(entry.payload.salt), body, withheld,
    )  # fmt: skip


def pieces(history: History) -> list[Piece]:
    """The documents that the contents that go out cite, in the order of their first entry."""
    first: dict[str, int] = {}
    called: dict[str, str] = {}
    for step in history.steps:
        if step.body and not step.withheld:
            for digest in cited(step.body):
                first.setdefault(digest, step.index)
            for digest, name in names(step.payload):
                called.setdefault(digest, name)
    found = [Piece(digest, called.get(digest, "document"), index) for digest, index in first.items()]
    return sorted(found, key=lambda piece: (piece.entry, piece.sha256))
