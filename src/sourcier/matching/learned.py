"""What published contracts teach: the words of their titles and their CPV → the activities of who won them, with counts.

An index holds distinct titles as sets of stems, and for each the activities and the firms that won it, with how many contracts.
Nothing of the buyers, of the amounts nor of the titles themselves is in it. Built once by `Collected.build`; `Learned` answers.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.correspondence import Correspondence
from sourcier.matching.words import CONTEXT, words

MET = 0.4
"""How much of each other a need and a title must say, 0 to 1, for the contract to be said « of this kind »."""

HEAVIEST = 0.6
"""What they share weighs at least so much of the rarest word of the need: « entretien » alone makes no lift."""

MUCH_LONGER = 2.0
"""A need says at most so many times what a title says: a page of details does not part it from a title of three words."""

ROUNDING = 1e-4
"""Sums of 32-bit weights: what is equal is kept, in whatever order it was summed."""

CONTEXT_WEIGHT = 0.45
LONGEST = 12
"""Words of a need that are read: the rarest ones."""

TOLD = 0.2
"""A word is told with an activity when it is in this share of its contracts."""

PREFIXES = (8, 5, 4, 3)
ENOUGH = 3
"""A CPV code is shortened until so many contracts bear it."""

ints = NDArray[np.int64]
NO_INTS: ints = np.zeros(0, np.int64)
NOTHING = Correspondence()


@dataclass(frozen=True, slots=True)
class Bought:
    """`contracts` of this kind were won by firms of this activity. `words`: of the need, those met in their titles, the
    rarest first; `cpv`: the beginning of the code by which they were found instead, "" when words found them."""

    activity: Activity
    contracts: int
    words: tuple[str, ...]
    cpv: str = ""


@dataclass(frozen=True, slots=True)
class Rare:
    """A word of the need that titles say: as written there, the titles that say it, what it weighs."""

    surface: str
    titles: NDArray[np.uint32]
    weight: float


@dataclass(frozen=True, slots=True)
class Met:
    """`titles` that a need meets well, ascending, and for each which of `words` it says: bit n for the word n."""

    words: list[Rare]
    titles: ints
    saying: ints


@dataclass(frozen=True)
class Learned:
    """Flat arrays; those named `…_starts` give, for number n, the range `starts[n]` to `starts[n + 1]` of what follows them.

    `terms`: stems, ascending, one a line (UTF-8). `term_starts`, `titles`: the titles that say each. `weights`: of each term;
    `said`: what each title says in all. `line_starts`, `line_pair`, `line_count`: for each title, the pairs of activities
    that won it. `win_starts`, `winner`, `win_count`: for each title, its winners. `cpv`, `cpv_pair`, `cpv_count`: ascending
    codes, the same without titles. `sirets`: of the winners that may be named, ascending. `pairs`: « rév. 2 NAF 2025 », one
    a line.
    """

    terms: NDArray[np.uint8]
    term_starts: ints
    titles: NDArray[np.uint32]
    weights: NDArray[np.float32]
    said: NDArray[np.float32]
    line_starts: ints
    line_pair: NDArray[np.uint16]
    line_count: NDArray[np.uint32]
    win_starts: ints
    winner: NDArray[np.uint32]
    win_count: NDArray[np.uint32]
    cpv: NDArray[np.uint32]
    cpv_pair: NDArray[np.uint16]
    cpv_count: NDArray[np.uint32]
    sirets: ints
    pairs: NDArray[np.uint8]

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The arrays that make an index."""
        return tuple(field.name for field in fields(cls))

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Stem → its number."""
        return {term: number for number, term in enumerate(_lines(self.terms))}

    @cached_property
    def codes(self) -> list[tuple[str, str]]:
        """NAF rév. 2 and NAF 2025 code of each pair, "" for the one that the register does not tell."""
        return [(rev2, recent) for rev2, _, recent in (line.partition(" ") for line in _lines(self.pairs))]

    def activities(
        self, text: str, cpv: str = "", *, nomenclature: str = NAF_REV2, followed: Correspondence = NOTHING
    ) -> tuple[Bought, ...]:
        """The activities of those who won contracts of this kind, most contracts first; then what the CPV code alone finds.

        A contract won together by two activities counts for both; one won by a firm that bears the other nomenclature alone,
        for those that correspond.
        """
        met = self._met(text)
        lines, each = _expanded(self.line_starts, met.titles)
        # Titles that say the same words of the need are counted together.
        kinds, kind = _ranked(met.saying)
        pairs, pair = _ranked(self.line_pair[lines])
        counts = np.bincount(kind[each] * len(pairs) + pair, self.line_count[lines], len(kinds) * len(pairs))
        by_kind = counts.reshape(len(kinds), len(pairs))
        says = kinds >> np.arange(len(met.words))[:, np.newaxis] & 1
        surfaces = [word.surface for word in met.words]
        by_words = [
            Bought(activity, contracts, tuple(compress(surfaces, told)))
            for activity, contracts, told in self._summed(
                pairs, by_kind.sum(axis=0), says.astype(float) @ by_kind, nomenclature, followed
            )
        ]
        known = {bought.activity for bought in by_words}
        by_cpv = self._by_cpv(cpv, nomenclature, followed)
        return (*by_words, *(bought for bought in by_cpv if bought.activity not in known))

    def winners(self, text: str, limit: int = 20) -> tuple[tuple[str, int], ...]:
        """SIRET and number of contracts of this kind of those who won most of them, then by SIRET."""
        counts = self._wins(text)
        best = np.lexsort((np.arange(len(counts)), -counts))[:limit]
        return tuple((f"{self.sirets[place]:014d}", int(counts[place])) for place in best if counts[place])

    def won(self, text: str, sirets: Collection[str]) -> dict[str, int]:
        """Among these SIRETs, those who won contracts of this kind, and how many."""
        wanted = np.array(sorted({int(siret) for siret in sirets}), np.int64)
        if not len(wanted) or not len(self.sirets):
            return {}
        places = np.minimum(np.searchsorted(self.sirets, wanted), len(self.sirets) - 1)
        places = places[self.sirets[places] == wanted]
        counts = self._wins(text) if len(places) else np.zeros(0)
        return {f"{self.sirets[place]:014d}": int(counts[place]) for place in places if counts[place]}

    def _met(self, text: str) -> Met:
        """The words of the need that titles say, the rarest first, and the titles that it meets well.

        With N what the need says and T what the title says, weighed by rarity, their common words must weigh
        `MET` times the geometric mean of T and N, N being no more than `MUCH_LONGER` T, and `HEAVIEST` of the rarest word.
        """
        read: dict[int, Rare] = {}
        for word in words(text):
            number = self.numbers.get(word.stem)
            if number is not None and number not in read:
                titles = self.titles[self.term_starts[number] : self.term_starts[number + 1]]
                read[number] = Rare(word.surface, titles, float(self.weights[number]))
        found = sorted(read.values(), key=lambda word: -word.weight)[:LONGEST]
        if not found:
            return Met([], NO_INTS, NO_INTS)
        heaviest = HEAVIEST * found[0].weight
        # The most common words, which together weigh less than that, bring no title by themselves.
        enough = np.cumsum([each.weight for each in reversed(found)])[::-1] >= heaviest - ROUNDING
        said_by = np.zeros(len(self.said), np.uint16)
        for number, each in enumerate(found):
            said_by[each.titles] |= np.uint16(1 << number)
        rare = np.uint16((1 << int(enough.sum())) - 1)
        touched = np.flatnonzero(said_by & rare != 0)
        saying = said_by[touched].astype(np.int64)
        sums: NDArray[np.float32] = np.zeros(1, np.float32)
        for each in found:
            sums = np.concatenate([sums, sums + np.float32(each.weight)])
        title, shared = self.said[touched], sums[saying]
        need = np.minimum(sum(each.weight for each in found), MUCH_LONGER * title)
        good = shared >= np.maximum(MET * np.sqrt(need * title), heaviest) - ROUNDING
        return Met(found, touched[good], saying[good])

    def _wins(self, text: str) -> ints:
        """(sirets,) contracts of this kind won by each."""
        wins, _ = _expanded(self.win_starts, self._met(text).titles)
        return np.bincount(self.winner[wins], self.win_count[wins], len(self.sirets)).astype(np.int64)

    def _by_cpv(self, cpv: str, nomenclature: str, followed: Correspondence) -> list[Bought]:
        """By the code itself, else by its longest beginning that enough contracts bear, zeros at its end saying nothing."""
        told = cpv[:8].rstrip("0")
        for length in PREFIXES if cpv[:8].isdigit() else ():
            if len(cpv) < length or (length < PREFIXES[0] and length > max(len(told), PREFIXES[-1])):
                continue
            low = int(cpv[:length]) * 10 ** (8 - length)
            first, last = np.searchsorted(self.cpv, [low, low + 10 ** (8 - length)])
            pairs, pair = _ranked(self.cpv_pair[first:last])
            totals = np.bincount(pair, self.cpv_count[first:last]).astype(np.float64)
            if totals.sum() >= ENOUGH:
                no_words = np.zeros((0, len(pairs)))
                return [
                    Bought(activity, count, (), cpv[:length])
                    for activity, count, _ in self._summed(pairs, totals, no_words, nomenclature, followed)
                ]
        return []

    def _summed(
        self, pairs: ints, totals: NDArray[np.float64], said: NDArray[np.float64], nomenclature: str, followed: Correspondence
    ) -> list[tuple[Activity, int, list[bool]]]:
        """Activities of one nomenclature, the contracts of each, and which words enough of them say; the most first, then by
        code. `totals` (pairs,) and `said` (words, pairs): contracts."""
        meant = [
            (place, code) for place, pair in enumerate(pairs.tolist()) for code in self._meant(pair, nomenclature, followed)
        ]
        codes = sorted({code for _, code in meant})
        numbers = {code: number for number, code in enumerate(codes)}
        places = np.array([place for place, _ in meant], np.int64)
        of = np.array([numbers[code] for _, code in meant], np.int64)
        contracts, saying = np.zeros(len(codes)), np.zeros((len(codes), len(said)))
        np.add.at(contracts, of, totals[places])
        np.add.at(saying, of, said.T[places])
        told = (saying >= TOLD * contracts[:, np.newaxis]).tolist()
        order = np.argsort(-contracts, kind="stable").tolist()
        return [(Activity(nomenclature, codes[number]), int(contracts[number]), told[number]) for number in order]

    def _meant(self, pair: int, nomenclature: str, followed: Correspondence) -> tuple[str, ...]:
        """The code of a pair in a nomenclature, else those that correspond to its other one."""
        rev2, recent = self.codes[pair]
        own = rev2 if nomenclature == NAF_REV2 else recent
        if own:
            return (own,)
        other = Activity(NAF_2025, recent) if nomenclature == NAF_REV2 else Activity(NAF_REV2, rev2)
        return tuple(each.code for each in followed.of(other))


def _lines(array: NDArray[np.uint8]) -> list[str]:
    return array.tobytes().decode("utf-8").split("\n") if len(array) else []


def written(lines: Sequence[str]) -> NDArray[np.uint8]:
    """Lines as an array of their bytes."""
    return np.frombuffer("\n".join(lines).encode("utf-8"), np.uint8)


def _expanded(starts: ints, numbers: ints) -> tuple[ints, ints]:
    """All that follows these numbers, and for each the place of the number that it follows."""
    first = starts[numbers]
    lengths = starts[numbers + 1] - first
    each = np.repeat(np.arange(len(numbers)), lengths)
    return (first - (np.cumsum(lengths) - lengths))[each] + np.arange(len(each)), each


def _ranked(values: NDArray[np.integer[Any]]) -> tuple[ints, ints]:
    """The different small numbers of an array, ascending, and for each value the place of its number among them."""
    there = np.bincount(values) > 0
    return np.flatnonzero(there).astype(np.int64), (np.cumsum(there) - 1)[values]


def rarity(titles: int, saying: NDArray[np.int64], terms: Sequence[str]) -> NDArray[np.float32]:
    """What each term weighs: the rarer the more, places and beneficiaries less."""
    less = np.array([CONTEXT_WEIGHT if term in CONTEXT else 1.0 for term in terms], np.float32)
    return (np.log(1 + titles / np.maximum(1, saying)) * less).astype(np.float32)


def from_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> Learned:
    """The index that these arrays make. Raises `KeyError` when one is missing."""
    return Learned(**{name: arrays[name] for name in Learned.names()})  # type: ignore[arg-type]
