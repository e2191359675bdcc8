"""Questions to the register: around a place, by SIRET or SIREN, by name; what it holds (communes: `places`)."""

import re
import sqlite3
from collections.abc import Sequence
from datetime import date, datetime
from math import asin, cos, degrees, radians, sin
from typing import Any

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.french import fold
from sourcier.kernel.geodesy import EARTH_RADIUS_M
from sourcier.register.establishment import Establishment, Filters, SearchResult, Status
from sourcier.register.places import commune
from sourcier.register.store import Pair, RegisterMissing, names_of, opened

__all__ = ["RegisterMissing", "around", "by_name", "by_siret", "commune", "known_activity", "search", "status"]

FIELDS = """siret, name, legal_name, nomenclature, activity, naf_2025, address, postal_code, commune, commune_code,
    CAST(round(latitude * 1e6) AS INTEGER), CAST(round(longitude * 1e6) AS INTEGER), approximate, uncertainty_m,
    size_class, category, legal_form, created_on, updated_on, social_economy, employer, disclosed, active"""
"""Columns in the order of `Establishment`'s fields, the distance apart."""

TEXTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 15, 16)
"""Positions of the texts, which are empty rather than None."""

MOST = 999_999
"""DuckDB keeps the nearest in one pass up to that many."""

BOX_MARGIN = 1e-9
"""Degrees added around the box, which only spares reading: the distance decides."""


def _establishment(row: tuple[Any, ...], distance: float | None = None) -> Establishment:
    values: list[Any] = [value or "" if position in TEXTS else value for position, value in enumerate(row)]
    values[0] = f"{row[0]:014d}"
    values.append(None if distance is None else round(distance))
    return Establishment(*values)


def _distance(count: int) -> str:
    """SQL of the great-circle distance in metres (haversine, float64) to the nearest of `count` centres `(?, ?)` in degrees."""
    one = (
        f"2 * {EARTH_RADIUS_M} * asin(sqrt(least(1.0, pow(sin((radians(latitude) - radians(?)) / 2), 2)"
        " + cos(radians(?)) * cos(radians(latitude)) * pow(sin((radians(longitude) - radians(?)) / 2), 2))))"
    )
    return one if count == 1 else f"least({', '.join([one] * count)})"


def _box(centres: Sequence[tuple[float, float]], radius_m: int) -> tuple[float, float, float, float]:
    """South, north, west, east of what lies within `radius_m` of any centre, in degrees; the whole turn near a pole."""
    angle = radius_m / EARTH_RADIUS_M
    south = min(latitude for latitude, _ in centres) - degrees(angle) - BOX_MARGIN
    north = max(latitude for latitude, _ in centres) + degrees(angle) + BOX_MARGIN
    west, east = 180.0, -180.0
    for latitude, longitude in centres:
        edge = cos(radians(latitude))
        if abs(latitude) + degrees(angle) >= 90 or sin(angle) >= edge:
            return south, north, -180.0, 180.0
        width = degrees(asin(sin(angle) / edge)) + BOX_MARGIN
        west, east = min(west, longitude - width), max(east, longitude + width)
    return (south, north, -180.0, 180.0) if west < -180 or east > 180 else (south, north, west, east)


def _filters(filters: Filters) -> tuple[str, list[object]]:
    """SQL conditions and their parameters."""
    parts: list[str] = []
    values: list[object] = []
    for column, wanted in (("size_class", filters.size_classes), ("category", filters.categories)):
        if wanted:
            parts.append(f"{column} IN ({', '.join('?' * len(wanted))})")
            values.extend(sorted(wanted))
    for column, flag in (("social_economy", filters.social_economy), ("employer", filters.employer)):
        if flag is not None:
            parts.append(column if flag else f"NOT {column}")
    if filters.created_since:
        parts.append("created_on >= ?")
        values.append(filters.created_since)
    return "".join(f" AND {part}" for part in parts), values


def _activities(activities: Sequence[Activity]) -> list[tuple[str, list[object]]]:
    """One condition per nomenclature, so that each reads only its own rows; no establishment meets two of them."""
    codes = {
        nomenclature: sorted({activity.code for activity in activities if activity.nomenclature == nomenclature})
        for nomenclature in (NAF_REV2, NAF_2025)
    }
    marks = {nomenclature: ", ".join("?" * len(found)) for nomenclature, found in codes.items()}
    conditions: list[tuple[str, list[object]]] = []
    if codes[NAF_REV2]:
        conditions.append((f"naf_rev2 IN ({marks[NAF_REV2]})", list(codes[NAF_REV2])))
    if codes[NAF_2025]:
        condition, values = f"naf_2025 IN ({marks[NAF_2025]})", list(codes[NAF_2025])
        if codes[NAF_REV2]:
            condition += f" AND (naf_rev2 IS NULL OR naf_rev2 NOT IN ({marks[NAF_REV2]}))"
            values += codes[NAF_REV2]
        conditions.append((condition, list(values)))
    return conditions


def search(
    activities: Sequence[Activity],
    centres: Sequence[tuple[int, int]],
    radius_m: int,
    *,
    limit: int = 50,
    offset: int = 0,
    filters: Filters = Filters(),  # noqa: B008 - frozen
) -> SearchResult:
    """Active establishments with one of `activities`, within `radius_m` metres (edge included) of the nearest centre.

    `centres`: (latitude, longitude) in micro-degrees. Nearest first, then by SIRET. Raises `RegisterMissing`.
    """
    pair = opened()
    conditions = _activities(activities)
    if not conditions or not centres:
        return SearchResult(0, 0, (), pair.build)
    points = [(latitude / 1_000_000, longitude / 1_000_000) for latitude, longitude in centres]
    spots = [value for latitude, longitude in points for value in (latitude, latitude, longitude)]
    narrowed, narrowing = _filters(filters)
    selects, values = [], []
    for condition, codes in conditions:
        selects.append(
            f"SELECT rowid AS place, siret, disclosed, {_distance(len(points))} AS distance FROM establishment"
            f" WHERE active AND {condition} AND latitude BETWEEN ? AND ? AND longitude BETWEEN ? AND ?{narrowed}"
        )
        values += [*spots, *codes, *_box(points, radius_m), *narrowing]
    wanted = min(max(1, offset + limit), MOST)
    answer, order = "{'place': place, 'distance': distance}", "{'distance': distance, 'siret': siret}"
    query = f"""SELECT count(*), count(*) FILTER (WHERE NOT disclosed),
        min_by({answer}, {order}, {wanted}) FILTER (WHERE disclosed)
        FROM ({" UNION ALL ".join(selects)}) WHERE distance <= ?"""
    [(total, undisclosed, nearest)] = pair.cursor().execute(query, [*values, radius_m]).fetchall()
    page = [(found["place"], found["distance"]) for found in (nearest or ())[offset : offset + limit]]
    return SearchResult(total, undisclosed, _rows(pair, page), pair.build)


def around(centre: tuple[int, int], radius_m: int) -> dict[str, tuple[int, int]]:
    """NAF rév. 2 code → `(active establishments, those of them that may not be named)` within `radius_m` of one centre."""
    latitude, longitude = (value / 1_000_000 for value in centre)
    query = f"""SELECT naf_rev2, count(*), count(*) FILTER (WHERE NOT disclosed) FROM establishment
        WHERE active AND naf_rev2 IS NOT NULL AND latitude BETWEEN ? AND ? AND longitude BETWEEN ? AND ?
        AND {_distance(1)} <= ? GROUP BY naf_rev2"""
    values = [*_box([(latitude, longitude)], radius_m), latitude, latitude, longitude, radius_m]
    return {code: (total, hidden) for code, total, hidden in opened().cursor().execute(query, values).fetchall()}


def _rows(pair: Pair, places: Sequence[tuple[int, float | None]]) -> tuple[Establishment, ...]:
    """The establishments at these row numbers, in that order."""
    if not places:
        return ()
    query = f"SELECT rowid, {FIELDS} FROM establishment JOIN (SELECT unnest(?::BIGINT[]) AS place) ON rowid = place"
    rows = {row[0]: row[1:] for row in pair.cursor().execute(query, [[place for place, _ in places]]).fetchall()}
    return tuple(_establishment(rows[place], distance) for place, distance in places)


def by_siret(siret: str) -> Establishment | None:
    """The establishment with these 14 digits, closed or undisclosed ones included. Raises `RegisterMissing`."""
    if not re.fullmatch(r"\d{14}", siret):
        return None
    pair = opened()
    found = pair.names().execute("SELECT place FROM siret WHERE siret = ?", [int(siret)]).fetchall()
    rows = _rows(pair, [(place, None) for (place,) in found])
    return rows[0] if rows else None


def by_name(text: str, limit: int = 10) -> tuple[Establishment, ...]:
    """Active disclosed establishments whose names start with each word, its commune or postal code among the words.

    A SIRET or a SIREN (spaces allowed) is answered at once, closed ones included, undisclosed ones not. Whole and short names
    first. Raises `RegisterMissing`.
    """
    digits = re.sub(r"\s", "", text)
    pair = opened()
    if re.fullmatch(r"\d{14}", digits):
        establishment = by_siret(digits)
        return (establishment,) if establishment and establishment.disclosed else ()
    if re.fullmatch(r"\d{9}", digits):
        low = int(digits) * 100_000
        query = "SELECT place FROM siret WHERE siret BETWEEN ? AND ? ORDER BY siret LIMIT ?"
        places = pair.names().execute(query, [low, low + 99_999, limit]).fetchall()
        return tuple(row for row in _rows(pair, [(place, None) for (place,) in places]) if row.disclosed)
    words = re.findall(r"[0-9a-z]+", fold(text))
    if not words or limit < 1:
        return ()
    match = " ".join(f'"{word}"*' for word in words)
    places = _matching(pair.names(), match, limit)
    return _rows(pair, [(place, None) for place in places])


def _matching(names: sqlite3.Connection, match: str, limit: int) -> list[int]:
    """Row numbers of the names that match, in their order of importance (the order of the table)."""
    query = (
        "SELECT place FROM (SELECT rowid AS rank FROM word WHERE word MATCH ? ORDER BY rowid LIMIT ?) JOIN name USING (rank)"
        " ORDER BY rank"
    )
    return [place for (place,) in names.execute(query, [match, limit]).fetchall()]


def known_activity(activity: Activity) -> bool:
    """Whether the stock of the register uses this code, even for one closed establishment. Raises `RegisterMissing`."""
    query = "SELECT 1 FROM activity WHERE nomenclature = ? AND code = ?"
    return opened().cursor().execute(query, [activity.nomenclature, activity.code]).fetchone() is not None


def status() -> Status:
    """What the register in use holds. Raises `RegisterMissing`."""
    pair = opened()
    meta = dict(pair.cursor().execute("SELECT key, value FROM meta").fetchall())
    counts = ("establishments", "active", "closed", "undisclosed", "located", "approximate", "unplaced", "communes")
    return Status(
        file=pair.file,
        build=pair.build,
        built_at=datetime.fromisoformat(meta["built_at"]),
        stock_date=date.fromisoformat(meta["stock_date"]) if meta["stock_date"] else None,
        fictitious=meta["fictitious"] == "1",
        **{name: int(meta[name]) for name in counts},
        size=pair.file.stat().st_size + names_of(pair.file).stat().st_size,
    )
