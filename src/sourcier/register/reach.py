"""Which rows lie within so many metres of some points, found in the arrays without measuring most of them.

A circle crosses bands of latitude. In a band, rows stand by longitude: those of an inner span are surely within, those beyond
an outer span surely are not, and only the rows between are measured. Angles in radians, longitudes of the arrays in degrees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, degrees, pi, radians, sin, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sourcier.kernel.geodesy import EARTH_RADIUS_M
from sourcier.register.arrays import BANDS_PER_DEGREE, Arrays
from sourcier.register.mapped import Column, Rows, expanded

Floats = NDArray[np.float64]
Point = tuple[float, float]
"""Latitude, longitude in degrees."""

MARGIN = 2e-10
"""Radians (a millimetre) by which what is sure is sure."""

MARGIN_DEGREES = 1e-8
WIDE = 0.8
"""Radians (5 000 km) above which everything is measured."""

EDGE_M = 1.0
"""So near the edge, a distance is measured again as Python does, one by one: numpy's last digits are its own."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """Rows `starts[i] <= row < stops[i]`, no row twice."""

    starts: Rows
    stops: Rows

    def of(self, column: Column) -> NDArray[Any]:
        """What a column holds for all these rows, in their order."""
        return column.over(self.starts, self.stops)

    def lengths(self) -> Rows:
        """How many rows each range has."""
        return self.stops - self.starts

    def rows(self) -> Rows:
        """The row numbers."""
        return expanded(self.starts, self.stops)


def metres(latitude: float, longitude: float, points: Sequence[Point]) -> float:
    """Great-circle distance in metres (haversine, float64, mean radius of IUGG) to the nearest of `points`."""
    lat, lon = radians(latitude), radians(longitude)
    halves = []
    for point in points:
        to_lat, to_lon = radians(point[0]), radians(point[1])
        halves.append(sin((to_lat - lat) / 2) ** 2 + cos(lat) * cos(to_lat) * sin((to_lon - lon) / 2) ** 2)
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(min(halves))))


def all_metres(latitudes: Floats, longitudes: Floats, points: Sequence[Point]) -> Floats:
    """The same for many places at once; the last digits may differ."""
    lat, lon = np.radians(latitudes), np.radians(longitudes)
    cosines = np.cos(lat)
    nearest = np.full(len(lat), 1.0)
    for point in points:
        to_lat, to_lon = radians(point[0]), radians(point[1])
        half = np.sin((to_lat - lat) / 2) ** 2 + cosines * cos(to_lat) * np.sin((to_lon - lon) / 2) ** 2
        np.minimum(nearest, half, out=nearest)
    found: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(nearest))
    return found


def within(latitudes: Floats, longitudes: Floats, points: Sequence[Point], radius_m: float) -> NDArray[np.bool_]:
    """Whether each place is within `radius_m` of the nearest point, edge included, as plain Python says."""
    found = all_metres(latitudes, longitudes, points)
    inside: NDArray[np.bool_] = found <= radius_m
    for index in np.flatnonzero(np.abs(found - radius_m) <= EDGE_M).tolist():
        inside[index] = metres(float(latitudes[index]), float(longitudes[index]), points) <= radius_m
    return inside


def _half_width(latitude: Floats, centre: float, angle: float) -> Floats:
    """Half of the circle's width in longitude at each latitude; negative where the circle does not come."""
    share = (sin(angle / 2) ** 2 - np.sin((latitude - centre) / 2) ** 2) / (cos(centre) * np.cos(latitude))
    return np.where(share < 0, -1.0, 2 * np.arcsin(np.sqrt(np.clip(share, 0.0, 1.0))))


def _spans(arrays: Arrays, point: Point, radius_m: float) -> tuple[Rows, Floats]:
    """Bands the circle crosses (positions in the directory), and for each the four longitudes: outer, inner, inner, outer.

    Where nothing is sure, the inner two are equal.
    """
    centre, angle = radians(point[0]), radius_m / EARTH_RADIUS_M
    first = max(0, arrays.band(point[0] - degrees(angle)) - 1)
    last = min(arrays.bands - 1, arrays.band(point[0] + degrees(angle)) + 1)
    found = np.arange(first, last + 1)
    if angle > WIDE:
        outer, inner = np.full(len(found), 2 * pi), np.full(len(found), -1.0)
    else:
        low = np.radians((found + arrays.first_band) / BANDS_PER_DEGREE - 90) - MARGIN
        high = np.radians((found + arrays.first_band + 1) / BANDS_PER_DEGREE - 90) + MARGIN
        peak = asin(max(-1.0, min(1.0, sin(centre) / cos(angle))))
        outer = _half_width(np.clip(peak, low, high), centre, angle + MARGIN)
        narrow = max(0.0, angle - MARGIN)
        inner = np.minimum(_half_width(low, centre, narrow), _half_width(high, centre, narrow))
    reached = outer >= 0
    found, outer = found[reached], np.degrees(outer[reached]) + MARGIN_DEGREES
    inner = np.maximum(0.0, np.degrees(inner[reached]) - MARGIN_DEGREES)
    return found, point[1] + np.stack([-outer, -inner, inner, outer])


def _bisect(values: Floats, low: Rows, high: Rows, wanted: Floats) -> Rows:
    """For each i, the first row of `low[i]..high[i]` whose value is not under `wanted[i]`."""
    low, high = low.copy(), high.copy()
    last = len(values) - 1
    while (searching := low < high).any():
        middle = (low + high) >> 1
        under = searching & (values[np.minimum(middle, last)] < wanted)
        low = np.where(under, middle + 1, low)
        high = np.where(searching & ~under, middle, high)
    return low


def _apart(outer: tuple[Rows, Rows], inner: tuple[Rows, Rows]) -> tuple[Ranges, Ranges]:
    """Rows of some inner range, and rows of outer ranges alone, each once though circles overlap."""
    points = np.concatenate([*outer, *inner])
    order = np.argsort(points, kind="stable")
    step = np.repeat([1, -1], len(outer[0])), np.repeat([1, -1], len(inner[0]))
    nothing = np.zeros_like
    depth_outer = np.cumsum(np.concatenate([step[0], nothing(step[1])])[order])[:-1]
    depth_inner = np.cumsum(np.concatenate([nothing(step[0]), step[1]])[order])[:-1]
    starts, stops = points[order][:-1], points[order][1:]
    sure = (stops > starts) & (depth_inner > 0)
    unsure = (stops > starts) & (depth_inner == 0) & (depth_outer > 0)
    return Ranges(starts[sure], stops[sure]), Ranges(starts[unsure], stops[unsure])


def reach(arrays: Arrays, pairs: Rows, points: Sequence[Point], radius_m: float) -> tuple[Ranges, Ranges]:
    """Rows of these pairs of activities surely within `radius_m` of a point, and rows that must be measured."""
    bands, spans = [], []
    for point in points:
        found, span = _spans(arrays, point, radius_m)
        for turn in (0.0, 360.0, -360.0) if len(found) else ():
            if span[3].max() + turn >= arrays.west and span[0].min() + turn <= arrays.east:
                bands.append(found)
                spans.append(span + turn)
    if not bands or not len(pairs):
        nowhere = Ranges(np.empty(0, np.int64), np.empty(0, np.int64))
        return nowhere, nowhere
    band, wanted = np.concatenate(bands), np.concatenate(spans, axis=1)
    cells = (pairs[:, None] * arrays.bands + band[None, :]).ravel()
    low, high = arrays.starts[cells].astype(np.int64), arrays.starts[cells + 1].astype(np.int64)
    full = np.flatnonzero(high > low)
    low, high = low[full], high[full]
    arrays.longitude.ahead(low, high)
    places = _bisect(arrays.longitude.values, np.tile(low, 4), np.tile(high, 4), wanted[:, full % len(band)].ravel())
    west, inner_west, inner_east, east = places.reshape(4, -1)
    return _apart((west, east), (inner_west, inner_east))
