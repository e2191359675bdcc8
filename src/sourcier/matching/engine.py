"""A need in any words → the activities that can answer, each with the words that counted and what they met."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from sourcier.kernel.activities import Activity
from sourcier.matching.examples import examples
from sourcier.matching.index import LONGEST, Asked, Index, Scores, Term, Text
from sourcier.matching.intent import FAVOUR, favoured, intents
from sourcier.matching.labels import labels
from sourcier.matching.thesaurus import NOTHING, thesaurus
from sourcier.matching.words import COMMON, CONTEXT, Word, words

LABEL_WEIGHT, SYMPTOM_WEIGHT, EXAMPLE_WEIGHT, LESS_LIKELY = 0.7, 0.8, 0.7, 0.7
"""Of an example, each seller after the first weighs `LESS_LIKELY` of the one before."""

COMMON_WEIGHT, CONTEXT_WEIGHT, COMPLEMENT_WEIGHT, ASIDE_WEIGHT, SLIP_WEIGHT = 0.25, 0.45, 0.8, 0.35, 0.8
KNOWN_NEAR = 0.4
"""What the neighbours of a word weigh when the thesaurus has the word itself."""

COUNTS = 0.01
"""The least that a word brings to be said as counting; scores are said with three decimals."""

SURE = ((10.0, 0.5), (6.0, 0.8))
"""(least score, least part of the need met): a short need met whole may score less. Set with half of the thesaurus taken away:
then said of 90 development needs in 100, and right in its first five 99 times in 100."""

CityPhrase = tuple[str, Activity]


class How(StrEnum):
    """How a word of the need met one of the thesaurus: the same word, corrected, one that goes with it, a city's own."""

    SAME = "same"
    CORRECTED = "corrected"
    NEAR = "near"
    CITY = "city"


@dataclass(frozen=True, slots=True)
class Met:
    """A word of the need as written there, what it met as the thesaurus writes it, and how."""

    word: str
    term: str
    how: How


@dataclass(frozen=True, slots=True)
class Match:
    """An activity that may answer, its score, and the words of the need that counted, the weightiest first.

    `met`: for each of `words` what it met. `phrase`: the phrase of the thesaurus best met by several of them, or "".
    """

    activity: Activity
    label: str
    score: float
    words: tuple[str, ...]
    met: tuple[Met, ...]
    phrase: str


@dataclass(frozen=True, slots=True)
class Result:
    """Best first. `sure` is False when a person should look twice."""

    activities: tuple[Match, ...]
    sure: bool


def match(text: str, limit: int = 10, *, added: Sequence[CityPhrase] = (), index: Index | None = None) -> Result:
    """Activities for a need in any words; never an exception, an empty result when no word is known.

    `added`: phrases of a city's own; one whose words are all in the need lifts its activity above the others. `index`: another
    than the project's, over the same activities.
    """
    ours = index or project_index()
    said = words(text)
    read = asked(ours, said)
    scores = ours.score(read)
    values = scores.values * _favour(frozenset(intents(said)))
    lifted = _lifted(said, added)
    for place, phrase in lifted.items():
        values[place] += values.max() + len(_stems(phrase))
    best = np.lexsort((np.arange(len(values)), -values))[:limit]
    each = (_explained(ours, scores, place, float(values[place]), said, lifted.get(place, "")) for place in map(int, best))
    found = tuple(one for one in each if one.words)
    certain = [met.word for met in found[0].met if met.how is not How.NEAR] if found else []
    return Result(found, bool(found) and is_sure(text, found[0].score, certain))


def described() -> dict[Activity, list[Text]]:
    """What is said of every activity: its official label, phrases and symptoms of the thesaurus, needs that it answers."""
    entries, answered = thesaurus(), defaultdict(list)
    for example in examples():
        for rank, activity in enumerate(example.activities):
            answered[activity].append(Text(example.text, EXAMPLE_WEIGHT * LESS_LIKELY**rank))
    found = {}
    for activity, label in labels().items():
        entry = entries.get(activity, NOTHING)
        phrases = (Text(phrase, 1.0) for phrase in entry.phrases)
        symptoms = (Text(symptom, SYMPTOM_WEIGHT) for symptom in entry.symptoms)
        found[activity] = [Text(label, LABEL_WEIGHT), *phrases, *symptoms, *answered[activity]]
    return found


@cache
def project_index() -> Index:
    """The index of the project's own data, built at first use."""
    return Index(described())


def asked(index: Index, said: Iterable[Word]) -> list[Asked]:
    """Each different word of a need with the terms that it meets; a word said twice weighs what its better place gives it."""
    found: dict[str, Asked] = {}
    for word in said:
        if len(found) == LONGEST:
            break
        if word.stem in found:
            before = found[word.stem]
            found[word.stem] = Asked(before.word, max(before.weight, weight_of(word)), before.met)
            continue
        weight, known = weight_of(word), word
        if word.stem not in index.terms and (right := index.corrected(word)):
            weight, known = weight_of(right) * SLIP_WEIGHT, right
        met = index.near(known.stem)
        if known.stem in index.terms:
            met = [Term(index.terms[known.stem], 1.0), *(Term(term.number, KNOWN_NEAR * term.likeness) for term in met)]
        if met:
            found[word.stem] = Asked(word, weight, tuple(met))
    return list(found.values())


def weight_of(word: Word) -> float:
    """1 for a word of the object itself; less for what any purchase says, for where and for whom, after « de » or « pour »."""
    weight = ASIDE_WEIGHT if word.aside else COMPLEMENT_WEIGHT if word.complement else 1.0
    if word.stem in COMMON:
        return weight * COMMON_WEIGHT
    return weight * CONTEXT_WEIGHT if word.stem in CONTEXT else weight


@lru_cache(maxsize=256)
def _favour(wanted: frozenset[str]) -> NDArray[np.float32]:
    """(activities,) what each score is multiplied by for what the need wants of the thing."""
    return np.array(
        [FAVOUR if any(favoured(activity, intent) for intent in wanted) else 1.0 for activity in labels()], np.float32
    )


@lru_cache(maxsize=20_000)
def _stems(phrase: str) -> frozenset[str]:
    return frozenset(word.stem for word in words(phrase))


def _lifted(said: Iterable[Word], added: Iterable[CityPhrase]) -> dict[int, str]:
    """Place of an activity → the longest phrase of the city that the need says for it, whole."""
    stems = {word.stem for word in said}
    met = [pair for pair in added if (own := _stems(pair[0])) and own <= stems and pair[1] in _places()]
    return {_places()[activity]: phrase for phrase, activity in sorted(met, key=lambda pair: len(_stems(pair[0])))}


@cache
def _places() -> dict[Activity, int]:
    return {activity: place for place, activity in enumerate(labels())}


def _explained(index: Index, scores: Scores, place: int, score: float, said: Sequence[Word], lifted: str) -> Match:
    """The activity with its reasons."""
    activity = index.activities[place]
    met: dict[str, Met] = {word.surface: Met(word.surface, lifted, How.CITY) for word in said if word.stem in _stems(lifted)}
    for row in np.argsort(-scores.parts[:, place], kind="stable"):
        if scores.parts[row, place] < COUNTS:
            break
        each = scores.asked[row]
        term = each.met[scores.places[row, place]]
        how = _how(index, each, term)
        written = index.spelled.get(each.word.folded) if how is How.SAME else None
        met.setdefault(each.word.surface, Met(each.word.surface, written or index.written[term.number], how))
    phrase = index.phrase_met(scores, place)
    return Match(activity, labels()[activity], round(score, 3), tuple(met), tuple(met.values()), phrase)


def _how(index: Index, asked: Asked, term: Term) -> How:
    if term.likeness < 1:
        return How.NEAR
    return How.SAME if index.terms.get(asked.word.stem) == term.number else How.CORRECTED


def share_met(text: str, counted: Iterable[str]) -> float:
    """Which part of the words that say something (neither common nor of place) the answer met, from 0 to 1."""
    telling = {word.surface: weight_of(word) for word in words(text) if word.stem not in COMMON | CONTEXT}
    total = sum(telling.values())
    return sum(telling.get(surface, 0.0) for surface in set(counted)) / total if total else 0.0


def is_sure(text: str, score: float, counted: Iterable[str]) -> bool:
    """Said when the best answer is strong and met enough of what the need says, otherwise than by words that go with it."""
    share = share_met(text, counted)
    return any(score >= least and share >= part for least, part in SURE)
