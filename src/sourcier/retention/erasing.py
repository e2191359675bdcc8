"""What an erasure will destroy, then the destruction itself: rows emptied, payloads and files gone, one entry that says so."""

import json
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model, QuerySet

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import erase
from sourcier.journal.entry import ORG_STREAM
from sourcier.journal.models import Entry
from sourcier.journal.queries import cited_besides, entries
from sourcier.journal.registry import ROWS, Unknown, key_of_row
from sourcier.journal.verbs import ERASED
from sourcier.law.retention import CONTRACT, PROCEDURE, YEAR
from sourcier.retention.models import Clock
from sourcier.retention.registry import ERASERS, Emptied, Scope
from sourcier.retention.verbs import KEPT
from sourcier.vault.actions import empty, remove_bytes
from sourcier.vault.models import File

Key = tuple[str, str]
# Those whose entries have a stream of their own, which goes whole: a purchase, and the file of a year.
OF_STREAMS = (PROCEDURE, CONTRACT, YEAR)
# Rows of the city itself, which contents of an operation also vouch for: its erasure does not say them again.
ELSEWHERE = {"firm", "contact", "membership", "organisation", "department", "place", "usual_place", "file"}


@dataclass(slots=True)
class Plan:
    """What goes: contents of entries, values written over rows, rows that leave, files that nothing else cites.

    `kept`: rows that lose their witness with the contents, and that the entry of the erasure vouches for again.
    """

    scope: Scope
    indexes: list[int] = field(default_factory=list)
    changes: list[tuple[Model, dict[str, Any]]] = field(default_factory=list)
    gone: list[Model] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    kept: list[Model] = field(default_factory=list)
    wholesale: list[tuple[QuerySet[Any], dict[str, Any]]] = field(default_factory=list)
    removed: list[QuerySet[Any]] = field(default_factory=list)

    @property
    def stream(self) -> UUID | None:
        return self.scope.subject_id if self.scope.kind in OF_STREAMS else None


def plan(scope: Scope) -> Plan:
    """What the erasure of this scope destroys, by the rooms that hold a part of it. It writes nothing."""
    return planned(scope, [eraser(scope) for eraser in ERASERS.get(scope.kind, ())])


def planned(scope: Scope, parts: Collection[Emptied]) -> Plan:
    """The plan of what these rooms give up."""
    made = Plan(scope)
    for part in parts:
        made.changes += part.changes
        made.gone += part.gone
        made.wholesale += part.wholesale
        made.removed += part.removed
    touched = {key for row in (*(row for row, _ in made.changes), *made.gone) for key in _key(row)}
    verbs = {verb for part in parts for verb in part.verbs}
    whole = scope.kind in OF_STREAMS and not scope.losing
    witnessed: set[Key] = set()
    for entry, payload in _contents(scope):
        named = {(row["kind"], row["id"]) for row in payload.get("rows", ()) if not row.get("gone")}
        about = entry.verb in verbs and payload.get("user") == scope.subject_id.hex
        if whole or about or named & touched:
            made.indexes.append(entry.index)
            witnessed |= named
    files = File.objects.filter(organisation_id=scope.organisation_id, pk__in={pk for part in parts for pk in part.files})
    digests = {file.sha256 for file in files if file.sha256}
    still = cited_besides(scope.organisation_id, digests, made.indexes)
    made.files = [file for file in files if file.sha256 and file.sha256 not in still]
    leaving = touched | {key for file in made.files for key in _key(file)}
    made.kept = list(_live(kind_ids=witnessed - leaving, without=ELSEWHERE if whole else set()))
    return made


def carry_out(
    made: Plan, reason: str, agent: Agent | None, rows: Collection[Model] = (), *, actor: UUID | None = None
) -> Entry | None:
    """Destroy what is planned, in the caller's transaction; the bytes of the files go once it is committed.

    `rows`: the clocks that this ends. Without `agent`, `actor` is the firm that asks. Returns the entry, which names what went
    and why.
    """
    for row, values in made.changes:
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=list(values))
    for rows_alike, values in made.wholesale:
        rows_alike.update(**values)
    for rows_alike in made.removed:
        rows_alike.delete()
    for row in made.gone:
        type(row)._base_manager.filter(pk=row.pk).delete()
    paths = [empty(file) for file in made.files]
    for clock in rows:
        if isinstance(clock, Clock):
            clock.leaving = paths
            clock.save(update_fields=["leaving"])
            paths = []
    vouched = {key: row for row in (*made.kept, *(row for row, _ in made.changes), *made.files, *rows) for key in _key(row)}
    entry = erase(
        made.scope.organisation_id, made.indexes, reason, stream=made.stream, actor=agent.id if agent else actor,
        name=agent.user.name if agent else "",
        rows=list(vouched.values()),
        gone=[row for row in made.gone if _key(row)],
    )  # fmt: skip
    transaction.on_commit(partial(sweep, made.scope.organisation_id))
    transaction.on_commit(scrub)
    return entry


def scrub() -> None:
    """Take the former pages out of SQLite's log of writes; PostgreSQL's vacuum reuses the room of dead rows by itself."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def sweep(organisation_id: UUID | None = None) -> int:
    """Remove the bytes that erasures let go; again at the next tick when the program stopped in between."""
    done = 0
    waiting = Clock.objects.exclude(leaving=[])
    for clock in waiting.filter(organisation_id=organisation_id) if organisation_id else waiting:
        for path in clock.leaving:
            remove_bytes(path)
            done += 1
        Clock.objects.filter(pk=clock.pk).update(leaving=[])
    return done


def _contents(scope: Scope) -> Iterator[tuple[Entry, dict[str, Any]]]:
    """The entries of an operation, or of the city, whose content may go with it."""
    stream = scope.subject_id if scope.kind in OF_STREAMS else None
    found = entries(scope.organisation_id, stream).exclude(verb__in=(ERASED, *KEPT)).filter(payload__body__isnull=False)
    if stream is None:
        found = found.filter(stream=ORG_STREAM)
    for entry in found.iterator(chunk_size=500):
        yield entry, json.loads(bytes(entry.payload.body))  # type: ignore[arg-type]


def _key(row: Model) -> list[Key]:
    """Its key in entries; nothing for a row that no entry vouches for."""
    with suppress(Unknown):
        return [key_of_row(row)]
    return []


def _live(kind_ids: Collection[Key], without: Collection[str]) -> Iterator[Model]:
    """The rows of these keys that are still there."""
    for known in ROWS.values():
        ids = [row_id for kind, row_id in kind_ids if kind == known.kind and kind not in without]
        to_python = known.model._meta.pk.to_python
        for start in range(0, len(ids), 500):
            yield from known.model._base_manager.filter(
                pk__in=[to_python(row_id) for row_id in ids[start : start + 500]], **known.settled
            )
