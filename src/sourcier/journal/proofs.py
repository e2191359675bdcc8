"""Checkpoints, proofs and receipts, read from the stored nodes of a tree; each costs a few queries whatever its size.

Call them after the transaction that appended: a checkpoint signed over entries that are then rolled back would commit the city
to a tree that never was.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import TypeVar
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from sourcier.journal.keys import KeyMissing, private_key
from sourcier.journal.models import Checkpoint, Entry, Log, Node
from sourcier.kernel import merkle
from sourcier.kernel.french import PARIS
from sourcier.kernel.notes import TreeHead, format_head, sign_note
from sourcier.kernel.receipts import Receipt, format_receipt

MISSING = "Il manque des nœuds à l'arbre du journal : lancez « sourcier journal verify »."
NODES_A_QUERY = 500
Value = TypeVar("Value", bytes, list[bytes])


class Inconsistent(RuntimeError):
    """The stored tree no longer contains what was signed before: nothing more is signed."""


class NodeMissing(RuntimeError):
    """A node of the tree is not in the database."""


def _computed(log_id: UUID, compute: Callable[[merkle.Node], Value]) -> Value:
    """Run `compute` on the stored nodes: once to learn which it needs, then with all of them read by one query."""
    places: list[tuple[int, int]] = []

    def note_down(level: int, position: int) -> bytes:
        places.append((level, position))
        return b""

    compute(note_down)
    if not places:
        return compute(note_down)
    wanted = reduce(or_, (Q(level=level, position=position) for level, position in places))
    rows = Node.objects.filter(wanted, log_id=log_id).values_list("level", "position", "hash")
    nodes = {(level, position): bytes(digest) for level, position, digest in rows}
    if len(nodes) < len(set(places)):
        raise NodeMissing(MISSING)
    return compute(lambda level, position: nodes[level, position])


def root(log_id: UUID, size: int) -> bytes:
    """Root of the first `size` entries. Raises `NodeMissing`."""
    return _computed(log_id, lambda node: merkle.root(size, node))


def inclusion(log_id: UUID, index: int, size: int) -> list[bytes]:
    """Proof that the entry at `index` is in the tree of the first `size` entries (RFC 9162, 2.1.3)."""
    return _computed(log_id, lambda node: merkle.inclusion_proof(index, size, node))


def inclusions(log_id: UUID, indexes: Sequence[int], size: int) -> list[list[bytes]]:
    """The inclusion proof of each of `indexes`, the nodes they share being read once, some hundreds a query."""
    wanted: dict[int, set[int]] = defaultdict(set)

    def note_down(level: int, position: int) -> bytes:
        wanted[level].add(position)
        return b""

    for index in indexes:
        merkle.inclusion_proof(index, size, note_down)
    nodes: dict[tuple[int, int], bytes] = {}
    for level, positions in wanted.items():
        for part in batched(sorted(positions), NODES_A_QUERY):
            rows = Node.objects.filter(log_id=log_id, level=level, position__in=part).values_list("position", "hash")
            nodes |= {(level, position): bytes(digest) for position, digest in rows}
    if len(nodes) < sum(map(len, wanted.values())):
        raise NodeMissing(MISSING)
    return [merkle.inclusion_proof(index, size, lambda level, position: nodes[level, position]) for index in indexes]


def batched(values: Sequence[int], count: int) -> Iterator[Sequence[int]]:
    """Slices of at most `count`."""
    return (values[start : start + count] for start in range(0, len(values), count))


def consistency(log_id: UUID, first: int, second: int) -> list[bytes]:
    """Proof that the tree of `first` entries is a prefix of that of `second` (RFC 9162, 2.1.4)."""
    return _computed(log_id, lambda node: merkle.consistency_proof(first, second, node))


def checkpoint(log_id: UUID, *, public: bool = False) -> Checkpoint:
    """The signed statement of the log's size and root, now; the last one again when nothing was added since.

    Refuses to sign a tree that contradicts the last checkpoint (`Inconsistent`), or without the log's key (`keys.KeyMissing`).
    """
    log = Log.objects.get(pk=log_id)
    last = log.checkpoints.order_by("-size", "-public", "-pk").first()
    if last and last.size == log.size and (last.public or not public):
        return last
    if last and (last.size > log.size or root(log_id, last.size).hex() != last.root):
        raise Inconsistent(
            "Le journal ne contient plus ce que son dernier point de contrôle engage : rien n'est signé. "
            "Lancez « sourcier journal verify »."
        )
    digest = root(log_id, log.size)
    text = sign_note(format_head(TreeHead(log.origin, log.size, digest)), log.origin, private_key(log))
    return log.checkpoints.create(size=log.size, root=digest.hex(), text=text, created_at=timezone.now(), public=public)


def publish_checkpoints(now: datetime) -> int:
    """Make the public checkpoint of the day (Paris) of every log that grew since the last one; return how many were made.

    A log that cannot sign keeps none of the others from it; its error is raised at the end.
    """
    made, failed = 0, None
    for log in Log.objects.order_by("pk"):
        last = log.checkpoints.filter(public=True).order_by("-size", "-pk").first()
        if last and (last.size == log.size or last.created_at.astimezone(PARIS).date() >= now.astimezone(PARIS).date()):
            continue
        try:
            checkpoint(log.pk, public=True)
            made += 1
        except (KeyMissing, Inconsistent, NodeMissing) as error:
            failed = failed or error
    if failed:
        raise failed
    return made


def receipt(entry: Entry) -> str:
    """The `.tlog-proof` text to give for an entry, after the transaction that wrote it: entry, path, signed checkpoint."""
    head = checkpoint(entry.log_id)
    proof = inclusion(entry.log_id, entry.index, head.size)
    return format_receipt(Receipt(bytes(entry.raw), entry.index, tuple(proof), head.text))
