"""Questions to the register: around a place, by SIRET or SIREN, by name; what it holds (communes: `places`)."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.kernel.correspondence import Correspondence
from sourcier.kernel.french import fold
from sourcier.kernel.transitions import Refused
from sourcier.register.arrays import UNKNOWN_DAY, Arrays, folder_of
from sourcier.register.correspondence import official
from sourcier.register.establishment import Establishment, Filters, SearchResult, Status, shown
from sourcier.register.found import Question
from sourcier.register.places import commune
from sourcier.register.store import Register, RegisterMissing, opened

__all__ = [
    "RegisterMissing", "around", "by_name", "by_siret", "commune", "correspondence", "followed", "known_activity", "search",
    "status",
]  # fmt: skip

FIELDS = """siret, name, legal_name, nomenclature, activity, naf_2025, address, postal_code, commune, commune_code,
    CAST(round(latitude * 1e6) AS INTEGER), CAST(round(longitude * 1e6) AS INTEGER), approximate, uncertainty_m,
    size_class, category, legal_form, created_on, updated_on, social_economy, employer, disclosed, active"""
"""Columns in the order of `Establishment`'s fields, the distance apart."""

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

TEXTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 15, 16)
"""Positions of the texts, which are empty rather than None."""


def _establishment(row: tuple[Any, ...], distance: float | None = None) -> Establishment:
    values: list[Any] = [shown(value or "") if position in TEXTS else value for position, value in enumerate(row)]
    values[0] = f"{row[0]:014d}"
    values.append(None if distance is None else round(distance))
    return Establishment(*values)


def search(
    activities: Sequence[Activity],
    centres: Sequence[tuple[int, int]],
    radius_m: int,
    *,
    limit: int = 50,
    offset: int = 0,
    filters: Filters = Filters(),  # noqa: B008 - frozen
    scored_on: date | None = None,
    said: Mapping[str, int] | None = None,
) -> SearchResult:
    """Active establishments with one of `activities`, within `radius_m` metres (edge included) of the nearest centre.

    One that bears no code in the nomenclature of an activity is found by the code that corresponds (`correspondence`).

    `centres`: (latitude, longitude) in micro-degrees. Nearest first, then by SIRET; with `scored_on`, highest first of the
    score that `scorers` explains for that day, then nearest. `said`: SIRET → points of a firm's own words, all others being
    neutral. Raises `RegisterMissing`.
    """
    register = opened()
    points = tuple((latitude / 1_000_000, longitude / 1_000_000) for latitude, longitude in centres)
    question = Question(register.arrays, activities, points, radius_m, filters, register.correspondence)
    found = question.within(radius_m)
    total, undisclosed = found.count(), found.undisclosed()
    wanted = offset + limit
    page = question.best(wanted, scored_on, said or {}) if scored_on else question.nearest(wanted, total - undisclosed)
    return SearchResult(total, undisclosed, _rows(register, page[offset:]), register.build, found.facets())


def around(centre: tuple[int, int], radius_m: int) -> dict[str, tuple[int, int]]:
    """NAF rév. 2 code → `(active establishments, those of them that may not be named)` within `radius_m` of one centre."""
    register = opened()
    arrays = register.arrays
    every = [Activity(NAF_REV2, rev2) for rev2, _ in arrays.pairs if rev2]
    point = (centre[0] / 1_000_000, centre[1] / 1_000_000)
    return Question(arrays, every, (point,), radius_m, Filters(), register.correspondence).within(radius_m).by_code()


def _rows(register: Register, places: Sequence[tuple[int, float | None]]) -> tuple[Establishment, ...]:
    """The establishments at these row numbers, in that order, each with its distance."""
    arrays = register.arrays
    searched = len(arrays.siret.values)
    arrays.ahead(np.array([place for place, _ in places if place < searched], np.int64))
    others = [place for place, _ in places if place >= searched]
    past = {}
    if others:
        query = f"SELECT rowid, {FIELDS} FROM establishment JOIN (SELECT unnest(?::BIGINT[]) AS place) ON rowid = place"
        past = {row[0]: row[1:] for row in register.cursor().execute(query, [others]).fetchall()}
    return tuple(
        _establishment(past[place], distance) if place in past else _searched(arrays, place, distance)
        for place, distance in places
    )


def _searched(arrays: Arrays, row: int, distance: float | None) -> Establishment:
    """A row of the arrays."""
    name, legal_name, nomenclature, activity, address, postal_code, commune_name = map(shown, arrays.card(row))
    traits = arrays.described(row)
    uncertainty = int(arrays.uncertainty.values[row])
    return Establishment(
        siret=f"{int(arrays.siret.values[row]):014d}",
        name=name,
        legal_name=legal_name,
        nomenclature=nomenclature,
        activity=activity,
        activity_2025=arrays.pairs[int(arrays.pair_of(row))][1],
        address=address,
        postal_code=postal_code,
        commune=commune_name,
        commune_code=arrays.communes[arrays.commune.values[row]],
        lat_e6=round(float(arrays.latitude.values[row]) * 1e6),
        lon_e6=round(float(arrays.longitude.values[row]) * 1e6),
        approximate=uncertainty >= 0,
        uncertainty_m=max(0, uncertainty),
        created_on=_day(int(arrays.created.values[row])),
        updated_on=_day(int(arrays.updated.values[row])),
        active=True,
        distance_m=None if distance is None else round(distance),
        **traits,
    )


def _day(days: int) -> date | None:
    return None if days == UNKNOWN_DAY else date.fromordinal(EPOCH_ORDINAL + days)


def by_siret(siret: str) -> Establishment | None:
    """The establishment with these 14 digits, closed or undisclosed ones included. Raises `RegisterMissing`."""
    if not re.fullmatch(r"\d{14}", siret):
        return None
    register = opened()
    rows = _rows(register, [(place, None) for place in register.arrays.rows_of([siret]).tolist()])
    return rows[0] if rows else None


def by_name(text: str, limit: int = 10) -> tuple[Establishment, ...]:
    """Active disclosed establishments that have, for each word, one that starts so: in a name, a brand, the address, the town.

    A number of under five digits is met whole, but as the beginning of a postal code from two on. A SIRET or a SIREN (spaces
    allowed) is answered at once, closed ones included, after those that search finds; undisclosed ones not. Short names first,
    then by name. Raises `RegisterMissing`.
    """
    digits = re.sub(r"\s", "", text)
    register = opened()
    if re.fullmatch(r"\d{14}", digits):
        establishment = by_siret(digits)
        return (establishment,) if establishment and establishment.disclosed else ()
    if re.fullmatch(r"\d{9}", digits):
        searched = len(register.arrays.siret.values)
        # A firm that moved often has more closed addresses than a page shows: the one where it works comes before them.
        found = sorted(register.arrays.rows_of_unit(digits), key=lambda place: place >= searched)[:limit]
        return tuple(row for row in _rows(register, [(place, None) for place in found]) if row.disclosed)
    words = re.findall(r"[0-9a-z]+", fold(text))
    if not words or limit < 1:
        return ()
    rows = register.arrays.names.find(words, limit)
    return _rows(register, [(row, None) for row in rows.tolist()])


def correspondence() -> Correspondence:
    """The one that searches follow: INSEE's table, else what the rows say. Raises `RegisterMissing`."""
    return opened().correspondence


def followed() -> Correspondence:
    """The same without a register: INSEE's table alone; nothing corresponds when it is not there, or cannot be read."""
    try:
        return correspondence()
    except RegisterMissing:
        pass
    try:
        return official() or Correspondence()
    except Refused:
        return Correspondence()


def known_activity(activity: Activity) -> bool:
    """Whether the stock of the register uses this code, even for one closed establishment. Raises `RegisterMissing`."""
    query = "SELECT 1 FROM activity WHERE nomenclature = ? AND code = ?"
    return opened().cursor().execute(query, [activity.nomenclature, activity.code]).fetchone() is not None


def status() -> Status:
    """What the register in use holds. Raises `RegisterMissing`."""
    register = opened()
    files = (register.file, *folder_of(register.file, register.build).iterdir())
    meta = dict(register.cursor().execute("SELECT key, value FROM meta").fetchall())
    counts = ("establishments", "active", "closed", "undisclosed", "located", "approximate", "unplaced", "communes")
    return Status(
        file=register.file,
        build=register.build,
        built_at=datetime.fromisoformat(meta["built_at"]),
        stock_date=date.fromisoformat(meta["stock_date"]) if meta["stock_date"] else None,
        fictitious=meta["fictitious"] == "1",
        **{name: int(meta[name]) for name in counts},
        size=sum(file.stat().st_size for file in files),
    )
