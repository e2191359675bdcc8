"""Constraints that a need states and capacities that a firm claims: what is said is compared, and nothing is checked. Pure.

`data/capacities.tsv`, a line for a capacity: code, group, label, kind (« yes », or a measure of `measures.py`), the sentence
of who ticks it (with « {} » for its value), the capacity that it implies, phrases of both sides, phrases of firms alone. A
phrase is read by stems, in order, at most two other words between two of them; « =aop » is that very word.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any

from sourcier.matching import measures
from sourcier.matching.clauses import Piece, root, sentences

QUOTES = 2
"""Words of the firm shown for one constraint: two that contradict each other, at most."""

_GAP = 3
_LONGEST = 9
_DENIES = frozenset(["pas", "sans", "ni", "non", "aucun", "aucune", "jamais", "ne", "n", "hors", "sauf"])
_DENIES_AFTER = frozenset(("non", "pas", "jamais"))
_NO_DENIAL = frozenset(
    ["seulement", "uniquement", "que", "qu", "probleme", "problemes", "souci", "soucis", "cher", "chers", "chere", "cheres"]
)
_STOPS = frozenset(["et", "ou", "avec", "car", "donc", "puis"])
_RESTRICTS = frozenset(
    [
        "avant",
        "apres",
        "le",
        "la",
        "les",
        "l",
        "dans",
        "en",
        "hors",
        "au",
        "aux",
        "a",
        "pour",
        "sur",
        "du",
        "des",
        "de",
        "d",
        "sous",
        "chez",
        "moins",
        "sauf",
        "que",
        "qu",
        "jusqu",
        "durant",
        "pendant",
        "tous",
        "tout",
        "toute",
        "toutes",
        "entre",
        "si",
    ]
)


class State(StrEnum):
    """What the firm's words say of a constraint."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Capacity:
    """One line of the catalogue."""

    code: str
    group: str
    label: str
    kind: str
    said: str
    implies: str
    phrases: tuple[str, ...]
    told: tuple[str, ...]

    @property
    def may_be_ticked(self) -> bool:
        """The distance has its own field; a quantity is told by its minimum and its maximum."""
        return self.kind not in ("quantity", "distance")


@dataclass(frozen=True, slots=True)
class Constraint:
    """What the need states: the code of the capacity, the need's words, the value of a measure."""

    code: str
    quote: str
    value: Any = None

    @property
    def label(self) -> str:
        return catalogue()[self.code].label


@dataclass(frozen=True, slots=True)
class Answer:
    """One constraint: its label, what the firm's words say of it, the words of the need and those of the firm."""

    label: str
    state: State
    asked: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a firm says: code → (claimed or denied, its words); kind of measure → values and its words."""

    said: Mapping[str, Sequence[tuple[bool, str]]]
    measured: Mapping[str, Sequence[measures.Found]]


@cache
def catalogue() -> dict[str, Capacity]:
    """The capacities by code, in the order of the pages."""
    text = (files("sourcier.matching") / "data" / "capacities.tsv").read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines():
        code, group, label, kind, said, implies, phrases, told = line.split("\t")
        both, firms = (tuple(filter(None, each.split(", "))) for each in (phrases, told))
        found[code] = Capacity(code, group, label, kind, said, implies, both, firms)
    return found


def spoken(code: str, value: str) -> str:
    """The sentence of a capacity that a firm ticked: « Livraison dès 6 h »; empty for one that the catalogue has no more."""
    capacity = catalogue().get(code)
    if capacity is None:
        return ""
    if capacity.kind == "hour":
        hour, _, minute = value.partition(":")
        value = f"{int(hour)} h" + (f" {minute}" if minute.strip("0") else "")
    return capacity.said.format(value)


def stated(texts: Iterable[str], how_much: Iterable[str] = ()) -> list[Constraint]:
    """The constraints of a need, in the order of the catalogue; `how_much`: its answers to « combien »."""
    found: dict[str, Constraint] = {}
    for text, counted in [*((text, False) for text in texts), *((text, True) for text in how_much)]:
        for sentence in sentences(text):
            for code, denied, quote in _matches(sentence, firm=False):
                if denied is False:
                    found.setdefault(code, Constraint(code, quote))
            for code, (value, quote) in _asked(sentence, counted):
                if code not in found or (code == "jours" and measures.vague(found[code].value) and not measures.vague(value)):
                    found[code] = Constraint(code, quote, value)
    children = [catalogue()[code].implies for code, each in found.items() if catalogue()[code].implies in found]
    told_twice = {code for code in children if code == "livraison"}
    return [found[code] for code in catalogue() if code in found and code not in told_twice]


def claimed(texts: Iterable[str], opening: str = "") -> Claims:
    """What a firm says of itself; `opening`: its own days and hours."""
    said: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    measured: dict[str, list[measures.Found]] = defaultdict(list)
    for text, opens in [*((text, False) for text in texts), (opening, True)]:
        for sentence in sentences(text):
            for code, denied, quote in _matches(sentence, firm=True):
                if denied is not None:
                    said[code].append((not denied, quote))
            for kind, found in _told(sentence, opens).items():
                measured[kind].extend(found)
    said["livraison"].extend((True, quote) for _, quote in measured["hour"])
    for capacity in catalogue().values():
        if parent := capacity.implies:
            claims = [each for each in said[capacity.code] if each[0]]
            denials = [each for each in said[parent] if not each[0]]
            said[parent].extend(claims)
            said[capacity.code].extend(denials)
    return Claims(dict(said), dict(measured))


def compare(constraints: Iterable[Constraint], claims: Claims) -> list[Answer]:
    """Each constraint of the need, met, not met or unknown; said both ways, it is unknown with both quotes."""
    return [_answer(each, claims) for each in constraints]


def _answer(constraint: Constraint, claims: Claims) -> Answer:
    capacity = catalogue()[constraint.code]
    said = [(held, quote) for held, quote in claims.said.get(constraint.code, ()) if constraint.value is None or not held]
    verdicts: set[bool | None] = {held for held, _ in said}
    quotes = [quote for _, quote in sorted(said, key=lambda each: each[0])]
    if constraint.value is not None and (found := claims.measured.get(capacity.kind)):
        measured = measures.COMPARED[capacity.kind](constraint.value, [value for value, _ in found])
        verdicts.add(measured)
        quotes.extend(quote for _, quote in found)
    state = State.MET if verdicts == {True} else State.NOT_MET if verdicts == {False} else State.UNKNOWN
    return Answer(constraint.label, state, constraint.quote, _both(said, quotes))


def _both(said: Sequence[tuple[bool, str]], quotes: Sequence[str]) -> tuple[str, ...]:
    """The first words of each side, that a contradiction be seen."""
    sides = dict(reversed(said))
    first = list(sides.values()) if len(sides) > 1 else []
    return tuple(dict.fromkeys([*first, *quotes]))[:QUOTES]


def _asked(sentence: Piece, counted: bool) -> Iterator[tuple[str, measures.Found]]:
    """The measures that a sentence of a need states, by code of the catalogue."""
    read = {
        "heure": measures.hour_asked(sentence),
        "jours": measures.days_asked(sentence),
        "quantite": measures.amounts_asked(sentence, how_much=counted),
        "delai": next(measures.delays(sentence), None),
        "rayon": next(measures.distances(sentence), None),
    }
    return ((code, found) for code, found in read.items() if found)


def _told(sentence: Piece, opening: bool) -> dict[str, list[measures.Found]]:
    """The measures that a sentence of a firm tells, by kind."""
    return {
        "hour": list(measures.hours_told(sentence)),
        "days": list(measures.days_told(sentence, opening=opening)),
        "quantity": list(measures.amounts_told(sentence)),
        "delay": list(measures.delays(sentence)),
        "distance": list(measures.distances(sentence)),
    }


@dataclass(frozen=True, slots=True)
class _Phrase:
    code: str
    words: tuple[tuple[bool, str], ...]


@cache
def _phrases(firm: bool) -> dict[str, list[_Phrase]]:
    """The phrases by their first word, as it stands or by its stem."""
    found = defaultdict(list)
    for capacity in catalogue().values():
        for phrase in (*capacity.phrases, *(capacity.told if firm else ())):
            words = tuple(
                (word.startswith("="), word[1:] if word.startswith("=") else root(word))
                for word in phrase.replace("'", " ").split()
            )
            found[words[0][1]].append(_Phrase(capacity.code, words))
    return dict(found)


def _matches(sentence: Piece, *, firm: bool) -> Iterator[tuple[str, bool | None, str]]:
    """Each capacity named in the sentence: its code, whether it is denied (None: in part, which says nothing), a quote."""
    for clause in sentence.clauses():
        tokens = clause.tokens()
        found: dict[tuple[str, int, int], bool] = {}  # whether a « non » stands inside: « pose non comprise »
        for at, (folded, stem, _, _) in enumerate(tokens):
            for phrase in {id(each): each for key in (folded, stem) for each in _phrases(firm).get(key, ())}.values():
                if (places := _places(phrase, tokens, at)) is not None:
                    inside = {tokens[place][0] for place in range(at, places[-1]) if place not in places}
                    found[phrase.code, at, places[-1]] = bool(inside & _DENIES)
        for (code, start, end), split in found.items():
            denied = split or _denied(tokens, start, end)
            if denied is False or not _inside_another(found, code, start, end):
                yield code, denied, clause.quote(tokens[start][2], tokens[end][3])


def _inside_another(found: Collection[tuple[str, int, int]], code: str, start: int, end: int) -> bool:
    """A longer phrase of the same capacity holds this one: « sans minimum » is no minimum denied."""
    around = product(range(max(0, start - _LONGEST), start + 1), range(end, end + _LONGEST + 1))
    return any((code, *span) in found for span in around if span != (start, end))


def _places(phrase: _Phrase, tokens: Sequence[tuple[str, str, int, int]], at: int) -> list[int] | None:
    """The places of the words of a phrase that begins at `at`."""
    places = []
    for step, (exact, word) in enumerate(phrase.words):
        window = range(at, at + 1) if step == 0 else range(at + 1, min(len(tokens), at + 1 + _GAP))
        place = next((each for each in window if tokens[each][0 if exact else 1] == word), None)
        if place is None:
            return None
        places.append(at := place)
    return places


def _denied(tokens: Sequence[tuple[str, str, int, int]], start: int, end: int) -> bool | None:
    """« pas de livraison »: yes; « pas de livraison le samedi »: in part, None; « pas seulement bio »: no."""
    before: list[str] = []
    for place in range(start - 1, max(-1, start - 6), -1):
        if tokens[place][0] in _STOPS:
            break
        before.insert(0, tokens[place][0])
    following = [token[0] for token in tokens[end + 1 : end + 3]]
    denies = bool(_DENIES.intersection(before)) and not _NO_DENIAL.intersection(before)
    after = bool(following) and following[0] in _DENIES_AFTER and not _NO_DENIAL.intersection(following[1:])
    if not denies and not after:
        return False
    rest = following[1:] if following and following[0] in _DENIES_AFTER else following
    return None if rest and rest[0] in _RESTRICTS else True
