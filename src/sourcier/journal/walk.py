"""Reads a journal from its first entry, block by block, and joins what the blocks say, in order.

Its memory grows with operations, business rows and documents alone, never with entries.
"""

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter

from sourcier.journal.actions import CLOCK_SKEW_MS
from sourcier.journal.block import (
    BLOCK,
    CHAIN,
    CHECKPOINT,
    GONE,
    NO_SNAPSHOT,
    NODE,
    TIME,
    Block,
    Job,
    Key,
    Reader,
    Signed,
    Subtree,
    after_erasure,
    chain_broken,
    check_block,
    follows,
    join,
    node_broken,
    opened,
    time_broken,
)  # fmt: skip
from sourcier.journal.key_line import Change, Line
from sourcier.journal.registry import plain
from sourcier.journal.report import Findings, Sealed
from sourcier.kernel.merkle import root_from_peaks
from sourcier.kernel.notes import TreeHead

Crew = Callable[[Iterable[Job]], Iterator[Block]]


class Walk:
    """The state of a reading: `to(size)` goes on from where it stopped.

    `cited` gives, for each document that an unerased content cites, the index of the first entry that does; `vouched`, for
    each business row, the index of the last entry that holds its snapshot (`NO_SNAPSHOT` once erased); `roots` the recomputed
    root at each size of `sizes`; `sealed` the last checkpoint found good; `changes` the changes of key. `keys` are those that
    the log is said to have had: `key_check` compares.
    """

    def __init__(
        self, log: str, origin: str, keys: Line, reader: Reader, findings: Findings,
        sizes: Iterable[int] = (),
    ) -> None:  # fmt: skip
        self.log, self.origin, self.keys, self.reader, self.findings = log, origin, keys, reader, findings
        self.size = self.checkpoints = self.contents = 0
        self.vouched: dict[Key, int] = {}
        self.cited: dict[str, int] = {}
        self.roots: dict[int, bytes] = dict.fromkeys(sizes, b"")
        self.sealed: Sealed | None = None
        self.changes: list[Change] = []
        self.empty: set[int] = set()
        self._declared: set[int] = set()
        self._chains: dict[str, tuple[int, str]] = {}
        self._peaks: list[Subtree] = []
        self._last_at = self._last_signed_at = 0
        if 0 in self.roots:
            self.roots[0] = self.root

    def _alone(self, jobs: Iterable[Job]) -> Iterator[Block]:
        return (check_block(job, self.reader) for job in jobs)

    def to(self, size: int, crew: Crew | None = None) -> None:
        """Read the entries up to `size`, excluded, and what vouches for them. `crew` checks blocks and gives them in order."""
        for block in (crew or self._alone)(self._jobs(size)):
            self._take(block)
        if not self.size:
            none = Block(0, 0)
            for signed in self.reader.checkpoints(-1, 0):
                self._checkpoint(none, signed, opened(signed, self.keys), self.root, 0)
            self._tell(none)

    def finish(self) -> None:
        """Say what only the whole tells: payloads emptied without an entry, or declared erased and still there."""
        for index in sorted(self.emptied):
            sentence = f"Le contenu de l'écriture n° {index} a été vidé sans écriture d'effacement."
            self.findings.add("payload_emptied", sentence, index)
        for index in sorted(self.kept):
            self.findings.add("payload_kept", f"Le contenu de l'écriture n° {index} est dit effacé, et il est là.", index)

    @property
    def root(self) -> bytes:
        """Root of what was read so far."""
        return self._root(())

    @property
    def kept(self) -> set[int]:
        """Contents that an entry declares erased and that were there when they were read."""
        return self._declared - self.empty

    @property
    def emptied(self) -> set[int]:
        """Contents that are not there and that no entry read so far declares erased."""
        return self.empty - self._declared

    @property
    def operations(self) -> int:
        """How many chains were read."""
        return len(self._chains)

    def _root(self, subtrees: Iterable[Subtree]) -> bytes:
        peaks = list(self._peaks)
        join(peaks, subtrees)
        return root_from_peaks([digest for _, _, digest in peaks])

    def _jobs(self, size: int) -> Iterator[Job]:
        start = self.size
        while start < size:
            end = min((start // BLOCK + 1) * BLOCK, size)
            sizes = tuple(wanted for wanted in self.roots if start < wanted <= end)
            yield Job(self.log, self.keys, start, end, sizes)
            start = end

    def _take(self, block: Block) -> None:
        """Join a block to what was read before it, and tell its problems in the order of the entries."""
        self._joints(block)
        for size in self.roots.keys() & block.points.keys():
            self.roots[size] = self._root(block.points[size].subtrees)
        for signed, head in block.heads:
            point = block.points[signed.size]
            last_at = self._last_at if point.last_at is None else point.last_at
            self._checkpoint(block, signed, head, self._root(point.subtrees), last_at)
        self._compare_nodes(block, join(self._peaks, block.points[block.end].subtrees))
        self._tell(block)
        self._last_at = self._last_at if block.last_at is None else block.last_at
        self.size = block.end
        self.contents += block.contents
        self.empty |= block.empty
        self._declared |= block.declared
        self.changes += block.changes
        for digest, index in block.cited.items():
            self.cited.setdefault(digest, index)
        self._vouch(block)

    def _joints(self, block: Block) -> None:
        """Chains and time across the border of a block."""
        for stream, (index, seq, prev) in block.first.items():
            if not follows(seq, prev, self._chains.get(stream)):
                block.add(CHAIN, "chain", chain_broken(index), index)
        self._chains |= block.last
        if block.first_at and block.first_at[1] < self._last_at:
            block.add(TIME, "time", time_broken(block.first_at[0]), block.first_at[0])

    def _vouch(self, block: Block) -> None:
        for key, witness in block.erasures.items():
            self.vouched[key] = after_erasure(self.vouched.get(key, NO_SNAPSHOT), witness)
        for key, mark in block.marks.items():
            if mark == GONE:
                self.vouched.pop(key, None)
            else:
                self.vouched[key] = mark

    def _compare_nodes(self, block: Block, completed: Iterable[Subtree]) -> None:
        """The stored subtrees that reach across blocks must be the recomputed ones."""
        for level, position, digest in completed:
            stored = self.reader.nodes(level, position, position + 1)
            if stored is not None and stored != [(position, digest)]:
                block.add(NODE, "node", node_broken(level, position), None, place=block.end - 1)

    def _checkpoint(self, block: Block, signed: Signed, head: TreeHead | str, root: bytes, last_at: int) -> None:
        """Signature, columns, root and date of a checkpoint."""
        self.checkpoints += 1
        name, place = f"Le point de contrôle à {signed.size} écritures", max(signed.size - 1, 0)

        def wrong(code: str, sentence: str) -> None:
            block.add(CHECKPOINT, code, sentence, None, place)

        if isinstance(head, str):
            wrong("signature", f"{name} n'est pas signé par la clé du journal. {head}")
        elif (head.origin, head.size, head.root.hex()) != (self.origin, signed.size, signed.root):
            wrong("checkpoint", f"{name} et ses colonnes diffèrent.")
        elif head.root != root:
            wrong("root", f"{name} ne correspond plus aux écritures : le passé a été réécrit.")
        else:
            signed_at: int = plain(signed.created_at)
            if signed_at + CLOCK_SKEW_MS < max(last_at, self._last_signed_at):
                wrong("time", f"{name} est daté d'avant ce qu'il engage.")
            self._last_signed_at = signed_at
            self.sealed = Sealed(signed.size, signed.root, signed.created_at)

    def _tell(self, block: Block) -> None:
        for _, problem in sorted(block.found, key=itemgetter(0)):
            self.findings.add(problem.code, problem.sentence, problem.index)
        self.findings.count += block.count - len(block.found)
