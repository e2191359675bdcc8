"""The family proposed for a need: from the activities that a person ticked, else from its words. A person confirms it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache
from math import log

from sourcier.kernel.activities import Activity
from sourcier.matching.engine import CityPhrase, match, share_met, weight_of
from sourcier.matching.words import Word, words
from sourcier.spend import rules
from sourcier.spend.models import Family

# What a word of the label weighs beside the best activity that the words of the need meet.
LABEL_WEIGHT, ACTIVITY_WEIGHT = 1.1, 1.0
ACTIVITIES_READ = 6
ENOUGH = 0.5


def from_activities(families: Sequence[Family], activities: Sequence[Activity]) -> Family | None:
    """The family that shares most activities with these; among equals, the one they describe best."""
    wanted = {(activity.nomenclature, activity.code) for activity in activities}
    ranked = [
        (rank, family)
        for family in families
        if (rank := rules.fit([(nomenclature, code) for nomenclature, code in family.activities], wanted))
    ]
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else None


def from_words(families: Sequence[Family], text: str, added: Sequence[CityPhrase] = ()) -> Family | None:
    """The family whose label says what the need says, and whose activities its words meet; None when nothing is near enough.

    `added`: the city's own words.
    """
    scores = _by_label(families, text)
    for place, score in _by_activity(families, text, added).items():
        scores[place] += ACTIVITY_WEIGHT * score
    if not scores:
        return None
    best = max(scores, key=lambda place: (scores[place], -place))
    return families[best] if scores[best] >= ENOUGH else None


def _by_label(families: Sequence[Family], text: str) -> defaultdict[int, float]:
    """The part of what the need says that each label says too, from 0 to 1: a rare word says more."""
    said: dict[str, Word] = {}
    for word in words(text):
        said.setdefault(word.stem, word)
    stems = [_stems(family.label) for family in families]
    spread = Counter(stem for each in stems for stem in each)
    weights = {stem: weight_of(word) * log(1 + len(families) / (1 + spread[stem])) for stem, word in said.items()}
    total = sum(weights.values())
    found: defaultdict[int, float] = defaultdict(float)
    for place, label in enumerate(stems):
        if shared := label & weights.keys():
            met = sum(weights[stem] for stem in shared)
            found[place] = LABEL_WEIGHT * (met / total + 0.2 * len(shared) / len(label)) if total else 0.0
    return found


@lru_cache(maxsize=4_000)
def _stems(label: str) -> frozenset[str]:
    return frozenset(word.stem for word in words(label))


def _by_activity(families: Sequence[Family], text: str, added: Sequence[CityPhrase]) -> dict[int, float]:
    """How near the activities of each family are to those that the words meet, from 0 to 1."""
    met = match(text, ACTIVITIES_READ, added=added).activities
    if not met:
        return {}
    near = {
        activity.activity: activity.score / met[0].score * (0.3 + 0.7 * share_met(text, activity.words)) for activity in met
    }
    found = {}
    for place, family in enumerate(families):
        scores = [
            near[activity] / (1 + rank / 2)
            for rank, (nomenclature, code) in enumerate(family.activities)
            if (activity := Activity(nomenclature, code)) in near
        ]
        if scores:
            found[place] = max(scores)
    return found
