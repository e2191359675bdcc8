"""What one question finds in the arrays: exact counts, facets, and the page of nearest ones."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sourcier.kernel.activities import NAF_2025, Activity
from sourcier.kernel.correspondence import Correspondence
from sourcier.register.arrays import UNKNOWN_DAY, Arrays
from sourcier.register.establishment import DISTRICTS, SOLE_TRADER, Facets, Filters
from sourcier.register.mapped import Column
from sourcier.register.reach import EDGE_M, Point, Ranges, Rows, all_metres, metres, reach, within
from sourcier.register.scorers import NEUTRAL, UNKNOWN_FRESHNESS, fit_points, freshness_points, nearness_points, product

EPOCH = date(1970, 1, 1)

SMALLEST = 8
"""The best are first looked for within this part of the radius."""

FIRST_GUESS = 1.5
"""How many times the rows needed the first, smaller circle aims at."""


@dataclass(frozen=True)
class Question:
    """Activities, points in degrees, radius in metres and filters, put to the arrays of one register.

    `correspondence`: by what a firm is found whose only activity is of the other nomenclature.
    """

    arrays: Arrays
    activities: Sequence[Activity]
    points: Sequence[Point]
    radius_m: float
    filters: Filters
    correspondence: Correspondence

    def within(self, radius_m: float) -> "Found":
        """The rows within that many metres that pass the filters."""
        sure, unsure = reach(self.arrays, self._pairs, self.points, radius_m)
        measured = within(unsure.of(self.arrays.latitude), unsure.of(self.arrays.longitude), self.points, radius_m)
        return Found(self, sure, unsure, measured)

    @cached_property
    def _pairs(self) -> Rows:
        found = {pair for activity in self.activities for pair in self.having(activity)}
        return np.array(sorted(found), np.int64)

    def having(self, activity: Activity) -> list[int]:
        """The pairs by which a row has this activity."""
        return self.arrays.having(activity, self.correspondence.of(activity))

    @cached_property
    def kept_profiles(self) -> NDArray[np.bool_] | None:
        """Which profiles pass; None when all do."""
        filters, kept = self.filters, []
        for trait, values in (("size_class", filters.size_classes), ("category", filters.categories)):
            if values:
                kept.append(self.arrays.profiles(trait, frozenset(values).__contains__))
        for trait, wanted in (("employer", filters.employer), ("social_economy", filters.social_economy)):
            if wanted is not None:
                kept.append(self.arrays.profiles(trait, wanted.__eq__))
        if filters.legal_forms:
            kept.append(self.arrays.profiles("legal_form", lambda form: form.startswith(tuple(filters.legal_forms))))
        if filters.sole_trader is not None:
            kept.append(self.arrays.profiles("legal_form", lambda form: (form == SOLE_TRADER) is filters.sole_trader))
        return np.logical_and.reduce(kept) if kept else None

    @cached_property
    def kept_communes(self) -> NDArray[np.bool_] | None:
        """Which communes pass; None when all do."""
        arrays, filters, kept = self.arrays, self.filters, []
        if filters.departments:
            wanted = [code in filters.departments for code in arrays.departments]
            kept.append(np.array(wanted, bool)[arrays.department_of])
        if filters.communes:
            districts = tuple(prefix for city, prefix in DISTRICTS.items() if city in filters.communes)
            asked = [code in filters.communes or code.startswith(districts) for code in arrays.communes]
            kept.append(np.array(asked, bool))
        return np.logical_and.reduce(kept) if kept else None

    def kept(self, columns: Callable[[Column], NDArray[Any]], rows: Callable[[], Rows]) -> NDArray[np.bool_] | None:
        """Which rows pass the filters, given a way to read a column for them and their numbers; None when all do."""
        arrays, filters, kept = self.arrays, self.filters, []
        if self.kept_profiles is not None:
            kept.append(self.kept_profiles[columns(arrays.profile)])
        if self.kept_communes is not None:
            kept.append(self.kept_communes[columns(arrays.commune)])
        if filters.created_since:
            kept.append(columns(arrays.created) >= (filters.created_since - EPOCH).days)
        if filters.among is not None:
            kept.append(_are(rows(), arrays.rows_of(filters.among)))
        if filters.except_for:
            kept.append(~_are(rows(), arrays.rows_of(filters.except_for)))
        return np.logical_and.reduce(kept) if kept else None

    def nearest(self, needed: int, named: int) -> list[tuple[int, float]]:
        """The `needed` nearest rows that may be named, of `named`, as (row, metres), by distance then SIRET.

        A smaller circle that holds enough of them is found first, so that few are measured.
        """
        if not needed or not named:
            return []
        radius = self.radius_m if needed * FIRST_GUESS >= named else self.radius_m * sqrt(needed * FIRST_GUESS / named)
        while True:
            rows = self.within(radius).named_rows()
            latitudes, longitudes = self.arrays.latitude.at(rows), self.arrays.longitude.at(rows)
            distances = all_metres(latitudes, longitudes, self.points)
            if radius >= self.radius_m or np.count_nonzero(distances <= radius - EDGE_M) >= needed:
                break
            radius = min(self.radius_m, radius * 2)
        if needed < len(rows):
            close = distances <= np.partition(distances, needed - 1)[needed - 1] + EDGE_M
            rows, latitudes, longitudes = rows[close], latitudes[close], longitudes[close]
        places = zip(latitudes.tolist(), longitudes.tolist(), self.arrays.siret.at(rows).tolist(), rows.tolist(), strict=True)
        ordered = sorted((metres(latitude, longitude, self.points), siret, row) for latitude, longitude, siret, row in places)
        return [(row, distance) for distance, _, row in ordered[:needed]]

    def best(self, needed: int, on: date, said: Mapping[str, int]) -> list[tuple[int, float]]:
        """The `needed` rows of highest score that day that may be named, as (row, metres), then by distance and SIRET.

        `said`: SIRET → points of its own words. The circle grows until nothing beyond it, were it the freshest of the first
        activity with the best words, could come before the last kept.
        """
        arrays = self.arrays
        ranked = reversed(list(enumerate(self.activities)))
        ranks = {pair: rank for rank, activity in ranked for pair in self.having(activity)}
        fit = np.array([fit_points(ranks.get(pair, 0)) for pair in range(len(arrays.pairs))], np.float64)
        radius = self.radius_m / SMALLEST
        while needed:
            rows = self.within(radius).named_rows()
            distances = all_metres(arrays.latitude.at(rows), arrays.longitude.at(rows), self.points)
            near, fresh = self._nearness(rows, distances), self._freshness(rows, on)
            scores = product(fit[arrays.pair_of(rows)], near, fresh, self._words(rows, said))
            order = np.lexsort((arrays.siret.at(rows), distances, -scores))[:needed]
            beyond = product(100, nearness_points(int(radius), 0, self.radius_m), 100, max(said.values(), default=NEUTRAL))
            if radius >= self.radius_m or (len(order) == needed and scores[order[-1]] >= beyond):
                places = zip(arrays.latitude.at(rows[order]).tolist(), arrays.longitude.at(rows[order]).tolist(), strict=True)
                return [(row, metres(*place, self.points)) for row, place in zip(rows[order].tolist(), places, strict=True)]
            radius = min(self.radius_m, radius * 2)
        return []

    def _nearness(self, rows: Rows, distances: NDArray[np.float64]) -> NDArray[np.float64]:
        uncertainty = np.maximum(0, self.arrays.uncertainty.at(rows))
        found: NDArray[np.float64] = nearness_points(np.rint(distances), uncertainty, self.radius_m)
        return found

    def _words(self, rows: Rows, said: Mapping[str, int]) -> NDArray[np.int64]:
        points = np.full(len(rows), NEUTRAL, np.int64)
        for siret, given in said.items():
            points[_are(rows, self.arrays.rows_of([siret]))] = given
        return points

    def _freshness(self, rows: Rows, on: date) -> NDArray[np.int64]:
        updated, created = (column.at(rows).astype(np.int64) for column in (self.arrays.updated, self.arrays.created))
        seen = np.where(updated == UNKNOWN_DAY, created, updated)
        return np.where(seen == UNKNOWN_DAY, UNKNOWN_FRESHNESS, freshness_points((on - EPOCH).days - seen))


def _are(rows: Rows, known: Rows) -> NDArray[np.bool_]:
    """Whether each row is one of `known`, which ascend."""
    if not len(known):
        return np.zeros(len(rows), bool)
    found: NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, rows), len(known) - 1)] == rows
    return found


class Found:
    """The rows within a circle: those surely in it, and those of `unsure` that `measured` says are."""

    def __init__(self, question: Question, sure: Ranges, unsure: Ranges, measured: NDArray[np.bool_]) -> None:
        self.question, self.sure, self.unsure, self.measured = question, sure, unsure, measured
        self.kept = question.kept(self._of, self._rows)

    def _of(self, column: Column) -> NDArray[Any]:
        return np.concatenate([self.sure.of(column), self.unsure.of(column)[self.measured]])

    def _rows(self) -> Rows:
        return np.concatenate([self.sure.rows(), self.unsure.rows()[self.measured]])

    def _pairs(self) -> Rows:
        arrays = self.question.arrays
        pairs = [np.repeat(arrays.pair_of(ranges.starts), ranges.lengths()) for ranges in (self.sure, self.unsure)]
        return np.concatenate([pairs[0], pairs[1][self.measured]])

    def _kept(self, values: NDArray[Any]) -> NDArray[Any]:
        return values if self.kept is None else values[self.kept]

    @cached_property
    def _profiles(self) -> NDArray[np.int64]:
        """How many rows have each profile."""
        arrays = self.question.arrays
        return np.bincount(self._kept(self._of(arrays.profile)), minlength=len(arrays.traits["disclosed"]))

    @cached_property
    def _hidden(self) -> NDArray[np.bool_]:
        return self.question.arrays.profiles("disclosed", lambda disclosed: not disclosed)

    def count(self) -> int:
        """The exact total."""
        return int(self._profiles.sum())

    def undisclosed(self) -> int:
        """Those of them that may not be named."""
        return int(self._profiles[self._hidden].sum())

    def named_rows(self) -> Rows:
        """The numbers of the rows that may be named."""
        rows = self._kept(self._rows())
        named: Rows = rows[~self._hidden[self.question.arrays.profile.at(rows)]]
        return named

    def facets(self) -> Facets:
        """Exact counts of each value."""
        arrays = self.question.arrays
        by_trait = {
            trait: _told(arrays.labels[trait], np.bincount(arrays.traits[trait], self._profiles))
            for trait in ("size_class", "category", "legal_form", "employer", "social_economy")
        }
        by_commune = np.bincount(self._kept(self._of(arrays.commune)), minlength=len(arrays.communes))
        by_pair = np.bincount(self._kept(self._pairs()), minlength=len(arrays.pairs))
        return Facets(
            activities={activity: int(by_pair[self.question.having(activity)].sum()) for activity in self.question.activities},
            size_classes=by_trait["size_class"],
            categories=by_trait["category"],
            legal_forms=by_trait["legal_form"],
            departments=_told(arrays.departments, np.bincount(arrays.department_of, by_commune)),
            employer=by_trait["employer"].get(True, 0),
            social_economy=by_trait["social_economy"].get(True, 0),
            sole_trader=by_trait["legal_form"].get(SOLE_TRADER, 0),
        )

    def by_code(self) -> dict[str, tuple[int, int]]:
        """NAF rév. 2 code → (rows, those of them that may not be named).

        A row of NAF 2025 alone counts for each code that corresponds.
        """
        arrays = self.question.arrays
        pairs, hidden = self._kept(self._pairs()), self._hidden[self._kept(self._of(arrays.profile))]
        told: dict[str, tuple[int, int]] = {}
        every = np.bincount(pairs, minlength=len(arrays.pairs)).tolist()
        undisclosed = np.bincount(pairs[hidden], minlength=len(arrays.pairs)).tolist()
        for (code, recent), count, masked in zip(arrays.pairs, every, undisclosed, strict=True):
            others = self.question.correspondence.of(Activity(NAF_2025, recent))
            for each in ([code] if code else [other.code for other in others]) if count else ():
                before = told.get(each, (0, 0))
                told[each] = before[0] + count, before[1] + masked
        return told


def _told(labels: Iterable[Any], counts: NDArray[Any]) -> dict[Any, int]:
    return {label: int(count) for label, count in zip(labels, counts.tolist(), strict=False) if count}
