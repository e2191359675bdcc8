"""The contracts read, counted as they come: what their winners do is asked of the register for many at once, then they are
forgotten.

What is held grows with the titles, the winners and the activities that differ, as the index itself does, and by eight bytes
for each contract, by which one published twice is known. A title is a number and its stems, never its text.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from sourcier.kernel.identifiers import InvalidIdentifier, parse_siret
from sourcier.matching.decp import Contract, Left
from sourcier.matching.french import french
from sourcier.matching.learned import Learned, rarity, written
from sourcier.matching.thesaurus import thesaurus
from sourcier.matching.words import COMMON, stem, words

NOT_THE_TRADE = frozenset(map(stem, ("lot", "tranche", "accord", "cadre", "avenant", "relance", "subsequent", "procedure")))
"""What titles say of the procedure, besides `COMMON`."""

SAYS_LITTLE = COMMON | NOT_THE_TRADE
AT_ONCE = 100_000
"""Contracts held until the register is asked."""

BITS = np.uint64(32)
"""Two numbers are counted as one: the first stands this many bits higher."""

ints = NDArray[np.int64]
wide = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Firms:
    """What is known of the SIRETs asked, in their order: in the register or not, which of `pairs` (NAF rév. 2, NAF 2025) it
    does, -1 when that is not told, and whether it may be named."""

    known: NDArray[np.bool_]
    named: NDArray[np.bool_]
    pair: ints
    pairs: Sequence[tuple[str, str]]


class _Numbers:
    """A number for each different value, in the order in which they come."""

    def __init__(self) -> None:
        self.values = np.zeros(0, np.uint64)
        self._numbers = np.zeros(0, np.uint32)

    def of(self, values: wide) -> tuple[ints, wide]:
        """The number of each of these values (ascending, each once), and those that were not known, in the order of theirs."""
        place = np.searchsorted(self.values, values)
        there = _there(self.values, place, values)
        new = values[~there]
        numbers = np.arange(len(self.values), len(self.values) + len(new), dtype=np.uint32)
        self._numbers = np.insert(self._numbers, place[~there], numbers)
        self.values = np.insert(self.values, place[~there], new)
        return self._numbers[np.searchsorted(self.values, values)].astype(np.int64), new


class _Counts:
    """How many times each couple of numbers was met; `keys` ascending."""

    def __init__(self) -> None:
        self.keys = np.zeros(0, np.uint64)
        self.counts = np.zeros(0, np.uint32)

    def add(self, first: ints, second: ints) -> None:
        """Count these couples."""
        keys, counts = _counted((first.astype(np.uint64) << BITS) | second.astype(np.uint64))
        place = np.searchsorted(self.keys, keys)
        there = _there(self.keys, place, keys)
        self.counts[place[there]] += counts[there]
        self.keys = np.insert(self.keys, place[~there], keys[~there])
        self.counts = np.insert(self.counts, place[~there], counts[~there])

    def firsts(self) -> ints:
        """The first number of each couple."""
        return (self.keys >> BITS).astype(np.int64)

    def seconds(self) -> NDArray[np.uint32]:
        """The second number of each couple."""
        return self.keys.astype(np.uint32)

    def starts(self, size: int) -> ints:
        """Where the couples of each of `size` first numbers start, and where all end."""
        return np.searchsorted(self.keys, np.arange(size + 1, dtype=np.uint64) << BITS)


class _Waiting:
    """Contracts whose winners are not asked yet, in flat arrays."""

    def __init__(self) -> None:
        self.keys, self.cpv, self.titles = array("Q"), array("I"), array("Q")
        self.stems, self.stem_ends = array("I"), array("Q")
        self.sirets, self.siret_ends = array("q"), array("Q")

    def add(self, row: Contract, stems: Sequence[int]) -> None:
        """Hold a contract; `stems`: their numbers, ascending."""
        numbers = array("I", stems)
        self.keys.append(row.key)
        self.cpv.append(row.cpv)
        self.titles.append(int.from_bytes(blake2b(numbers.tobytes(), digest_size=8).digest()) if stems else 0)
        self.stems.extend(numbers)
        self.stem_ends.append(len(self.stems))
        self.sirets.extend(row.sirets)
        self.siret_ends.append(len(self.sirets))


class Collected:
    """Contracts in the order of the files. `left`: rows of no use, by reason; `last`: the latest day of notification."""

    def __init__(self, today: date, register: Callable[[ints], Firms], at_once: int = AT_ONCE) -> None:
        """`register`: what it says of these SIRETs (ascending, each once); asked every `at_once` contracts."""
        self.left: Counter[Left] = Counter()
        self.rows = 0
        self.last: date | None = None
        self._today, self._register, self._at_once = today, register, at_once
        self._terms: dict[str, int] = {}
        self._pairs: dict[tuple[str, str], int] = {}
        self._seen, self._titles, self._winners = np.zeros(0, np.uint64), _Numbers(), _Numbers()
        self._sirets, self._stems, self._lengths = array("q"), array("I"), array("I")
        self._lines, self._wins, self._cpv = _Counts(), _Counts(), _Counts()
        self._waiting = _Waiting()

    def add(self, row: Contract | Left) -> None:
        """Gather a row, or count it with those left."""
        self.rows += 1
        if isinstance(row, Left):
            self.left[row] += 1
            return
        stems = sorted({self._terms.setdefault(stem, len(self._terms)) for stem in telling(row.title)})
        if not stems and not row.cpv:
            self.left[Left.NO_WORDS] += 1
            return
        self._waiting.add(row, stems)
        if row.notified and row.notified <= self._today:
            self.last = max(self.last or row.notified, row.notified)
        if len(self._waiting.keys) >= self._at_once:
            self._count()

    def build(self) -> Learned:
        """The index; the contracts that it does not use are in `left`. Called once."""
        self._count()
        order = np.argsort(np.frombuffer(self._sirets, np.int64)) if self._sirets else np.zeros(0, np.int64)
        rank = np.empty(len(order), np.uint32)
        rank[order] = np.arange(len(order))
        size = len(self._lengths)
        stems, term_starts, titles, weights, said = self._postings()
        return Learned(
            terms=written(stems), term_starts=term_starts, titles=titles, weights=weights, said=said,
            line_starts=self._lines.starts(size), line_pair=self._lines.seconds().astype(np.uint16),
            line_count=self._lines.counts, win_starts=self._wins.starts(size), winner=rank[self._wins.seconds()],
            win_count=self._wins.counts, cpv=self._cpv.firsts().astype(np.uint32),
            cpv_pair=self._cpv.seconds().astype(np.uint16), cpv_count=self._cpv.counts,
            sirets=np.array(self._sirets, np.int64)[order], pairs=written([" ".join(codes) for codes in self._pairs]),
        )  # fmt: skip

    def _count(self) -> None:
        """Ask the register for the winners of those that wait, count them, and forget them."""
        held, self._waiting = self._waiting, _Waiting()
        if not held.keys:
            return
        sirets = _distinct(np.array(held.sirets, np.int64))
        ends = np.array(held.siret_ends, np.int64)
        contract = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
        place = np.searchsorted(sirets, np.array(held.sirets, np.int64))
        firms = self._register(sirets)
        numbers = np.array([self._pairs.setdefault(codes, len(self._pairs)) for codes in firms.pairs] + [-1], np.int64)
        pair = numbers[firms.pair][place]
        used = self._used(np.array(held.keys, np.uint64), sirets, contract, place, firms)
        title = self._numbered_titles(held, used)
        # A contract won by two firms of one activity is one contract of that activity.
        counted = used[contract] & (pair >= 0)
        span = max(1, len(self._pairs))
        owner, pairs = np.divmod(_distinct(contract[counted] * span + pair[counted]), span)
        cpv = np.array(held.cpv, np.int64)[owner]
        self._cpv.add(cpv[cpv > 0], pairs[cpv > 0])
        said = title[owner] >= 0
        self._lines.add(title[owner][said], pairs[said])
        # The winners that may not be named count for their activity, and are forgotten.
        named = used[contract] & firms.named[place] & (title[contract] >= 0)
        self._wins.add(title[contract[named]], self._numbered_winners(sirets[place[named]]))

    def _numbered_winners(self, sirets: ints) -> ints:
        """The number of each of these SIRETs."""
        each = _distinct(sirets)
        numbers, new = self._winners.of(each.astype(np.uint64))
        self._sirets.extend(new.astype(np.int64).tolist())
        return numbers[np.searchsorted(each, sirets)]

    def _used(self, keys: wide, sirets: ints, contract: ints, place: ints, firms: Firms) -> NDArray[np.bool_]:
        """(contracts,) which ones teach something; the others are counted by reason."""
        size = len(keys)
        first, known_keys = np.zeros(size, bool), np.searchsorted(self._seen, keys)
        first[np.unique(keys, return_index=True)[1]] = True
        first &= ~_there(self._seen, known_keys, keys)
        self._seen = np.sort(np.concatenate([self._seen, keys[first]]))
        has, known, true = (np.zeros(size, bool) for _ in range(3))
        unknown = np.flatnonzero(~firms.known)
        has[contract[firms.pair[place] >= 0]] = True
        known[contract[firms.known[place]]] = True
        valid = np.zeros(len(firms.known), bool)
        valid[unknown] = [_true(siret) for siret in sirets[unknown].tolist()]
        true[contract[valid[place]]] = True
        self.left[Left.TWICE] += int((~first).sum())
        self.left[Left.NO_ACTIVITY] += int((first & ~has & known).sum())
        self.left[Left.UNKNOWN_FIRM] += int((first & ~known & true).sum())
        self.left[Left.FALSE_SIRET] += int((first & ~known & ~true).sum())
        return first & has

    def _numbered_titles(self, held: _Waiting, used: NDArray[np.bool_]) -> ints:
        """(contracts,) number of the title of each, -1 when it is not used or says nothing; the stems of new ones are kept."""
        ends = np.array(held.stem_ends, np.int64)
        begins = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
        telling = np.flatnonzero(used & (ends > begins))
        hashes, index, inverse = np.unique(np.array(held.titles, np.uint64)[telling], return_index=True, return_inverse=True)
        numbers, new = self._titles.of(hashes)
        title = np.full(len(ends), -1, np.int64)
        title[telling] = numbers[inverse]
        for row in telling[index[np.searchsorted(hashes, new)]].tolist():
            self._stems.extend(held.stems[begins[row] : ends[row]])
            self._lengths.append(int(ends[row] - begins[row]))
        return title

    def _postings(
        self,
    ) -> tuple[list[str], ints, NDArray[np.uint32], NDArray[np.float32], NDArray[np.float32]]:
        """Stems kept, ascending; for each the titles that say it; what each stem weighs, and what each title says in all."""
        stems, lengths = list(self._terms), np.array(self._lengths, np.int64)
        number = np.array(self._stems, np.uint32)
        kept = sorted(np.flatnonzero(np.bincount(number, minlength=len(stems))).tolist(), key=stems.__getitem__)
        renumber = np.zeros(len(stems), np.uint32)
        renumber[kept] = np.arange(len(kept))
        names, term = [stems[each] for each in kept], renumber[number]
        saying = np.bincount(term, minlength=len(kept)).astype(np.int64)
        weights = rarity(len(lengths), saying, names)
        starts = np.cumsum(lengths) - lengths
        said = np.add.reduceat(weights[term], starts) if len(starts) else np.zeros(0, np.float32)
        packed = term.astype(np.uint64) << BITS
        packed |= np.repeat(np.arange(len(lengths), dtype=np.uint32), lengths)
        packed.sort()
        return names, np.concatenate([np.zeros(1, np.int64), np.cumsum(saying)]), packed.astype(np.uint32), weights, said


def telling(title: str) -> set[str]:
    """Stems of a title that say what is bought: French or of the trade, neither common to all purchases nor with a figure.

    References and names of places are in no lexicon; kept, each would be the rarest word of its title.
    """
    return set().union(*map(_telling, title.split()))


@lru_cache(maxsize=50_000)
def _telling(part: str) -> frozenset[str]:
    """Of what stands between two spaces: titles say the same parts over and over."""
    trade = _of_the_trade()
    return frozenset(
        word.stem
        for word in words(part)
        if word.stem not in SAYS_LITTLE and (word.stem in trade or french().knows(word.folded)) and word.stem.isalpha()
    )


@cache
def _of_the_trade() -> frozenset[str]:
    """Stems of the thesaurus: it has the acronyms that no lexicon has."""
    phrases = (phrase for entry in thesaurus().values() for phrase in (*entry.phrases, *entry.symptoms))
    return frozenset(word.stem for phrase in phrases for word in words(phrase))


def _distinct(values: ints) -> ints:
    """Each value once, ascending: for integers, `numpy.unique` hashes first, and takes far longer."""
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def _there(values: wide, place: ints, wanted: wide) -> NDArray[np.bool_]:
    """Whether each wanted value stands at its place among these, ascending."""
    if not len(values):
        return np.zeros(len(wanted), bool)
    there: NDArray[np.bool_] = values[np.minimum(place, len(values) - 1)] == wanted
    return there


def _counted(keys: wide) -> tuple[wide, NDArray[np.uint32]]:
    """Each key once, ascending, with its count."""
    each, counts = np.unique(keys, return_counts=True)
    return each, counts.astype(np.uint32)


def _true(siret: int) -> bool:
    """Whether the number has the keys of a SIRET."""
    try:
        return bool(parse_siret(f"{siret:014d}"))
    except InvalidIdentifier:
        return False
