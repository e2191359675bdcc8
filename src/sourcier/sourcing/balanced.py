"""« Proposez-m'en 12 »: who is proposed out of a frozen list, along an order that nobody chose. Pure; version 1 of the rules.

A seed gives the order (`drawn_order`). Along it the proposal is balanced, seat after seat. Each firm is on one side of three
dimensions: near or far (of the middle of the list), young or old (five years), micro or larger; and it was asked before by this
city, or never. The part of each side is half of the seats, the part of those never asked a third, or all it has when fewer.
A seat goes to the group that has least of its part, in the order of `GROUPS` when equal; among its firms, to the one that
serves most of the groups below their part; among these, to the first drawn. When the last seats are just enough for the part of
those never asked, they are theirs. Size, popularity and past wins are nobody's merit: a side is served, never preferred.

The offline verifiers write this again, apart: a change here is another version of the rules, there too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest
from typing import Any

RULES = 1
FEWEST, USUAL, MOST = 3, 12, 50
YOUNG_YEARS = 5
MICRO_CLASSES = frozenset({"", "NN", "00", "01", "02", "03"})
"""INSEE's size classes below ten people; unknown is most often nobody."""
LARGER_CATEGORIES = frozenset({"ETI", "GE"})
"""A small establishment of a large firm is not a micro-firm."""
GROUPS = ("new", "near", "far", "young", "old", "micro", "larger")
SIDES = (("near", "far"), ("young", "old"), ("micro", "larger"))
SCALE = 1_000


@dataclass(frozen=True, slots=True)
class Listed:
    """One firm of a frozen list. `distance_m` in metres; `created_on` in ISO form, empty when unknown."""

    siret: str
    distance_m: int | None
    created_on: str
    size_class: str
    category: str
    asked: bool

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> "Listed":
        """As the entry of the list tells it."""
        return cls(*(said[name] for name in ("siret", "distance_m", "created_on", "size_class", "category", "asked")))


def drawn_order(seed: bytes, sirets: Iterable[str]) -> list[str]:
    """By HMAC-SHA256(seed, SIRET)."""
    return sorted(sirets, key=lambda siret: digest(seed, siret.encode(), sha256))


def groups_of(listed: Sequence[Listed], day: str) -> dict[str, frozenset[str]]:
    """SIRET → its groups, on the `day` (ISO) the list was frozen. Placed nowhere is far; of unknown age is old."""
    known = sorted(each.distance_m for each in listed if each.distance_m is not None)
    middle = known[(len(known) - 1) // 2] if known else -1
    since = f"{int(day[:4]) - YOUNG_YEARS:04d}{day[4:]}"
    return {each.siret: frozenset(_groups(each, middle, since)) for each in listed}


def _groups(each: Listed, middle: int, since: str) -> Iterable[str]:
    yield "near" if each.distance_m is not None and each.distance_m <= middle else "far"
    yield "young" if each.created_on >= since else "old"
    yield "micro" if each.size_class in MICRO_CLASSES and each.category not in LARGER_CATEGORIES else "larger"
    if not each.asked:
        yield "new"


def parts(groups: Mapping[str, frozenset[str]], seats: int) -> dict[str, int]:
    """How many of `seats` each group should have: at most what it has."""
    owed = {side: seats // 2 for sides in SIDES for side in sides} | {"new": -(-seats // 3)}
    return {group: min(owed[group], sum(group in mine for mine in groups.values())) for group in GROUPS}


def propose(listed: Sequence[Listed], count: int, day: str, seed: bytes) -> list[str]:
    """The SIRETs proposed, in the order of their seats: `count` of them, or the whole list when it is shorter."""
    groups = groups_of(listed, day)
    left = drawn_order(seed, groups)
    seats = min(count, len(left))
    owed, has = parts(groups, seats), dict.fromkeys(GROUPS, 0)
    chosen: list[str] = []
    for seat in range(seats):
        lacking = [group for group in GROUPS if has[group] < owed[group]]
        group = _served(lacking, owed, has, seats - seat)
        pool = [siret for siret in left if group is None or group in groups[siret]]
        siret = max(pool, key=lambda siret: sum(each in groups[siret] for each in lacking))
        left.remove(siret)
        chosen.append(siret)
        for each in groups[siret]:
            has[each] += 1
    return chosen


def _served(lacking: Sequence[str], owed: Mapping[str, int], has: Mapping[str, int], seats_left: int) -> str | None:
    """The group this seat goes to; None when every group has its part."""
    if "new" in lacking and owed["new"] - has["new"] == seats_left:
        return "new"
    return min(lacking, key=lambda group: has[group] * SCALE // owed[group], default=None)
