"""Reads a log from its first entry and recomputes everything; its memory grows with operations, rows and documents alone."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from sourcier.journal.actions import CLOCK_SKEW_MS, ENTRY_VERSION, FIRST_PREV
from sourcier.journal.citations import cited
from sourcier.journal.models import Checkpoint, Entry, Log, Node
from sourcier.journal.registry import plain
from sourcier.journal.report import Findings, Sealed
from sourcier.journal.verbs import ERASED
from sourcier.kernel.merkle import leaf_hash, node_hash, root_from_peaks
from sourcier.kernel.notes import BadNote, open_checkpoint

CHUNK = 1_000
RAW = (
    '{"actor":"%s","at":%d,"log":"%s","payload_sha256":"%s","prev":"%s","seq":%d,"stream":"%s","v":'
    f"{ENTRY_VERSION}"
    ',"verb":"%s"}'
)
Key = tuple[str, str]
NO_SNAPSHOT = -1


class Row(NamedTuple):
    """One entry as stored, with its payload (`payload` is None when the row is missing)."""

    index: int
    actor: str
    at: int
    payload_sha256: str
    prev: str
    seq: int
    stream: str
    verb: str
    raw: bytes
    leaf: bytes
    payload: int | None
    salt: bytes | None
    body: bytes | None


COLUMNS = (
    "index", "actor", "at", "payload_sha256", "prev", "seq", "stream", "verb", "raw", "leaf_hash",
    "payload__entry_id", "payload__salt", "payload__body",
)  # fmt: skip


class Walk:
    """The state of a reading: `to(size)` goes on from where it stopped.

    `cited` gives, for each document that an unerased content cites, the index of the first entry that does; `vouched`, for
    each business row, the index of the last entry that holds its snapshot (`NO_SNAPSHOT` once erased); `roots` the recomputed
    root at each size of `sizes`; `sealed` the last checkpoint found good.
    """

    def __init__(self, log: Log, findings: Findings, sizes: Iterable[int] = ()) -> None:
        self.log, self.findings = log, findings
        self.size = 0
        self.vouched: dict[Key, int] = {}
        self.cited: dict[str, int] = {}
        self.roots: dict[int, bytes] = dict.fromkeys(sizes, b"")
        self.sealed: Sealed | None = None
        self.checkpoints = 0
        self.empty: set[int] = set()
        self._declared: set[int] = set()
        self._streams: dict[str, tuple[int, str]] = {}
        self._peaks: list[tuple[int, bytes]] = []
        self._last_at = 0
        self._last_signed_at = 0
        self._sample()

    def to(self, size: int) -> None:
        """Read the entries up to `size`, excluded, and what vouches for them."""
        while self.size < size:
            end = min(self.size + CHUNK, size)
            self._chunk(self.size, end)
        if not self.size:
            self._checkpoints_at(0, self.log.checkpoints.filter(size=0))

    def finish(self) -> None:
        """Say what only the whole tells: payloads emptied without an entry, or declared erased and still there."""
        for index in sorted(self.empty - self._declared):
            sentence = f"Le contenu de l'écriture n° {index} a été vidé sans écriture d'effacement."
            self.findings.add("payload_emptied", sentence, index)
        for index in sorted(self._declared - self.empty):
            self.findings.add("payload_kept", f"Le contenu de l'écriture n° {index} est dit effacé, et il est là.", index)

    @property
    def root(self) -> bytes:
        """Root of what was read so far."""
        return root_from_peaks([digest for _, digest in self._peaks])

    def _chunk(self, start: int, end: int) -> None:
        entries = Entry.objects.filter(log=self.log, index__gte=start, index__lt=end)
        found = {row[0]: Row(*row) for row in entries.order_by("index").values_list(*COLUMNS)}
        signed: dict[int, list[Checkpoint]] = {}
        for checkpoint in self.log.checkpoints.filter(size__gt=start, size__lte=end).order_by("size", "pk"):
            signed.setdefault(checkpoint.size, []).append(checkpoint)
        nodes: dict[tuple[int, int], bytes] = {}
        for index in range(start, end):
            row = found.get(index)
            if row is None:
                self.findings.add("entry_missing", f"L'écriture n° {index} a disparu.", index)
            self._grow(index, self._entry(row) if row else bytes(32), nodes)
            self.size = index + 1
            self._sample()
            self._checkpoints_at(self.size, signed.get(self.size, []))
        self._compare_nodes(start, end, nodes)

    def _sample(self) -> None:
        if self.size in self.roots:
            self.roots[self.size] = self.root

    def _entry(self, row: Row) -> bytes:
        """Check one entry against its columns, its chain, its payload; return its recomputed leaf hash."""
        raw = bytes(row.raw)
        leaf = leaf_hash(raw)
        rebuilt = RAW % (
            row.actor, row.at, self.log.pk.hex, row.payload_sha256, row.prev, row.seq, row.stream, row.verb
        )  # fmt: skip
        if rebuilt.encode() != raw:
            self._explain(row, raw)
        if leaf != bytes(row.leaf):
            self.findings.add("leaf", f"L'empreinte de l'écriture n° {row.index} ne correspond pas à son texte.", row.index)
        seq, prev = self._streams.get(row.stream, (-1, FIRST_PREV))
        if (row.seq, row.prev) != (seq + 1, prev):
            self.findings.add("chain", f"La chaîne de l'opération est rompue à l'écriture n° {row.index}.", row.index)
        self._streams[row.stream] = (row.seq, leaf.hex())
        if row.at < self._last_at:
            self.findings.add("time", f"L'écriture n° {row.index} est datée d'avant celle qui la précède.", row.index)
        self._last_at = row.at
        self._payload(row)
        return leaf

    def _explain(self, row: Row, raw: bytes) -> None:
        """Say how the columns of an entry and its text differ."""
        try:
            fields = json.loads(raw)
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            self.findings.add("unreadable", f"Le texte de l'écriture n° {row.index} est illisible.", row.index)
            return
        columns = {**row._asdict(), "log": self.log.pk.hex, "v": ENTRY_VERSION}
        names = ("actor", "at", "log", "payload_sha256", "prev", "seq", "stream", "v", "verb")
        wrong = [name for name in names if fields.get(name) != columns[name]]
        detail = ", ".join(wrong) or "forme du texte"
        self.findings.add("columns", f"L'écriture n° {row.index} et ses colonnes diffèrent ({detail}).", row.index)

    def _payload(self, row: Row) -> None:
        if row.payload is None:
            self.findings.add("payload_missing", f"Le contenu de l'écriture n° {row.index} a disparu.", row.index)
            return
        if row.salt is None or row.body is None:
            self.empty.add(row.index)
            if row.salt is not row.body:
                self.findings.add("payload_half", f"Le contenu de l'écriture n° {row.index} est à moitié effacé.", row.index)
            return
        salt, body = bytes(row.salt), bytes(row.body)
        if sha256(salt + body).hexdigest() != row.payload_sha256:
            self.findings.add("payload", f"Le contenu de l'écriture n° {row.index} a été modifié.", row.index)
            return
        for digest in cited(body):
            self.cited.setdefault(digest, row.index)
        if b'"rows":' in body or row.verb == ERASED:
            self._vouch(row, json.loads(body))

    def _vouch(self, row: Row, payload: Mapping[str, Any]) -> None:
        """Note which business rows this entry vouches for, and those whose witness it erases."""
        if row.verb == ERASED:
            self._declared.update(payload["erased"])
            for witness in payload["unvouched"]:
                key = (witness["kind"], witness["id"])
                if self.vouched.get(key, NO_SNAPSHOT) < witness["index"]:
                    self.vouched[key] = NO_SNAPSHOT
        for snapshot in payload.get("rows", ()):
            key = (snapshot["kind"], snapshot["id"])
            if snapshot.get("gone") is True:
                self.vouched.pop(key, None)
            else:
                self.vouched[key] = row.index

    def _grow(self, index: int, leaf: bytes, nodes: dict[tuple[int, int], bytes]) -> None:
        """Add a leaf to the peaks, and to `nodes` every perfect subtree that it completes."""
        level, position, current = 0, index, leaf
        nodes[0, index] = leaf
        while self._peaks and self._peaks[-1][0] == level:
            current = node_hash(self._peaks.pop()[1], current)
            level, position = level + 1, position >> 1
            nodes[level, position] = current
        self._peaks.append((level, current))

    def _compare_nodes(self, start: int, end: int, nodes: Mapping[tuple[int, int], bytes]) -> None:
        """The stored perfect subtrees completed by these leaves must be the recomputed ones."""
        for level in range(end.bit_length()):
            first, last = start >> level, end >> level
            if first == last:
                continue
            found = Node.objects.filter(log=self.log, level=level, position__gte=first, position__lt=last)
            stored = dict(found.values_list("position", "hash"))
            for position in range(first, last):
                if bytes(stored.get(position, b"")) != nodes[level, position]:
                    self.findings.add("node", f"Le nœud {position} du niveau {level} de l'arbre n'est pas celui des écritures.")

    def _checkpoints_at(self, size: int, checkpoints: Iterable[Checkpoint]) -> None:
        """Signatures, columns, root and date of the checkpoints of this size."""
        for checkpoint in checkpoints:
            self.checkpoints += 1
            name = f"Le point de contrôle à {size} écritures"
            try:
                head = open_checkpoint(checkpoint.text, bytes(self.log.public_key))
            except BadNote as error:
                self.findings.add("signature", f"{name} n'est pas signé par la clé du journal. {error}")
                continue
            if (head.origin, head.size, head.root.hex()) != (self.log.origin, size, checkpoint.root):
                self.findings.add("checkpoint", f"{name} et ses colonnes diffèrent.")
                continue
            if head.root != self.root:
                self.findings.add("root", f"{name} ne correspond plus aux écritures : le passé a été réécrit.")
                continue
            signed_at: int = plain(checkpoint.created_at)
            if signed_at + CLOCK_SKEW_MS < max(self._last_at, self._last_signed_at):
                self.findings.add("time", f"{name} est daté d'avant ce qu'il engage.")
            self._last_signed_at = signed_at
            self.sealed = Sealed(size, checkpoint.root, checkpoint.created_at)
