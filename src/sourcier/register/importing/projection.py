"""Metres of INSEE's projections back to degrees, in SQL, so that tens of millions of rows need no Python.

Lambert-93 after IGN (NTG 71, ALG0004), UTM by Krüger's series; both end with the series from conformal to geodetic latitude.
GRS 80 everywhere: the datums of the territories are within a metre of WGS 84. Tests compare with pyproj.
"""

from dataclasses import dataclass
from math import cos, exp, log, pi, radians, sin, sqrt, tan


@dataclass(frozen=True)
class Territory:
    """Departments (or their three-digit codes), the projection INSEE uses there, and its box: south, north, west, east.

    `meridian` and `false_northing`: of a UTM zone, in degrees and metres.
    """

    prefixes: tuple[str, ...]
    epsg: int
    box: tuple[float, float, float, float]
    meridian: int
    false_northing: int


METROPOLE = Territory((), 2154, (41.2, 51.2, -5.3, 9.7), 3, 0)
OVERSEAS = (
    Territory(("971", "972", "977", "978"), 5490, (14.3, 18.2, -63.2, -60.7), -63, 0),
    Territory(("973",), 2972, (2.0, 6.0, -54.8, -51.4), -51, 0),
    Territory(("974",), 2975, (-21.5, -20.8, 55.1, 55.9), 57, 10_000_000),
    Territory(("976",), 4471, (-13.1, -12.5, 44.9, 45.4), 45, 10_000_000),
)
"""Saint-Pierre-et-Miquelon (975) and the Pacific (98x) have no projection in the stock: their communes place them."""

TERRITORIES = (METROPOLE, *OVERSEAS)
AXIS, FLATTENING = 6_378_137.0, 1 / 298.257222101
ECCENTRICITY = sqrt(FLATTENING * (2 - FLATTENING))
N = FLATTENING / (2 - FLATTENING)
"""The third flattening: the series are in its powers."""

GEODETIC = (
    2 * N - 2 * N**2 / 3 - 2 * N**3 + 116 * N**4 / 45,
    7 * N**2 / 3 - 8 * N**3 / 5 - 227 * N**4 / 45,
    56 * N**3 / 15 - 136 * N**4 / 35,
    4279 * N**4 / 630,
)
KRUGER = (
    N / 2 - 2 * N**2 / 3 + 37 * N**3 / 96 - N**4 / 360,
    N**2 / 48 + N**3 / 15 - 437 * N**4 / 1440,
    17 * N**3 / 480 - 37 * N**4 / 840,
    4397 * N**4 / 161_280,
)
UTM_METRES = 0.9996 * AXIS / (1 + N) * (1 + N**2 / 4 + N**4 / 64)


def _isometric(latitude: float) -> float:
    shift = ECCENTRICITY * sin(latitude)
    return log(tan(pi / 4 + latitude / 2) * ((1 - shift) / (1 + shift)) ** (ECCENTRICITY / 2))


def _reduced(latitude: float) -> float:
    """Radius of the parallel, in axes."""
    return cos(latitude) / sqrt(1 - (ECCENTRICITY * sin(latitude)) ** 2)


_SOUTH, _NORTH, _ORIGIN = radians(44), radians(49), radians(46.5)
POWER = log(_reduced(_NORTH) / _reduced(_SOUTH)) / (_isometric(_SOUTH) - _isometric(_NORTH))
CONSTANT = AXIS * _reduced(_SOUTH) / POWER * exp(POWER * _isometric(_SOUTH))
POLE = 6_600_000 + CONSTANT * exp(-POWER * _isometric(_ORIGIN))
"""Lambert-93: cone constant, radius of the equator, northing of the pole."""


def _case(value: str) -> str:
    """SQL: a value of the territory of `epsg`."""
    return "CASE epsg " + " ".join(f"WHEN {t.epsg} THEN {getattr(t, value)}" for t in TERRITORIES) + " END"


def _boxed(longitude: str, latitude: str) -> str:
    """SQL: whether a point lies in the box of the territory of `epsg`."""
    boxes = (
        f"WHEN {t.epsg} THEN {latitude} BETWEEN {t.box[0]} AND {t.box[1]} AND {longitude} BETWEEN {t.box[2]} AND {t.box[3]}"
        for t in TERRITORIES
    )
    return f"coalesce(CASE epsg {' '.join(boxes)} END, false)"


EPSG = (
    "CASE "
    + " ".join(f"WHEN left(commune_code, 3) IN {t.prefixes!r} THEN {t.epsg}".replace(",)", ")") for t in OVERSEAS)
    + f" WHEN left(commune_code, 2) IN ('97', '98', '99') OR commune_code IS NULL THEN NULL ELSE {METROPOLE.epsg} END"
)

# What could be metres of any territory; elsewhere the series give nonsense, or no number at all.
_PLAUSIBLE = "easting BETWEEN -2e6 AND 4e6 AND northing BETWEEN -2e6 AND 12e6"
_WAVES = "".join(f" - {b} * sin({2 * j} * xi) * cosh({2 * j} * eta)" for j, b in enumerate(KRUGER, 1))
_WAVES_EAST = "".join(f" - {b} * cos({2 * j} * xi) * sinh({2 * j} * eta)" for j, b in enumerate(KRUGER, 1))
_SERIES = "".join(f" + {c} * sin({2 * k} * conformal)" for k, c in enumerate(GEODETIC, 1))


def located(rows: str) -> str:
    """SELECT of `rows` where `easting`, `northing` (metres), `longitude` and `latitude` (degrees) become the row's own point.

    `longitude`, `latitude` are NULL when it has none in the territory of its `commune_code`; `outside`: it had one elsewhere.
    """
    return f"""
    WITH given AS (SELECT *, {EPSG} AS epsg FROM ({rows})),
    flat AS (
        SELECT *, epsg = {METROPOLE.epsg} AS conic, {_PLAUSIBLE} AS plausible,
            CASE WHEN plausible THEN easting - 700000 END AS across, CASE WHEN plausible THEN {POLE!r} - northing END AS down,
            CASE WHEN NOT conic AND plausible THEN (northing - {_case("false_northing")}) / {UTM_METRES!r} END AS xi,
            CASE WHEN NOT conic AND plausible THEN (easting - 500000) / {UTM_METRES!r} END AS eta
        FROM given
    ), waved AS (SELECT *, xi{_WAVES} AS north, eta{_WAVES_EAST} AS east FROM flat),
    sphere AS (
        SELECT *, CASE WHEN conic THEN 3 + degrees(atan2(across, down) / {POWER!r})
                ELSE {_case("meridian")} + degrees(atan2(sinh(east), cos(north))) END AS own_longitude,
            nullif(sqrt(across * across + down * down), 0) / {CONSTANT!r} AS parallel,
            CASE WHEN conic THEN 2 * atan(pow(parallel, {-1 / POWER!r})) - pi() / 2
                ELSE asin(sin(north) / cosh(east)) END AS conformal
        FROM waved
    ), globe AS (SELECT *, degrees(conformal{_SERIES}) AS own_latitude FROM sphere),
    chosen AS (
        SELECT *, {_boxed("own_longitude", "own_latitude")} AS own, {_boxed("longitude", "latitude")} AS others FROM globe
    )
    SELECT * EXCLUDE (easting, northing, longitude, latitude, epsg, conic, plausible, across, down, xi, eta, north, east,
            own_longitude, own_latitude, conformal, parallel, own, others),
        CASE WHEN own THEN own_longitude WHEN others THEN longitude END AS longitude,
        CASE WHEN own THEN own_latitude WHEN others THEN latitude END AS latitude,
        epsg IS NOT NULL AND NOT own AND NOT others AND (easting IS NOT NULL AND northing IS NOT NULL
            OR longitude IS NOT NULL AND latitude IS NOT NULL) AS outside
    FROM chosen
    """
