"""The only code that writes to the journal. `append` comes last in an action, before anything is enqueued."""

import secrets
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.journal.models import Entry, Log, Node, Payload
from sourcier.journal.registry import VERBS, Unknown, plain, snapshot
from sourcier.kernel.canonical import canonical
from sourcier.kernel.merkle import completed_nodes, leaf_hash

ENTRY_VERSION = 1
FIRST_PREV = "0" * 64
ORG_STREAM = "org"
SYSTEM_ACTOR = "0" * 32


def open_log(log_id: UUID, origin: str) -> Log:
    """Create the journal of an organisation; once."""
    return Log.objects.create(id=log_id, origin=origin)


def append(
    log_id: UUID,
    stream: UUID | None,
    verb: str,
    payload: Mapping[str, Any],
    *,
    actor: UUID | None = None,
    rows: Iterable[Model] = (),
) -> Entry:
    """Write one entry, inside the caller's transaction, after everything else.

    `stream` is the operation (None for what belongs to none), `actor` the random id of the person or firm (None for the
    program), `rows` the business rows this entry vouches for: their registered fields join the payload. Locks the `Log` row,
    reads the clock under that lock, and returns the entry. Raises `Unknown` for a verb that no room registered.
    """
    if verb not in VERBS:
        raise Unknown(f"verb {verb} is not registered")
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("journal.append must share the transaction of the action")
    body = dict(plain(payload))
    if snapshots := [snapshot(row) for row in rows]:
        body["rows"] = snapshots
    encoded = canonical(body)
    salt = secrets.token_bytes(16)

    log = Log.objects.select_for_update().get(pk=log_id)
    stream_id = stream.hex if stream else ORG_STREAM
    last = log.entries.filter(stream=stream_id).order_by("-seq").values("seq", "leaf_hash").first()
    fields = {
        "v": ENTRY_VERSION,
        "log": log_id.hex,
        "stream": stream_id,
        "seq": last["seq"] + 1 if last else 0,
        "prev": bytes(last["leaf_hash"]).hex() if last else FIRST_PREV,
        "verb": verb,
        "at": round(timezone.now().timestamp() * 1000),
        "actor": actor.hex if actor else SYSTEM_ACTOR,
        "payload_sha256": sha256(salt + encoded).hexdigest(),
    }
    raw = canonical(fields)
    entry = Entry.objects.create(
        log=log, index=log.size, raw=raw, leaf_hash=leaf_hash(raw),
        **{key: fields[key] for key in ("stream", "seq", "prev", "verb", "at", "actor", "payload_sha256")},
    )  # fmt: skip
    Payload.objects.create(entry=entry, salt=salt, body=encoded)
    _grow(log, entry)
    return entry


def _grow(log: Log, entry: Entry) -> None:
    """Store the perfect subtrees that the new leaf completes, and the new size."""

    def left_sibling(level: int, position: int) -> bytes:
        return bytes(Node.objects.values_list("hash", flat=True).get(log=log, level=level, position=position))

    Node.objects.bulk_create(
        Node(log=log, level=level, position=position, hash=digest)
        for level, position, digest in completed_nodes(entry.index, bytes(entry.leaf_hash), left_sibling)
    )
    log.size = entry.index + 1
    log.save(update_fields=["size"])
