"""The only code that writes to the journal. `append`, or `append_all`, comes last in an action, before it enqueues."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.journal import keys
from sourcier.journal.entry import ENTRY_VERSION, FIRST_PREV, ORG_STREAM, SYSTEM_ACTOR
from sourcier.journal.models import Anchor, Entry, Log, Node, Payload
from sourcier.journal.registry import VERBS, Unknown, departure, plain, snapshot
from sourcier.journal.verbs import ERASED
from sourcier.kernel.canonical import canonical
from sourcier.kernel.merkle import completed_nodes, leaf_hash

# Clocks of two servers differ by some milliseconds: an entry is never dated before the one it follows for so little.
CLOCK_SKEW_MS = 2_000


def open_log(log_id: UUID, origin: str) -> Log:
    """Create the journal of an organisation and its key; once. `origin` has neither space nor plus."""
    return Log.objects.create(id=log_id, origin=origin, public_key=keys.create(log_id))


@dataclass(frozen=True, slots=True)
class Said:
    """One entry to write, as `append` takes it."""

    stream: UUID | None
    verb: str
    payload: Mapping[str, Any]
    actor: UUID | None = None
    rows: tuple[Model, ...] = ()
    gone: tuple[Model, ...] = ()

    def body(self) -> bytes:
        """The canonical payload, with what its rows hold now. Raises `Unknown` for a verb that no room registered."""
        if self.verb not in VERBS:
            raise Unknown(f"verb {self.verb} is not registered")
        if "rows" in self.payload:
            raise ValueError("the key « rows » of a payload is the journal's own")
        body = dict(plain(self.payload))
        if snapshots := [*(snapshot(row) for row in self.rows), *(departure(row) for row in self.gone)]:
            body["rows"] = snapshots
        return canonical(body)


def append(
    log_id: UUID,
    stream: UUID | None,
    verb: str,
    payload: Mapping[str, Any],
    *,
    actor: UUID | None = None,
    rows: Iterable[Model] = (),
    gone: Iterable[Model] = (),
) -> Entry:
    """Write one entry, inside the caller's transaction, after everything else.

    `stream` is the operation (None for what belongs to none), `actor` the random id of the person or firm (None for the
    program), `rows` the business rows this entry vouches for: their registered fields join the payload; `gone` those deleted
    in this transaction (by a queryset: `row.delete()` forgets its id). Locks the `Log` row, reads the clock under that lock,
    and returns the entry. Raises `Unknown` for a verb that no room registered.
    """
    [entry] = append_all(log_id, [Said(stream, verb, payload, actor, tuple(rows), tuple(gone))])
    return entry


def append_all(log_id: UUID, said: Sequence[Said]) -> list[Entry]:
    """`append` for several entries, in their order: one lock, one reading of the clock, a few queries whatever their number."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("journal.append must share the transaction of the action")
    bodies = [each.body() for each in said]
    log = Log.objects.select_for_update().get(pk=log_id)
    at = _clock(log)
    ends: dict[str, tuple[int, str]] = {}
    entries, payloads = [], []
    for index, (each, encoded) in enumerate(zip(said, bodies, strict=True), log.size):
        stream_id = each.stream.hex if each.stream else ORG_STREAM
        seq, prev = ends[stream_id] if stream_id in ends else _end(log, stream_id)
        salt = secrets.token_bytes(16)
        fields = {
            "v": ENTRY_VERSION,
            "log": log_id.hex,
            "stream": stream_id,
            "seq": seq,
            "prev": prev,
            "verb": each.verb,
            "at": at,
            "actor": each.actor.hex if each.actor else SYSTEM_ACTOR,
            "payload_sha256": sha256(salt + encoded).hexdigest(),
        }
        raw = canonical(fields)
        leaf = leaf_hash(raw)
        ends[stream_id] = (seq + 1, leaf.hex())
        kept = {key: fields[key] for key in ("stream", "seq", "prev", "verb", "at", "actor", "payload_sha256")}
        entries.append(Entry(log=log, index=index, raw=raw, leaf_hash=leaf, **kept))
        payloads.append((salt, encoded))
    entries = Entry.objects.bulk_create(entries)
    Payload.objects.bulk_create(
        Payload(entry=entry, salt=salt, body=encoded) for entry, (salt, encoded) in zip(entries, payloads, strict=True)
    )
    _grow(log, entries)
    if any(VERBS[each.verb].anchored for each in said):
        want_anchor(log, timezone.now())
    return entries


def _end(log: Log, stream_id: str) -> tuple[int, str]:
    """The number and the former hash of the next entry of a stream."""
    last = log.entries.filter(stream=stream_id).order_by("-seq").values("seq", "leaf_hash").first()
    return (last["seq"] + 1, bytes(last["leaf_hash"]).hex()) if last else (0, FIRST_PREV)


def want_anchor(log: Log, now: datetime) -> None:
    """Ask that a third party stamp the time of the log as it is now; under its lock. The worker does it, after the commit."""
    if not settings.TSA:
        return
    if not Anchor.objects.filter(log=log).exclude(state=Anchor.State.OBTAINED).update(wanted=log.size):
        Anchor.objects.create(log=log, wanted=log.size, asked_at=now, next_check=now)


def _clock(log: Log) -> int:
    """UTC milliseconds, read under the lock of the log."""
    now: int = plain(timezone.now())
    last = log.entries.filter(index=log.size - 1).values_list("at", flat=True).first() or 0
    return last if 0 < last - now <= CLOCK_SKEW_MS else now


def _grow(log: Log, entries: Sequence[Entry]) -> None:
    """Store the perfect subtrees that the new leaves complete, and the new size."""
    made: dict[tuple[int, int], bytes] = {}

    def left_sibling(level: int, position: int) -> bytes:
        if (level, position) in made:
            return made[level, position]
        return bytes(Node.objects.values_list("hash", flat=True).get(log=log, level=level, position=position))

    for entry in entries:
        for level, position, digest in completed_nodes(entry.index, bytes(entry.leaf_hash), left_sibling):
            made[level, position] = digest
    Node.objects.bulk_create(
        Node(log=log, level=level, position=position, hash=digest) for (level, position), digest in made.items()
    )
    log.size += len(entries)
    log.save(update_fields=["size"])


@transaction.atomic
def erase(
    log_id: UUID,
    indexes: Iterable[int],
    reason: str,
    *,
    stream: UUID | None = None,
    actor: UUID | None = None,
    name: str = "",
    rows: Iterable[Model] = (),
    gone: Iterable[Model] = (),
) -> Entry | None:
    """Destroy salt and body of the payloads at `indexes`, so that nothing can be guessed from their hashes any more.

    Writes the entry `payload.erased` that names them (and who decided, `name`), with the business rows they vouched for (ids
    alone); `rows` are those that this entry vouches for from now on, as they stand after the erasure, `gone` those deleted by
    it. Returns None when everything was already erased.
    """
    payloads = list(
        Payload.objects.filter(entry__log_id=log_id, entry__index__in=set(indexes), body__isnull=False)
        .select_related("entry")
        .order_by("entry__index")
    )
    if not payloads:
        return None
    vouched = [{"index": index, "kind": row["kind"], "id": row["id"]} for index, row in _witnessed(payloads)]
    body = {
        "count": len(payloads),
        "reason": reason,
        "erased": [payload.entry.index for payload in payloads],
        "unvouched": vouched,
        **({"name": name} if name else {}),
    }
    entry = append(log_id, stream, ERASED, body, actor=actor, rows=rows, gone=gone)
    Payload.objects.filter(pk__in=[payload.pk for payload in payloads]).update(salt=None, body=None)
    return entry


def _witnessed(payloads: Iterable[Payload]) -> list[tuple[int, dict[str, Any]]]:
    """`(index, snapshot)` of the rows that these contents vouch for, but those that they say are gone in the end."""
    told = [(each.entry.index, row) for each in payloads for row in json.loads(bytes(each.body or b"")).get("rows", ())]
    gone = {(row["kind"], row["id"]): row.get("gone", False) for _, row in told}
    return [(index, row) for index, row in told if not gone[row["kind"], row["id"]]]
