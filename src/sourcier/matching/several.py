"""Two needs in one sentence: « du pain pour les crèches et réparer l'ascenseur ». A person decides whether they are two."""

import re
from collections.abc import Iterator

from sourcier.kernel.activities import Activity
from sourcier.matching.engine import Result, match
from sourcier.matching.intent import intended
from sourcier.matching.words import COMMON, CONTEXT, words

_BETWEEN = re.compile(
    r"(?:\s*[;\n]|[.,])?\s+(?:(?:et aussi|et|puis|plus|ainsi que)\s+|ainsi qu['’])|\s*[;\n]\s*|[.,]\s+|\s+\+\s+", re.IGNORECASE
)

STRONG = 6.0
"""From this score on a half of a sentence speaks of a trade by itself."""

READ, WHOLE = 10, 10
LONGEST_READ = 600
"""Characters: a longer text is a description, no sentence."""


def halves(text: str) -> tuple[str, str] | None:
    """The two needs that a sentence seems to say, or None when it says one.

    They are two when each half finds its trade by a thing that it names, neither trade is among the first that the other half
    finds, and both are among the first that the whole finds: « location et pose de tentes » is one.
    """
    if len(text) > LONGEST_READ:
        return None
    whole = {each.activity for each in match(text, WHOLE).activities}
    best, found = (STRONG, 0.0), None
    for left, right in _cut(text):
        if not (_names_a_thing(left) and _names_a_thing(right)):
            continue
        one, other = match(left, READ), match(right, READ)
        scores = sorted((_strength(one), _strength(other)))
        # Of two cuts, the better is that whose weaker half says more; then that whose stronger half does.
        if (strength := (scores[0], scores[1])) > best and _apart(one, other) and _firsts(one, other) <= whole:
            best, found = strength, (left, right)
    return found


def _cut(text: str) -> Iterator[tuple[str, str]]:
    for between in _BETWEEN.finditer(text):
        if text.count("(", 0, between.start()) > text.count(")", 0, between.start()):
            continue
        left, right = text[: between.start()].strip(), text[between.end() :].strip()
        if left and right:
            yield left, right


def _names_a_thing(half: str) -> bool:
    """Whether it says more than what is wanted of a thing (« location », « entretien »)."""
    said = words(half)
    wanted = intended(said)
    return any(word not in wanted and word.stem not in COMMON | CONTEXT for word in said)


def _firsts(one: Result, other: Result) -> set[Activity]:
    return {one.activities[0].activity, other.activities[0].activity}


def _strength(result: Result) -> float:
    return result.activities[0].score if result.sure else 0.0


def _apart(one: Result, other: Result) -> bool:
    """Whether neither trade answers the other half, even by its neighbours of the same class of NAF."""
    return not any(
        _near(first.activities[0].activity.code, [each.activity.code for each in second.activities])
        for first, second in ((one, other), (other, one))
    )


def _near(code: str, codes: list[str]) -> bool:
    return any(each[:4] == code[:4] for each in codes)
