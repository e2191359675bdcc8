"""Purchases alike that reach together the limit each stays under: shown together and explained, never accused.

Labels are compared once for all the purchases that bear them. A label is the heart of a group when what is alike to it, within
the year, reaches the limit; hearts that are alike make one group with all that is alike to them. So a purchase more can only
make a group larger: what was shown stays shown.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import accumulate

from sourcier.kernel.french import fold
from sourcier.spend.crossings import Crossing, Share, crossings, dominant
from sourcier.spend.explained import Group, explain, recurs
from sourcier.spend.likeness import (
    CLOSE,
    KIN,
    MEDIUM,
    STRONG,
    Nearness,
    Signature,
    grade,
    nearness,
    signature,
    without_department,
)
from sourcier.spend.purchase import Purchase, in_order

__all__ = ["Crossing", "Group", "Limit", "Purchase", "Share", "crossings", "dominant", "find", "find_with"]

Limit = Callable[[str, date], int | None]

A_MONTH = timedelta(days=31)
# Beside what a contract explains, less than this part of the limit is small change.
SMALL_CHANGE = 4


def find(purchases: Iterable[Purchase], limit: Limit) -> list[Group]:
    """Groups of alike purchases, each below the limit of its day, that reach it together within a year."""
    weighed = _below(purchases, limit)
    labels: dict[tuple[str, str], Signature] = {}
    for one in weighed:
        key = without_department(one.purchase.words, one.purchase.department), one.purchase.place
        one.signed = labels[key] if key in labels else labels.setdefault(key, signature(*key))
    near = nearness(set(labels.values()))
    groups = [group for shelf in _shelves(weighed, near, by_year=True) for group in shelf.groups()]
    if len({one.purchase.on.year for one in weighed}) < 2:
        return _explained(groups)
    shown = {id(one) for group in groups for one in group}
    for shelf in _shelves(weighed, near, by_year=False, shown=shown):
        groups += shelf.across_years()
    return _explained(groups)


def find_with(one: Purchase, others: Iterable[Purchase], limit: Limit) -> Group | None:
    """The group that a purchase makes with those whose label is alike to its own, if any: a part of what `find` shows of it."""
    listed = list(others)
    labels = [(without_department(other.words, other.department), other.place) for other in listed]
    alike = alike_to(one, set(labels))
    groups = find([one, *(other for other, label in zip(listed, labels, strict=True) if label in alike)], limit)
    return next((group for group in groups if one in group.purchases), None)


def alike_to(one: Purchase, labels: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of these labels, each with its place, those that may name the thing that this purchase names."""
    signed = {key: signature(*key) for key in labels}
    own = signature(one.words, one.place)
    near = nearness({own, *signed.values()})
    return {key for key, other in signed.items() if other == own or grade(own, other, near)}


@dataclass(slots=True, eq=False)
class _Weighed:
    """A purchase with the limit of its day and the stems of its label."""

    purchase: Purchase
    limit_cents: int
    signed: Signature = field(init=False)


@dataclass(slots=True)
class _Label:
    """All the purchases of a shelf with the same stems, and where the city uses them."""

    members: list[_Weighed] = field(default_factory=list)
    total_cents: int = 0
    outside_cents: int = 0
    families: set[str] = field(default_factory=set)
    suppliers: set[str] = field(default_factory=set)
    both: set[tuple[str, str]] = field(default_factory=set)

    def add(self, one: _Weighed, *, shown: bool) -> None:
        """One that is already shown tells how the label is used, and no more."""
        purchase = one.purchase
        if not shown:
            self.members.append(one)
            self.total_cents += purchase.amount_cents
            self.outside_cents += 0 if purchase.operation else purchase.amount_cents
        if purchase.family:
            self.families.add(purchase.family)
        if purchase.supplier:
            self.suppliers.add(purchase.supplier)
        if purchase.family and purchase.supplier:
            self.both.add((purchase.family, purchase.supplier))

    def used_as(self, other: "_Label", found: int) -> bool:
        """Alike enough: in one chapter of the nomenclature, in one family or with one firm, with one firm in one family."""
        if found == STRONG or self.both & other.both:
            return True
        if found >= KIN and self.families & other.families:
            return True
        if found >= MEDIUM and self.suppliers & other.suppliers:
            return True
        close = found == CLOSE or (found == KIN and not self.suppliers.isdisjoint(other.suppliers))
        return close and not _chapters(self.families).isdisjoint(_chapters(other.families))


def _chapters(families: Iterable[str]) -> set[str]:
    return {_chapter(family) for family in families}


@cache
def _chapter(family: str) -> str:
    """« 14 » of « 14.02 »: what is before the first mark, else the first two signs."""
    first = re.split(r"\W", family)[0]
    return first if first != family else family[:2]


def _below(purchases: Iterable[Purchase], limit: Limit) -> list[_Weighed]:
    """Those a limit is known for and that stay below it, by day."""
    known: dict[tuple[str, date], int | None] = {}
    kept = []
    for purchase in sorted(purchases, key=in_order):
        key = purchase.kind, purchase.on
        if key not in known:
            known[key] = limit(*key)
        cents = known[key]
        if cents is not None and 0 < purchase.amount_cents < cents:
            kept.append(_Weighed(purchase, cents))
    return kept


def _shelves(weighed: Iterable[_Weighed], near: Nearness, *, by_year: bool, shown: Collection[int] = ()) -> Iterator["_Shelf"]:
    """What may be compared: supplies and services together, works site by site; a year at a time or all years."""
    shelves: defaultdict[tuple[int, bool, str], dict[Signature, _Label]] = defaultdict(dict)
    years: defaultdict[tuple[int, bool, str], set[int]] = defaultdict(set)
    for one in weighed:
        purchase = one.purchase
        site = fold(purchase.place.strip()) if purchase.is_works else ""
        key = purchase.on.year if by_year else 0, purchase.is_works, site
        years[key].add(purchase.on.year)
        label = shelves[key].get(one.signed)
        if label is None:
            label = shelves[key][one.signed] = _Label()
        label.add(one, shown=id(one) in shown)
    for key in sorted(shelves):
        if by_year or len(years[key]) > 1:
            yield _Shelf(shelves[key], near)


class _Shelf:
    """Labels that may be compared with one another."""

    def __init__(self, labels: dict[Signature, _Label], near: Nearness) -> None:
        self.signatures = sorted(labels)
        self.labels = [labels[signed] for signed in self.signatures]
        limits = {one.limit_cents for label in self.labels for one in label.members}
        self.least, self.most = min(limits, default=0), max(limits, default=0)
        self.alike = self._compare(near)

    def groups(self) -> list[list[_Weighed]]:
        """Hearts that are alike, with all that is alike to them."""
        return [self._all(alike) for alike in self._hearts(self._reach)]

    def across_years(self) -> list[list[_Weighed]]:
        """What no civil year shows: a need that recurs, over twelve months; purchases a few days apart at the new year."""
        groups: list[list[_Weighed]] = []
        taken: set[int] = set()
        for alike in self._hearts(lambda alike: bool(_window(self._all(alike)))):
            members = [one for one in self._all(alike) if id(one) not in taken]
            while window := _window(members):
                groups.append(window)
                taken.update(id(one) for one in window)
                members = [one for one in members if id(one) not in taken]
        return groups

    def _compare(self, near: Nearness) -> dict[int, list[int]]:
        """For each label that might be a heart, those alike to it, itself included; each pair is compared once."""
        naming: defaultdict[str, list[int]] = defaultdict(list)
        for place, signed in enumerate(self.signatures):
            for found in signed.heavy:
                naming[found].append(place)
        totals = {found: sum(self.labels[place].total_cents for place in listed) for found, listed in naming.items()}
        might = []
        for place, signed in enumerate(self.signatures):
            named = {other for found in signed.heavy for other in (found, *near.get(found, ())) if other in naming}
            if self.most and sum(totals[found] for found in named) >= self.least:  # else nothing alike would reach the limit
                might.append((place, named))
        alike: dict[int, list[int]] = {place: [place] for place, _ in might}
        for place, named in might:
            signed, label = self.signatures[place], self.labels[place]
            for other in {other for found in named for other in naming[found]}:
                if other == place or (other < place and other in alike):
                    continue
                likeness = grade(signed, self.signatures[other], near)
                if likeness and label.used_as(self.labels[other], likeness):
                    alike[place].append(other)
                    if other in alike:
                        alike[other].append(place)
        return alike

    def _hearts(self, reach: Callable[[list[int]], object]) -> list[list[int]]:
        """Labels whose likes reach the limit with them, those alike put together, each lot with all its likes."""
        around = {
            place: alike
            for place, alike in self.alike.items()
            if sum(self.labels[other].total_cents for other in alike) >= self.least and reach(alike)
        }
        lots = []
        left = set(around)
        for first in around:
            if first not in left:
                continue
            left.remove(first)
            hearts, held = [first], set[int]()
            while hearts:
                alike = around[hearts.pop()]
                held.update(alike)
                hearts += [other for other in alike if other in left]
                left.difference_update(alike)
            lots.append(sorted(held))
        return lots

    def _reach(self, alike: list[int]) -> bool:
        total = sum(self.labels[other].total_cents for other in alike)
        outside = sum(self.labels[other].outside_cents for other in alike)
        if total >= self.most and outside * SMALL_CHANGE >= self.most:
            return True
        return bool(_reach(self._all(alike)))

    def _all(self, alike: Iterable[int]) -> list[_Weighed]:
        members = [one for place in alike for one in self.labels[place].members]
        return sorted(members, key=lambda one: in_order(one.purchase))


def _reach(members: Sequence[_Weighed]) -> int:
    """The limit that the sum reaches on some day, else 0; what contracts put to competition explain is counted, never alone."""
    total, outside, reached = 0, 0, 0
    for one in members:
        total += one.purchase.amount_cents
        outside += 0 if one.purchase.operation else one.purchase.amount_cents
        if not reached and total >= one.limit_cents:
            reached = one.limit_cents
    return reached if reached and outside * SMALL_CHANGE >= min(one.limit_cents for one in members) else 0


def _window(members: Sequence[_Weighed]) -> list[_Weighed]:
    """The first that reaches the limit: the twelve months from a purchase when the need recurs in them, else its month."""
    days = [one.purchase.on for one in members]
    sums = [0, *accumulate(one.purchase.amount_cents for one in members)]
    least = min((one.limit_cents for one in members), default=0)
    for start, first in enumerate(days):
        end = bisect_left(days, _a_year_after(first))
        if sums[end] - sums[start] < least:
            continue
        if not recurs([one.purchase for one in members[start:end]]):
            end = bisect_right(days, first + A_MONTH)
        if _reach(members[start:end]):
            return list(members[start:end])
    return []


def _a_year_after(day: date) -> date:
    return date(day.year + 1, 3, 1) if (day.month, day.day) == (2, 29) else day.replace(year=day.year + 1)


def _explained(groups: Iterable[list[_Weighed]]) -> list[Group]:
    """The groups, by their first days."""
    explained = [explain([one.purchase for one in group], _reach(group), A_MONTH) for group in groups]
    return sorted(explained, key=lambda group: [in_order(purchase) for purchase in group.purchases])
