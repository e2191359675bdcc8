"""Firms by the words of their names, brands and addresses, and of their town: mapped arrays, like the rest of a search.

Names stand by *rank*: short ones first, then by name and SIRET, so that the first found are the best. Each word begun leads to
the ranks that have such a word, each rank to its words: the rarest word of a question gives candidates in their order, the
other words keep or drop them, and the search ends with the first that were asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sourcier.register.mapped import Column, Rows, distinct, expanded

LONGEST = 32
"""Letters of a word that count."""

POSTAL = 5
"""Digits of a postal code; a number of fewer is a number of a street or of a name, and is met whole."""

CHUNK = 4_096
"""About so many candidates are looked at first, then four times as many, and so on."""

FEW = 8
"""A word that at most so many times the candidates have is looked for among its names, else in the words of each candidate."""

COLUMNS = (
    "words", "word_starts", "word_ranks", "name_begins", "name_words", "name_places", "name_rows", "towns", "town_places",
    "place_starts", "place_ranks",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one word of the question may be: numbers `first <= word < last` of names, places, and how many ranks have one."""

    first: int
    last: int
    places: NDArray[np.uint32]
    ranks: int


@dataclass(frozen=True)
class Names:
    """Words of names, sorted, as bytes: word w has the ranks `word_ranks[word_starts[w]:word_starts[w + 1]]`, ascending; rank r
    the words `name_words[name_begins[r]:name_begins[r + 1]]`, the place `name_places[r]` and the row `name_rows[r]`.

    `towns`: words of places (names of the commune, postal code), sorted, word i being one of the place `town_places[i]`, whose
    ranks are `place_ranks[place_starts[p]:place_starts[p + 1]]`, ascending.
    """

    words: Column
    word_starts: Column
    word_ranks: Column
    name_begins: Column
    name_words: Column
    name_places: Column
    name_rows: Column
    towns: Column
    town_places: Column
    place_starts: Column
    place_ranks: Column

    def find(self, words: Sequence[str], limit: int) -> Rows:
        """The first `limit` rows that meet every word (folded: `kernel.french.fold`), by rank."""
        # The rarest first: each word leaves fewer names for the next to look at.
        rarest, *others = sorted((self._asked(word) for word in dict.fromkeys(words)), key=lambda each: each.ranks)
        found: list[Rows] = [np.empty(0, np.int64)]
        for candidates in self._ascending(rarest):
            ranks = candidates
            for other in others:
                ranks = ranks[self._met(other, ranks)]
            found.append(ranks)
            if sum(map(len, found)) >= limit:
                break
        return self.name_rows.at(np.concatenate(found)[:limit]).astype(np.int64)

    def _asked(self, word: str) -> _Asked:
        start = word[:LONGEST].encode()
        whole = word.isdecimal() and len(word) < POSTAL
        first, last = _span(self.words.values, start, whole=whole)
        # One digit is a district (« Lyon 9 »); two begin a postal code, as a département does.
        towns = _span(self.towns.values, start, whole=whole and len(word) == 1)
        places = distinct(self.town_places.values[slice(*towns)])
        in_names = int(self.word_starts.values[last]) - int(self.word_starts.values[first])
        return _Asked(first, last, places, in_names + int(np.subtract(*self._bounds(places)[::-1]).sum()))

    def _bounds(self, places: NDArray[np.uint32]) -> tuple[Rows, Rows]:
        return self.place_starts.values[places], self.place_starts.values[places.astype(np.int64) + 1]

    def _ascending(self, asked: _Asked) -> Iterator[Rows]:
        """The ranks of a word, ascending, each once, by growing parts."""
        total = len(self.name_rows.values)
        start, stop = self.word_starts.values[[asked.first, asked.last]].tolist()
        self.word_ranks.ahead(np.array([start]), np.array([max(stop, start + 1)]))
        parts = [self.word_ranks.values[start:stop], self.place_ranks.over(*self._bounds(asked.places))]
        low, step = 0, total * CHUNK // max(1, asked.ranks) + 1
        while low < total and asked.ranks:
            high = min(total, low + step)
            yield distinct(np.concatenate([part[(part >= low) & (part < high)] for part in parts])).astype(np.int64)
            low, step = high, step * 4

    def _met(self, asked: _Asked, ranks: Rows) -> NDArray[np.bool_]:
        """Which of these ranks have such a word, in their names or their place."""
        there = np.zeros(len(self.place_starts.values) - 1, bool)
        there[asked.places] = True
        met: NDArray[np.bool_] = there[self.name_places.at(ranks)]
        start, stop = self.word_starts.values[[asked.first, asked.last]].tolist()
        if start < stop:
            few = stop - start < FEW * len(ranks)
            met |= self._among(start, stop, ranks) if few else self._having(asked, ranks)
        return met

    def _among(self, start: int, stop: int, ranks: Rows) -> NDArray[np.bool_]:
        """Which of these ranks are in that part of the ranks of words."""
        owners = distinct(self.word_ranks.over(np.array([start]), np.array([stop])))
        found: NDArray[np.bool_] = owners[np.minimum(np.searchsorted(owners, ranks), len(owners) - 1)] == ranks
        return found

    def _having(self, asked: _Asked, ranks: Rows) -> NDArray[np.bool_]:
        """Which of these ranks have such a word among those of their names."""
        starts, stops = self.name_begins.at(ranks).astype(np.int64), self.name_begins.at(ranks + 1).astype(np.int64)
        words = self.name_words.at(expanded(starts, stops))
        counted = np.concatenate([[0], np.cumsum((words >= asked.first) & (words < asked.last))])
        ends = np.cumsum(stops - starts)
        having: NDArray[np.bool_] = counted[ends] > counted[ends - (stops - starts)]
        return having


def _span(words: NDArray[np.bytes_], start: bytes, *, whole: bool) -> tuple[int, int]:
    """Positions of the words that begin so, or are just this."""
    after = start + (b"\x01" if whole else b"\xff")
    first, last = np.searchsorted(words, np.array([start, after[: LONGEST + 1]], f"S{LONGEST + 1}")).tolist()
    return int(first), int(last)


def load(folder: Path) -> Names:
    """Map the names of one build. Raises `OSError`, `ValueError` or `EOFError` when not whole."""
    return Names(**{name: Column(folder / f"{name}.npy") for name in COLUMNS})
