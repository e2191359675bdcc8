"""Checks a run of entries by itself: texts, payloads, signatures, the part of the tree that lies inside it.

Nothing here depends on what comes before the run, so that several processes can each take some; `walk` joins them in order.
"""

import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from sourcier.journal import key_line
from sourcier.journal.citations import cited
from sourcier.journal.entry import ENTRY_VERSION, FIRST_PREV
from sourcier.journal.key_line import CHANGES, Change, Line, key_at
from sourcier.journal.report import LISTED, Problem
from sourcier.journal.verbs import ERASED
from sourcier.kernel.merkle import node_hash
from sourcier.kernel.notes import BadNote, TreeHead, open_checkpoint

# A power of two, so that a whole block is one perfect subtree.
BLOCK = 4096
Key = tuple[str, str]
Subtree = tuple[int, int, bytes]
Place = tuple[int, int]
# Whose contents the check itself reads.
TELLING = CHANGES | {ERASED}
NO_SNAPSHOT = -1
GONE = -2
# In which order the problems of one entry are told.
MISSING, TEXT, LEAF, CHAIN, TIME, CONTENT, CHECKPOINT, NODE = range(8)


class Row(NamedTuple):
    """One entry as stored, with its payload (`payload` is None when the row is missing). From an export, `leaf` is None."""

    index: int
    actor: str
    at: int
    payload_sha256: str
    prev: str
    seq: int
    stream: str
    verb: str
    raw: bytes
    leaf: bytes | None
    payload: int | None
    salt: bytes | None
    body: bytes | None


class Signed(NamedTuple):
    """A checkpoint as stored: its columns and its text."""

    size: int
    root: str
    text: str
    created_at: datetime


class Reader(Protocol):
    """Where the parts of a journal are read: the database, or an export."""

    def rows(self, start: int, end: int) -> Sequence[tuple[Any, ...]]:
        """The entries of that range, in order, each as the fields of a `Row`."""

    def nodes(self, level: int, first: int, last: int) -> Sequence[tuple[int, bytes]] | None:
        """`(position, hash)` of the stored subtrees of a level; None where none are kept."""

    def checkpoints(self, start: int, end: int) -> Sequence[Signed]:
        """Those whose size is in that range, in order."""


@dataclass(frozen=True, slots=True)
class Job:
    """The log and the range to check; `sizes` are those at which the root is wanted."""

    log: str
    keys: Line
    start: int
    end: int
    sizes: tuple[int, ...] = ()


class Point(NamedTuple):
    """The tree of this run cut at a size, and the time of the last entry before it (None before any)."""

    subtrees: list[Subtree]
    last_at: int | None


@dataclass
class Block:
    """What a run of entries says.

    `first` and `last` give, by chain, what the first entry expects of those before and what the last leaves to those after;
    `marks` the last entry that vouches for each business row, `erasures` the last witness erased of a row that has no mark.
    """

    start: int
    end: int
    found: list[tuple[Place, Problem]] = field(default_factory=list)
    count: int = 0
    contents: int = 0
    first: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    last: dict[str, tuple[int, str]] = field(default_factory=dict)
    first_at: tuple[int, int] | None = None
    last_at: int | None = None
    cited: dict[str, int] = field(default_factory=dict)
    marks: dict[Key, int] = field(default_factory=dict)
    erasures: dict[Key, int] = field(default_factory=dict)
    empty: set[int] = field(default_factory=set)
    declared: set[int] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)
    heads: list[tuple[Signed, TreeHead | str]] = field(default_factory=list)
    points: dict[int, Point] = field(default_factory=dict)

    def add(self, rank: int, code: str, sentence: str, index: int | None, place: int | None = None) -> None:
        self.count += 1
        if len(self.found) < LISTED:
            self.found.append(((index if place is None else place, rank), Problem(code, sentence, index)))  # type: ignore[arg-type]


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Rows by tens of thousands, none of which refers to another: looking for cycles among them takes a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@nothing_collected()
def check_block(job: Job, reader: Reader) -> Block:
    """Check the range of `job` as `reader` gives it."""
    block = Block(job.start, job.end)
    rows = _present(block, reader.rows(job.start, job.end))
    try:
        leaves = _texts(block, job.log, rows)
        _chains(block, rows, leaves)
        _payloads(block, rows)
    except TypeError:  # SQLite keeps a text in a column of numbers or bytes when somebody puts one there
        block = Block(job.start, job.end)
        rows = [_typed(row) for row in _present(block, reader.rows(job.start, job.end))]
        leaves = _texts(block, job.log, rows)
        _chains(block, rows, leaves)
        _payloads(block, rows)
    levels = _levels(job, rows, leaves)
    _compare_nodes(block, levels, reader)
    for signed in reader.checkpoints(job.start, job.end):
        block.heads.append((signed, opened(signed, job.keys)))
    sizes = {*job.sizes, *(signed.size for signed, _ in block.heads)} - {job.end}
    ats = {row[0]: row[2] for row in rows} if sizes else {}
    block.points[job.end] = Point(_cut(levels, job.start, job.end), block.last_at)
    for size in sizes:
        last = next((ats[index] for index in range(size - 1, job.start - 1, -1) if index in ats), None)
        block.points[size] = Point(_cut(levels, job.start, size), last)
    return block


def _present(block: Block, rows: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    """The rows of the range; say which are not there, and which have no place."""
    expected = range(block.start, block.end)
    if [row[0] for row in rows] == list(expected):
        return rows
    found = {row[0]: row for row in rows}
    for index in expected:
        if index not in found:
            block.add(MISSING, "entry_missing", f"L'écriture n° {index} a disparu.", index)
    for row in rows:
        if row[0] not in expected or found[row[0]] is not row:
            sentence = f"Une écriture de trop porte le n° {row[0]}."
            block.add(MISSING, "entry_extra", sentence, None, place=min(max(int(row[0]), block.start), block.end - 1))
    return [found[index] for index in expected if index in found]


def _typed(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row with a neutral value wherever the database gives another type than its column's."""
    texts = {"actor", "payload_sha256", "prev", "stream", "verb"}
    numbers = {"at", "seq"}
    cells = dict(zip(Row._fields, row, strict=True))
    for name, value in cells.items():
        if name in texts and not isinstance(value, str):
            cells[name] = ""
        elif name in numbers and not isinstance(value, int):
            cells[name] = -1
        elif name in ("raw", "leaf", "salt", "body") and isinstance(value, str):
            cells[name] = value.encode()
    cells["raw"] = cells["raw"] if isinstance(cells["raw"], bytes) else b""
    return tuple(cells.values())


def _texts(block: Block, log: str, rows: Iterable[tuple[Any, ...]]) -> list[bytes]:
    """Texts against columns and against stored leaf hashes; return the recomputed leaf hashes."""
    leaves = []
    for row in rows:
        index, actor, at, payload, prev, seq, stream, verb, raw, stored, _, _, _ = row
        leaf = sha256(b"\x00" + raw).digest()
        leaves.append(leaf)
        if stored is None:
            continue
        text = (
            f'{{"actor":"{actor}","at":{at},"log":"{log}","payload_sha256":"{payload}","prev":"{prev}",'
            f'"seq":{seq},"stream":"{stream}","v":{ENTRY_VERSION},"verb":"{verb}"}}'
        )
        if text.encode() != raw:
            _explain(block, Row(*row), log)
        if leaf != stored:
            sentence = f"L'empreinte de l'écriture n° {index} ne correspond pas à son texte."
            block.add(LEAF, "leaf", sentence, index)
    return leaves


def _explain(block: Block, row: Row, log: str) -> None:
    """Say how the columns of an entry and its text differ."""
    try:
        fields = json.loads(row.raw)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        block.add(TEXT, "unreadable", f"Le texte de l'écriture n° {row.index} est illisible.", row.index)
        return
    columns = {**row._asdict(), "log": log, "v": ENTRY_VERSION}
    names = ("actor", "at", "log", "payload_sha256", "prev", "seq", "stream", "v", "verb")
    wrong = [name for name in names if fields.get(name) != columns[name]]
    detail = ", ".join(wrong) or "forme du texte"
    block.add(TEXT, "columns", f"L'écriture n° {row.index} et ses colonnes diffèrent ({detail}).", row.index)


def _chains(block: Block, rows: Sequence[tuple[Any, ...]], leaves: Sequence[bytes]) -> None:
    """Each entry follows the one before it in its operation, and none is dated before the one before it in the log."""
    chains = block.last
    last_at = rows[0][2] if rows else 0
    for row, leaf in zip(rows, leaves, strict=True):
        index, _, at, _, prev, seq, stream = row[:7]
        before = chains.get(stream)
        if before is None:
            block.first[stream] = (index, seq, prev)
        elif before[0] + 1 != seq or before[1] != prev:
            block.add(CHAIN, "chain", chain_broken(index), index)
        chains[stream] = (seq, leaf.hex())
        if at < last_at:
            block.add(TIME, "time", time_broken(index), index)
        last_at = at
    if rows:
        block.first_at, block.last_at = (rows[0][0], rows[0][2]), last_at


def chain_broken(index: int) -> str:
    return f"La chaîne de l'opération est rompue à l'écriture n° {index}."


def time_broken(index: int) -> str:
    return f"L'écriture n° {index} est datée d'avant celle qui la précède."


def follows(seq: int, prev: str, before: tuple[int, str] | None) -> bool:
    """Is this the next of its chain, or its first?"""
    return (seq, prev) == ((before[0] + 1, before[1]) if before else (0, FIRST_PREV))


def _payloads(block: Block, rows: Iterable[tuple[Any, ...]]) -> None:
    for row in rows:
        salt, body = row[11], row[12]
        if salt is None or body is None:
            _no_content(block, Row(*row))
            continue
        if sha256(salt + body).hexdigest() != row[3]:
            block.add(CONTENT, "payload", f"Le contenu de l'écriture n° {row[0]} a été modifié.", row[0])
            continue
        block.contents += 1
        # `find` takes half the time of `in`, which tries first to read a number.
        if body.find(b'sha256":"') >= 0:
            for digest in cited(body):
                block.cited.setdefault(digest, row[0])
        if body.find(b'"rows":') >= 0 or row[7] in TELLING:
            try:
                _vouch(block, row[0], row[7], json.loads(body))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                sentence = f"Le contenu de l'écriture n° {row[0]} n'a pas la forme attendue."
                block.add(CONTENT, "payload_unreadable", sentence, row[0])


def _no_content(block: Block, row: Row) -> None:
    if row.payload is None:
        block.add(CONTENT, "payload_missing", f"Le contenu de l'écriture n° {row.index} a disparu.", row.index)
        return
    block.empty.add(row.index)
    if row.salt is not row.body:
        sentence = f"Le contenu de l'écriture n° {row.index} est à moitié effacé."
        block.add(CONTENT, "payload_half", sentence, row.index)


def _vouch(block: Block, index: int, verb: str, payload: Mapping[str, Any]) -> None:
    """Note which business rows this entry vouches for, those whose witness it erases, and the key that it changes."""
    if verb in CHANGES:
        block.changes.append(key_line.read(index, verb, payload))
    elif verb == ERASED:
        block.declared.update(payload["erased"])
        for witness in payload["unvouched"]:
            key = (witness["kind"], witness["id"])
            if key in block.marks:
                block.marks[key] = after_erasure(block.marks[key], witness["index"])
            else:
                block.erasures[key] = max(block.erasures.get(key, NO_SNAPSHOT), witness["index"])
    for snapshot in payload.get("rows", ()):
        block.marks[snapshot["kind"], snapshot["id"]] = GONE if snapshot.get("gone") is True else index


def after_erasure(mark: int, witness: int) -> int:
    """The mark of a row once the content of the entry `witness`, which vouched for it, is erased."""
    return NO_SNAPSHOT if mark < witness else mark


# --- the tree ---------------------------------------------------------------------------------------------------------


def _levels(job: Job, rows: Sequence[tuple[Any, ...]], leaves: list[bytes]) -> list[tuple[int, list[bytes]]]:
    """By level, the position of the first perfect subtree that lies inside the range, and the hashes of all that do."""
    if len(leaves) != job.end - job.start:
        known = dict(zip((row[0] for row in rows), leaves, strict=True))
        leaves = [known.get(index, bytes(32)) for index in range(job.start, job.end)]
    levels, first, below = [], job.start, leaves
    while below:
        levels.append((first, below))
        below = below[first & 1 :]
        first = (first + 1) >> 1
        lefts, rights = below[0::2], below[1::2]
        below = [sha256(b"\x01" + left + right).digest() for left, right in zip(lefts, rights, strict=False)]
    return levels


def _compare_nodes(block: Block, levels: Sequence[tuple[int, list[bytes]]], reader: Reader) -> None:
    """The stored perfect subtrees of the range must be the recomputed ones."""
    for level, (first, hashes) in enumerate(levels):
        expected = range(first, first + len(hashes))
        stored = reader.nodes(level, first, expected.stop)
        if stored is None:
            return
        if [row[0] for row in stored] == list(expected) and [row[1] for row in stored] == hashes:
            continue
        known = dict(stored)
        for position, digest in zip(expected, hashes, strict=True):
            if known.get(position) != digest:
                block.add(NODE, "node", node_broken(level, position), None, place=block.end - 1)


def node_broken(level: int, position: int) -> str:
    return f"Le nœud {position} du niveau {level} de l'arbre n'est pas celui des écritures."


def _cut(levels: Sequence[tuple[int, list[bytes]]], start: int, end: int) -> list[Subtree]:
    """The fewest perfect subtrees that make up the leaves from `start` to `end`, left to right."""
    subtrees = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        first, hashes = levels[level]
        subtrees.append((level, start >> level, hashes[(start >> level) - first]))
        start += 1 << level
    return subtrees


def join(peaks: list[Subtree], subtrees: Iterable[Subtree]) -> list[Subtree]:
    """Put `subtrees` after `peaks`, in place; return those that this completes."""
    completed = []
    for subtree in subtrees:
        level, position, digest = subtree
        while peaks and peaks[-1][0] == level:
            digest = node_hash(peaks.pop()[2], digest)
            level, position = level + 1, position >> 1
            completed.append((level, position, digest))
        peaks.append((level, position, digest))
    return completed


def opened(signed: Signed, keys: Line) -> TreeHead | str:
    """What the checkpoint states, or why it is not signed by the key that the log had at that size."""
    try:
        return open_checkpoint(signed.text, key_at(keys, signed.size))
    except BadNote as error:
        return str(error)
