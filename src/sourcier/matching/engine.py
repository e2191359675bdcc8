"""BM25 over the labels and the thesaurus, with stems and pairs of neighbouring words; every answer says which words counted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import log

from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.matching.labels import labels
from sourcier.matching.words import COMMON, CONTEXT, Word, bigrams, one_letter_less, words

K1 = 1.2
B = 0.2
LABEL_WEIGHT = 0.7
PAIR_WEIGHT = 0.5
COMMON_WEIGHT = 0.25
CONTEXT_WEIGHT = 0.45
ASIDE_WEIGHT = 0.7
SLIP_WEIGHT = 0.8
SHORTEST_SLIP = 8
LONGEST_SLIP = 30

# Set on the development needs with the first, poorer thesaurus: said of 69 needs in 100 and then always right in five.
SURE_SCORE = 6.0
SURE_SHARE = 0.34


@dataclass(frozen=True, slots=True)
class Match:
    """An activity that may answer, its score, and the words of the need that counted, the weightiest first."""

    activity: Activity
    label: str
    score: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """Best first. `sure` is False when a person should look twice."""

    activities: tuple[Match, ...]
    sure: bool


class Index:
    """An inverted index over activities, each described by texts of different weight."""

    def __init__(self, described: Mapping[Activity, Iterable[tuple[str, float]]]) -> None:
        self.activities = list(described)
        postings: dict[str, dict[int, float]] = defaultdict(dict)
        lengths: list[float] = []
        vocabulary: dict[str, str] = {}
        for number, texts in enumerate(described.values()):
            frequencies: defaultdict[str, float] = defaultdict(float)
            length = 0.0
            for text, weight in texts:
                found = words(text)
                vocabulary.update((word.folded, word.stem) for word in found)
                stems = [word.stem for word in found]
                length += weight * len(stems)
                for term in (*stems, *bigrams(stems)):
                    frequencies[term] += weight
            lengths.append(length)
            for term, frequency in frequencies.items():
                postings[term][number] = frequency
        self._weights = _bm25(postings, lengths)
        self._slips: dict[str, list[str]] = defaultdict(list)
        for folded in vocabulary:
            if SHORTEST_SLIP <= len(folded) <= LONGEST_SLIP:
                for form in one_letter_less(folded):
                    self._slips[form].append(folded)
        self._vocabulary = vocabulary

    def knows(self, word: Word) -> bool:
        return word.stem in self._weights

    def corrected(self, word: Word) -> Word | None:
        """The known word one slip away from an unknown one (« ascenceur »), or None; the first letter is trusted."""
        if not SHORTEST_SLIP <= len(word.folded) <= LONGEST_SLIP:
            return None
        near = {
            folded
            for form in one_letter_less(word.folded)
            for folded in self._slips.get(form, ())
            if folded[0] == word.folded[0] and abs(len(folded) - len(word.folded)) <= 1
        }
        if not near:
            return None
        best = min(near, key=lambda folded: (len(self._weights[self._vocabulary[folded]]), folded))
        return replace(word, folded=best, stem=self._vocabulary[best])

    def rank(self, text: str, limit: int) -> list[tuple[Activity, float, tuple[str, ...]]]:
        """The `limit` best activities with their score and the words of the text that counted."""
        scores: defaultdict[int, float] = defaultdict(float)
        reasons: defaultdict[int, dict[str, float]] = defaultdict(dict)
        for term, (weight, surfaces) in self.terms(text).items():
            for number, value in self._weights.get(term, ()):
                scores[number] += weight * value
                counted = reasons[number]
                for surface in surfaces:
                    counted[surface] = counted.get(surface, 0.0) + weight * value
        best = sorted(scores, key=lambda number: (-scores[number], self.activities[number]))[:limit]
        return [
            (self.activities[number], scores[number], tuple(sorted(reasons[number], key=lambda s: -reasons[number][s])))
            for number in best
        ]

    def terms(self, text: str) -> dict[str, tuple[float, tuple[str, ...]]]:
        """Each distinct term of a need with its weight and the words that carry it; the first place of a word counts."""
        found: list[tuple[Word, float]] = []
        for word in words(text):
            if self.knows(word):
                found.append((word, weight_of(word)))
            elif right := self.corrected(word):
                found.append((right, weight_of(right) * SLIP_WEIGHT))
        terms: dict[str, tuple[float, tuple[str, ...]]] = {}
        for word, weight in found:
            terms.setdefault(word.stem, (weight, (word.surface,)))
        for (first, one), (second, other) in pairwise(found):
            if first.surface != second.surface:
                surfaces = (first.surface, second.surface)
                terms.setdefault(f"{first.stem} {second.stem}", (PAIR_WEIGHT * min(one, other), surfaces))
        return terms


def _bm25(postings: Mapping[str, Mapping[int, float]], lengths: list[float]) -> dict[str, list[tuple[int, float]]]:
    """The part of the score that does not depend on the need, once for all."""
    total, mean = len(lengths), sum(lengths) / max(1, len(lengths))
    weights = {}
    for term, frequencies in postings.items():
        rarity = log(1 + (total - len(frequencies) + 0.5) / (len(frequencies) + 0.5))
        weights[term] = [
            (number, rarity * tf * (K1 + 1) / (tf + K1 * (1 - B + B * lengths[number] / mean)))
            for number, tf in frequencies.items()
        ]
    return weights


def weight_of(word: Word) -> float:
    """1 for a word of the object itself; less for what any purchase says, for places and beneficiaries, after « pour »."""
    weight = ASIDE_WEIGHT if word.aside else 1.0
    if word.stem in COMMON:
        return weight * COMMON_WEIGHT
    return weight * CONTEXT_WEIGHT if word.stem in CONTEXT else weight


@cache
def thesaurus() -> dict[Activity, str]:
    """The words that cities use for each activity."""
    text = (files("sourcier.matching") / "data" / "activities.tsv").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in text.splitlines())
    return {Activity(NAF_REV2, code): phrase for code, phrase in pairs}


@cache
def index() -> Index:
    """The index of the project's own data, built at first use."""
    phrases = thesaurus()
    return Index({
        activity: [(label, LABEL_WEIGHT), (phrases.get(activity, ""), 1.0)] for activity, label in labels().items()
    })  # fmt: skip


def match(text: str, limit: int = 10) -> Result:
    """Activities for a need in any words; never an exception, an empty result when no word is known."""
    names = labels()
    ranked = index().rank(text, limit)
    return Result(
        tuple(Match(activity, names[activity], round(score, 3), counted) for activity, score, counted in ranked),
        bool(ranked) and is_sure(text, ranked[0][1], ranked[0][2]),
    )


def share_met(text: str, counted: Iterable[str]) -> float:
    """Which part of the words that say something (neither common nor of place) the answer met, from 0 to 1."""
    telling = {word.surface: weight_of(word) for word in words(text) if word.stem not in COMMON | CONTEXT}
    total = sum(telling.values())
    return sum(telling.get(surface, 0.0) for surface in set(counted)) / total if total else 0.0


def is_sure(text: str, score: float, counted: Iterable[str]) -> bool:
    """Said when the best answer is strong and met enough of what the need says."""
    return score >= SURE_SCORE and share_met(text, counted) >= SURE_SHARE
