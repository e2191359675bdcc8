"""What may be compared in the words of a need and of a firm: hours, days, quantities, delays, distances. Pure.

For each kind of measure, one function reads what a need asks, one what a firm tells, one compares: True when what is told
is enough, False when it is not, None when nobody can say. A sentence is read alone: no other one changes what it says.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sourcier.kernel.french import DAYS
from sourcier.matching.clauses import Piece, root

Found = tuple[Any, str]
"""A value, and the words that say it."""

_H = r"(?<![\d,.])(\d{1,2}) ?(?:h(?:eures?)?|:(?=\d\d)) ?(\d\d)?\b"
_DELIVERED = re.compile(r"\b(?:livr(?!et)\w*|depot|deposer?)\b")
_UNTIL = re.compile(rf"\b(?:entre|des?|a partir de) {_H} ?(?:et|a|-|jusqu'a) ?{_H}")
_BY = re.compile(rf"\b(avant(?: les)?|au plus tard(?: a| pour| vers)?|jusqu'a|pour|a|vers) {_H}")
_EARLY = re.compile(rf"\b(avant(?: les)?|au plus tard(?: a| pour)?|des|a partir de|apres|a|vers|entre|de) {_H}")
_NOT = re.compile(r"\b(?:pas|jamais|aucune?|ne|n|ni|sans|hors|sauf)\b")


def _minutes(hour: str, minute: str | None) -> int:
    return int(hour) * 60 + int(minute or 0)


def hour_asked(sentence: Piece) -> Found | None:
    """« livré avant 7 h » → (420, True); « à 7 h au plus tard » → (420, False): minutes, and whether 7 h is too late."""
    if not _DELIVERED.search(sentence.flat):
        return None
    if span := _UNTIL.search(sentence.flat):
        return (_minutes(span[3], span[4]), False), sentence.quote(*span.span())
    if by := _BY.search(sentence.flat):
        return (_minutes(by[2], by[3]), by[1].startswith("avant")), sentence.quote(*by.span())
    return None


def hours_told(sentence: Piece) -> Iterator[Found]:
    """« livraison dès 6 h » → ("from", 360); « avant 7 h » → ("before", 420); « pas avant 8 h » → ("from", 480)."""
    if not _DELIVERED.search(sentence.flat):
        return
    for each in _EARLY.finditer(sentence.flat):
        negated = bool(_NOT.search(sentence.flat[max(0, each.start() - 25) : each.start()].rpartition(",")[2]))
        before = each[1].startswith(("avant", "au plus"))
        if negated and not before:
            continue  # « pas de livraison à 6 h », « pas dès 6 h »: nothing is said of the other hours
        how = "before" if before and not negated else "from"
        yield (how, _minutes(each[2], each[3])), sentence.quote(*each.span())


def hours_compared(asked: tuple[int, bool], told: Sequence[tuple[str, int]]) -> bool | None:
    """« dès 6 h » is enough for « avant 7 h », « dès 8 h » is not; « avant 8 h » and « dès 7 h » say neither."""
    wanted, strict = asked

    def enough(how: str, at: int) -> bool | None:
        if at < wanted or (at == wanted and (how == "before" or not strict)):
            return True
        return False if how == "from" and at > wanted else None

    return _agreed(enough(*each) for each in told)


ALL, WEEK = frozenset(range(7)), frozenset(range(5))
_DAY = f"({'|'.join(DAYS)})s?"
_RANGE = re.compile(rf"\b{_DAY}(?:[^.,;]{{0,12}}?) ?(?:au|a|-|jusqu'au) ?{_DAY}\b")
_ONE = re.compile(rf"\b{_DAY}\b(?! \d)")
_DAILY = re.compile(r"\b(?:tous les jours|chaque jour|quotidien\w*|7 ?(?:j|jours?) ?(?:/|sur) ?7)")
_WEEKLY = re.compile(r"\b(?:en semaine|jours? (?:ouvres|scolaires))\b")
_SAVE = re.compile(r"\b(?:sauf|hors|excepte|ferm\w+|pas|jamais|hormis|ni)\b")
_CLOSED_AFTER = re.compile(rf"\b{_DAY} ?:? ?(?:ferm\w+|pas)\b")
_WORKS = re.compile(r"\b(?:ouver\w*|ouvr\w*|ferm\w+|livr\w+|travaill\w+|interv\w+|disponib\w*|horaires?|passage\w*)\b")


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the week, from 0 for Monday: `open` ones, and those said `closed`."""

    open: frozenset[int]
    closed: frozenset[int]


def _day(name: str) -> int:
    return DAYS.index(name)


def _named(flat: str) -> frozenset[int]:
    days: set[int] = set()
    for first, last in _RANGE.findall(flat):
        start, length = _day(first), (_day(last) - _day(first)) % 7
        days.update((start + step) % 7 for step in range(length + 1))
    days.update(_day(name) for name in _ONE.findall(flat))
    if _DAILY.search(flat):
        return ALL
    return frozenset(days | WEEK) if _WEEKLY.search(flat) else frozenset(days)


def days_in(sentence: Piece) -> tuple[Days, str] | None:
    """« du lundi au samedi, fermé le mercredi » → open 0, 1, 3, 4, 5, closed 2; None without a day."""
    opened: set[int] = set()
    closed: set[int] = set()
    for clause in sentence.clauses():
        shut = {_day(name) for name in _CLOSED_AFTER.findall(clause.flat)}
        said, *rest = _SAVE.split(clause.flat) if not shut else [clause.flat]
        opened |= _named(said) - shut
        closed |= shut.union(*map(_named, rest))
    if not opened and not closed:
        return None
    first = next(filter(None, (pattern.search(sentence.flat) for pattern in (_ONE, _DAILY, _WEEKLY))), None)
    return Days(frozenset(opened - closed), frozenset(closed)), sentence.quote(*(first.span() if first else (0, 1)))


def days_asked(sentence: Piece) -> Found | None:
    """The days surely asked, and those perhaps: « tous les jours » of a school may leave out the week-end."""
    found = days_in(sentence)
    if found is None or not found[0].open:
        return None
    days, quote = found
    daily = _DAILY.search(sentence.flat)
    loose = daily and "7" not in daily[0]
    return (days.open & WEEK if loose else days.open, days.open), quote


def vague(asked: tuple[frozenset[int], frozenset[int]]) -> bool:
    """« tous les jours », which days told one by one make clear."""
    return asked[0] != asked[1]


def days_told(sentence: Piece, *, opening: bool = False) -> Iterator[Found]:
    """The days of a sentence that tells when the firm works; `opening`: it is known to tell that."""
    found = days_in(sentence)
    if found and (opening or _WORKS.search(sentence.flat)):
        yield found


def days_compared(asked: tuple[frozenset[int], frozenset[int]], told: Sequence[Days]) -> bool | None:
    """A day asked that is said closed, or is not among those listed, is not served; one said both ways is not known."""
    surely, perhaps = asked
    opened: frozenset[int] = frozenset().union(*(each.open for each in told))
    closed: frozenset[int] = frozenset().union(*(each.closed for each in told))
    if opened & closed & perhaps:
        return None
    if closed & surely or (opened and surely - opened):
        return False
    return True if perhaps <= opened else None


_NOT_TIME = r"(?! ?(?:h|heures?|%|km|m|ans?|min|minutes?|jours?|j|mois)\b)"
_N = rf"(?<![\d,.])(\d{{1,3}}(?:[ \u00a0\u202f]\d{{3}})+|\d{{1,6}})(?![\d,:]){_NOT_TIME}"
_NOUN = r"(?: ?(€|[a-z]{3,}))?"
_PER = re.compile(r"^\W*(?:[a-z]+\W+){0,2}?(?:par|/|chaque) ?(jour|semaine|mois|an)\b")
_COUNTED = re.compile(rf"{_N} ([a-z]{{3,}})")
_LEAST = re.compile(
    rf"\b(?:(?:minimum|mini|au moins)(?: de commande)?(?: de)? ?:? ?|a partir de (?!20\d\d\b)){_N}{_NOUN}"
    rf"|{_N}{_NOUN} (?:au )?(?:minimum|mini)\b"
)
_MOST = re.compile(
    rf"\b(?:jusqu'a|maximum|maxi|au plus|capacite de) ?(?:de )?:? ?{_N}{_NOUN}|{_N}{_NOUN} (?:au )?(?:maximum|maxi)\b"
)
_ANY = re.compile(r"\b(?:sans|pas de|aucun) (?:commande )?minimum\b")
_NOT_GOODS = frozenset(
    [
        "jour",
        "jours",
        "semaine",
        "semaines",
        "mois",
        "ans",
        "annee",
        "annees",
        "heure",
        "heures",
        "euro",
        "euros",
        "fois",
        "pour",
        "par",
        "des",
        "les",
        "janvier",
        "fevrier",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "aout",
        "septembre",
        "octobre",
        "novembre",
        "decembre",
    ]
)
_ANY_GOODS = frozenset(
    map(root, ("piece", "unite", "article", "exemplaire", "produit", "par", "commande", "minimum", "maximum", "chaque"))
)


@dataclass(frozen=True, slots=True)
class Amount:
    """So many `of` a thing (its stem; empty: nobody said), in a `period` (« jour », « semaine »…)."""

    number: int
    of: str
    period: str

    def like(self, other: "Amount") -> bool:
        """Both count the same thing over the same time, as far as they say."""
        return not (self.of and other.of and self.of != other.of) and not (
            self.period and other.period and self.period != other.period
        )


def _amount(number: str, noun: str | None, after: str) -> Amount:
    period = _PER.match(after)
    of = root(noun or "")
    return Amount(int(re.sub(r"\D", "", number)), "" if of in _ANY_GOODS else of, period[1] if period else "")


def amounts_asked(sentence: Piece, *, how_much: bool) -> Found | None:
    """« 60 baguettes par jour »; without a period, only in the answer to « combien »."""
    found, first = [], None
    for each in _COUNTED.finditer(sentence.flat):
        amount = _amount(each[1], each[2], sentence.flat[each.end() :])
        if each[2] not in _NOT_GOODS and (how_much or amount.period):
            found.append(amount)
            first = first or each
    return (tuple(found), sentence.quote(*first.span())) if first else None


def amounts_told(sentence: Piece) -> Iterator[Found]:
    """« minimum 200 » → ("least", 200…); « jusqu'à 200 baguettes » → ("most", 200…); « sans minimum » → ("least", 0…)."""
    if free := _ANY.search(sentence.flat):
        yield ("least", Amount(0, "", "")), sentence.quote(*free.span())
    for how, pattern in (("least", _LEAST), ("most", _MOST)):
        for each in pattern.finditer(sentence.flat):
            amount = _amount(each[1] or each[3], each[2] or each[4], sentence.flat[each.end() :])
            yield (how, amount), sentence.quote(*each.span())


def amounts_compared(asked: Sequence[Amount], told: Sequence[tuple[str, Amount]]) -> bool | None:
    """Each quantity asked reaches the minimum of the firm and stays within its maximum, when they count the same thing.

    Two minimums (or maximums) that do not give the same answer give none.
    """

    def enough(how: str, limit: Amount) -> bool | None:
        alike = [each for each in set(asked) if each.like(limit)]
        if not alike:
            return None
        return all(each.number >= limit.number if how == "least" else each.number <= limit.number for each in alike)

    ends = [{enough(how, limit) for how, limit in set(told) if how == end} - {None} for end in ("least", "most")]
    if any(len(end) > 1 for end in ends):
        return None
    verdicts = set().union(*ends)
    return None if not verdicts else False not in verdicts


_UNIT = {"h": 60, "heure": 60, "heures": 60, "min": 1, "minute": 1, "minutes": 1, "j": 1_440, "jour": 1_440, "jours": 1_440}
_DELAY = re.compile(
    r"\b(?:sous|dans les|en moins de|delai(?: maximum| maximal| maxi)?(?: d'intervention| de livraison)?(?: de)? ?:?) "
    rf"(?:les )?(\d{{1,3}}) ?({'|'.join(sorted(_UNIT, key=len, reverse=True))})\b"
)
_PAID = re.compile(r"\b(?:pai\w+|pay\w+|regl\w+|factur\w+|rembours\w+|preavis)\b")


def delays(sentence: Piece) -> Iterator[Found]:
    """« sous 4 h » → 240 minutes; a delay of payment is none."""
    if not _PAID.search(sentence.flat):
        for each in _DELAY.finditer(sentence.flat):
            yield int(each[1]) * _UNIT[each[2]], sentence.quote(*each.span())


_RADIUS = re.compile(r"\b(?:jusqu'a|rayon de|rayon :|a moins de|dans les) (\d{1,4}) ?(?:km|kilometres?)\b")


def distances(sentence: Piece) -> Iterator[Found]:
    """« dans un rayon de 20 km » → 20."""
    for each in _RADIUS.finditer(sentence.flat):
        yield int(each[1]), sentence.quote(*each.span())


def within(asked: int, told: Sequence[int]) -> bool | None:
    """A delay told that is no longer than the one asked."""
    return _agreed(each <= asked for each in told)


def reaching(asked: int, told: Sequence[int]) -> bool | None:
    """A distance told that is no shorter than the one asked."""
    return _agreed(each >= asked for each in told)


def _agreed(verdicts: Iterator[bool | None]) -> bool | None:
    found = set(verdicts) - {None}
    return found.pop() if len(found) == 1 else None


COMPARED: dict[str, Callable[[Any, Any], bool | None]] = {
    "hour": hours_compared, "days": days_compared, "quantity": amounts_compared, "delay": within, "distance": reaching,
}  # fmt: skip
