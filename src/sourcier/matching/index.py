"""An index over activities: which words of a need meet which words of which activity, and for how much.

A need is scored word by word, each word counting once for an activity, by the best of what it meets there: itself (BM25), or a
word that goes with it. Phrases add when two words of theirs are met. Nothing is ever taken off: less said is never worth more.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sourcier.kernel.activities import Activity
from sourcier.matching.french import french, one_slip_away
from sourcier.matching.words import Word, one_letter_less, stem, words

K1, B = 1.2, 0.0
"""BM25's: how soon a word said again stops counting, how far a long description is held against an activity."""

NEAR, NEIGHBOURS, NEAR_WEIGHT, NEAR_POWER = 0.62, 8, 0.6, 3.0
"""A word goes with another from this cosine on; how many are read; what they weigh beside the word itself."""

PHRASE_WEIGHT = 0.5
SHORTEST_SLIP, LONGEST_SLIP = 4, 30
LONGEST = 400
"""Different words that are read of a need."""


@dataclass(frozen=True, slots=True)
class Text:
    """What describes an activity, and what it weighs beside others."""

    words: str
    weight: float


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the thesaurus that a word of the need met: as the thesaurus writes it; `likeness` 1 for the word itself."""

    number: int
    likeness: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A word of the need, what it weighs, and the terms that it meets."""

    word: Word
    weight: float
    met: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """`values` (activities), `parts` (asked, activities) and the place in `Asked.met` of what counted, of the same shape;
    `phrases` (phrases): what each is worth, of which an activity has its best."""

    asked: tuple[Asked, ...]
    values: NDArray[np.float32]
    parts: NDArray[np.float32]
    places: NDArray[np.intp]
    phrases: NDArray[np.float32]


class Index:
    """`described`: activity → its texts, each a phrase.

    `terms`: stem → its number; `written`: by number, one form of it; `spelled`: folded form → as written; `vocabulary`: → stem.
    """

    def __init__(self, described: Mapping[Activity, Sequence[Text]]) -> None:
        self.activities = tuple(described)
        self.terms: dict[str, int] = {}
        self.written: list[str] = []
        self.vocabulary: dict[str, str] = {}
        self.spelled: dict[str, str] = {}
        numbers, places, weights = array("q"), array("q"), array("f")
        self.phrases: list[str] = []
        phrase_terms, phrase_starts, owners = array("q"), array("q"), array("q")
        # A need stands under each activity that answers it, and is read once.
        read: dict[str, list[int]] = {}
        for place, texts in enumerate(described.values()):
            for text in texts:
                if (said := read.get(text.words)) is None:
                    said = read[text.words] = [self._learn(word) for word in words(text.words)]
                numbers.extend(said)
                places.extend([place] * len(said))
                weights.extend([text.weight] * len(said))
                if len(distinct := dict.fromkeys(said)) > 1:
                    self.phrases.append(text.words)
                    phrase_starts.append(len(phrase_terms))
                    phrase_terms.extend(distinct)
                    owners.append(place)
        shape = len(self.terms), len(described)
        self.weights, self.rarity = _bm25(np.array(numbers), np.array(places), np.array(weights), shape)
        self._phrase_terms, self._phrase_starts = np.array(phrase_terms), np.array(phrase_starts)
        self._phrase_rarity = self.rarity[self._phrase_terms]
        self._phrase_total = np.add.reduceat(self._phrase_rarity, self._phrase_starts)
        self._owners, self._owner_starts = np.unique(np.array(owners), return_index=True)
        self._slips: dict[str, list[str]] = defaultdict(list)
        for folded in self.vocabulary:
            if SHORTEST_SLIP <= len(folded) <= LONGEST_SLIP:
                for form in one_letter_less(folded):
                    self._slips[form].append(folded)
        self._directions = np.zeros((len(self.terms), french().vectors.shape[1]), np.float32)
        for term, number in self.terms.items():
            if (direction := french().vector(term)) is not None:
                self._directions[number] = direction

    def _learn(self, word: Word) -> int:
        if word.folded in self.vocabulary:
            return self.terms[word.stem]
        number = self.terms.setdefault(word.stem, len(self.terms))
        if number == len(self.written):
            self.written.append(word.surface)
        self.vocabulary[word.folded], self.spelled[word.folded] = word.stem, word.surface
        return number

    def score(self, asked: Iterable[Asked]) -> Scores:
        """What each activity is worth for these words."""
        asked = tuple(asked)
        parts = np.zeros((len(asked), len(self.activities)), np.float32)
        places = np.zeros(parts.shape, np.intp)
        met = np.zeros(len(self.terms), np.float32)
        for row, each in enumerate(asked):
            numbers = [term.number for term in each.met]
            likeness = np.array([term.likeness for term in each.met], np.float32)
            values = each.weight * likeness[:, None] * self.weights[numbers]
            places[row] = values.argmax(axis=0)
            parts[row] = values.max(axis=0)
            met[numbers] = np.maximum(met[numbers], each.weight * likeness)
        phrases = self._worth_of_phrases(met)
        values = parts.sum(axis=0)
        values[self._owners] += np.maximum.reduceat(phrases, self._owner_starts)
        return Scores(asked, values, parts, places, phrases)

    def _worth_of_phrases(self, met: NDArray[np.float32]) -> NDArray[np.float32]:
        """(phrases,) the rarity of the words of each that are met, by the part of it that they make; one word is no phrase."""
        found = met[self._phrase_terms]
        worth = np.add.reduceat(self._phrase_rarity * found, self._phrase_starts)
        several = np.add.reduceat((found > 0).astype(np.int8), self._phrase_starts) > 1
        return np.where(several, PHRASE_WEIGHT * worth * worth / self._phrase_total, 0).astype(np.float32)

    def phrase_met(self, scores: Scores, place: int) -> str:
        """The phrase of an activity (by its place) that counted, or "" when none did."""
        at = int(np.searchsorted(self._owners, place))
        if at == len(self._owners) or self._owners[at] != place:
            return ""
        start, end = (*self._owner_starts, len(self.phrases))[at : at + 2]
        best = int(start) + int(scores.phrases[start:end].argmax())
        return self.phrases[best] if scores.phrases[best] > 0 else ""

    def corrected(self, word: Word) -> Word | None:
        """The word of the thesaurus one slip away from one that is no French word (« ascenceur »); None when there is none.

        The first letter is trusted; an article that lost its apostrophe is not (« lascenseur »).
        """
        folded = word.folded
        if french().knows(folded) or not SHORTEST_SLIP <= len(folded) <= LONGEST_SLIP:
            return None
        if folded[0] in "ld" and folded[1:] in self.vocabulary and len(folded) > SHORTEST_SLIP:
            return word._replace(folded=folded[1:], stem=self.vocabulary[folded[1:]])
        near = {
            found
            for form in one_letter_less(folded)
            for found in self._slips.get(form, ())
            if found[0] == folded[0] and abs(len(found) - len(folded)) <= 1
        }
        if near:
            best = min(near, key=lambda found: (-float(self.rarity[self.terms[self.vocabulary[found]]]), found))
            return word._replace(folded=best, stem=self.vocabulary[best])
        real = french().existing(sorted(form for form in one_slip_away(folded) if form[:1] == folded[0]))
        known = [form for form in real if stem(form) in french().rows]
        return word._replace(folded=known[0], stem=stem(known[0])) if known else None

    def near(self, term: str) -> list[Term]:
        """The terms that go with a stem, known or not; the nearest first, itself left out."""
        direction = french().vector(term)
        if direction is None:
            return []
        # One core is enough: threads of a linear algebra library cost more than they give on a busy server.
        likeness = np.einsum("ij,j->i", self._directions, direction)
        own = self.terms.get(term)
        if own is not None:
            likeness[own] = 0
        best = np.argpartition(-likeness, min(NEIGHBOURS, len(likeness) - 1))[:NEIGHBOURS]
        return [
            Term(int(number), NEAR_WEIGHT * float(likeness[number]) ** NEAR_POWER)
            for number in best[np.argsort(-likeness[best])]
            if likeness[number] >= NEAR
        ]


def _bm25(
    numbers: NDArray[np.int64], places: NDArray[np.int64], weights: NDArray[np.float32], shape: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(terms, activities) the part of the score that does not depend on the need, and (terms,) how rare each term is.

    A term, the place of the activity of which it is said, and its weight there, for each time that it is said.
    """
    terms, activities = shape
    lengths = np.bincount(places, weights, activities).astype(np.float32)
    cells, which = np.unique(numbers * activities + places, return_inverse=True)
    frequency = np.bincount(which, weights).astype(np.float32)
    numbers, places = np.divmod(cells, activities)
    spread = np.bincount(numbers, minlength=terms)
    rarity = np.log(1 + (activities - spread + 0.5) / (spread + 0.5)).astype(np.float32)
    saturation = K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1e-9))
    found = np.zeros(shape, np.float32)
    found[numbers, places] = rarity[numbers] * frequency * (K1 + 1) / (frequency + saturation[places])
    return found, rarity
