"""A journal of many entries, written in bulk as `append` would have written them one by one."""

import secrets
from hashlib import sha256
from uuid import UUID

STREAMS = 200
BATCH = 5_000
START_MS = 1_790_000_000_000


def fill(log_id: UUID, count: int) -> None:
    """Add `count` entries to the empty log, of several operations, with a checkpoint now and then."""
    from django.db import transaction

    from sourcier.journal import proofs
    from sourcier.journal.entry import FIRST_PREV, SYSTEM_ACTOR
    from sourcier.journal.models import Entry, Log, Node, Payload
    from sourcier.kernel.canonical import canonical
    from sourcier.kernel.merkle import leaf_hash, node_hash

    log, last, peaks = Log.objects.get(pk=log_id), {}, []
    for start in range(0, count, BATCH):
        entries, payloads, nodes = [], [], []
        for index in range(start, min(start + BATCH, count)):
            stream = UUID(int=index * 7919 % STREAMS + 1).hex
            seq, prev = last.get(stream, (-1, FIRST_PREV))
            salt = secrets.token_bytes(16)
            body = canonical(
                {"n": index, "label": "Baguette de tradition, 250 g", "firm": "Boulangerie du Marché", "price": 105}
            )
            fields = {
                "actor": SYSTEM_ACTOR, "at": START_MS + index, "payload_sha256": sha256(salt + body).hexdigest(),
                "prev": prev, "seq": seq + 1, "stream": stream, "verb": "bench.done",
            }  # fmt: skip
            raw = canonical({**fields, "log": log_id.hex, "v": 1})
            leaf = leaf_hash(raw)
            last[stream] = (seq + 1, leaf.hex())
            entries.append(Entry(log=log, index=index, raw=raw, leaf_hash=leaf, **fields))
            payloads.append((salt, body))
            level, position, digest = 0, index, leaf
            nodes.append(Node(log=log, level=0, position=index, hash=leaf))
            while peaks and peaks[-1][0] == level:
                digest = node_hash(peaks.pop()[1], digest)
                level, position = level + 1, position >> 1
                nodes.append(Node(log=log, level=level, position=position, hash=digest))
            peaks.append((level, digest))
        with transaction.atomic():
            made = Entry.objects.bulk_create(entries)
            Payload.objects.bulk_create(
                Payload(entry=entry, salt=salt, body=body) for entry, (salt, body) in zip(made, payloads, strict=True)
            )
            Node.objects.bulk_create(nodes)
            Log.objects.filter(pk=log_id).update(size=start + len(entries))
        proofs.checkpoint(log_id)
