"""The register's answers found again the slow way: plain Python over the raw CSV, its own projection, no index."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import asin, asinh, atan, atan2, cos, cosh, degrees, exp, hypot, log, pi, radians, sin, sinh, sqrt, tan
from pathlib import Path

AXIS, ECCENTRICITY = 6_378_137.0, 0.081819191042815791
"""GRS 80, first eccentricity as IGN publishes it."""


def _isometric(latitude: float) -> float:
    shift = ECCENTRICITY * sin(latitude)
    return log(tan(pi / 4 + latitude / 2) * ((1 - shift) / (1 + shift)) ** (ECCENTRICITY / 2))


def _normal(latitude: float) -> float:
    return AXIS / sqrt(1 - (ECCENTRICITY * sin(latitude)) ** 2)


def lambert_93(easting: float, northing: float) -> tuple[float, float]:
    """Latitude and longitude in degrees (IGN, NTG 71: ALG0019 for the constants, ALG0004 for the way back)."""
    south, north, origin = radians(44), radians(49), radians(46.5)
    power = log(_normal(north) * cos(north) / (_normal(south) * cos(south))) / (_isometric(south) - _isometric(north))
    constant = _normal(south) * cos(south) / power * exp(power * _isometric(south))
    pole = 6_600_000 + constant * exp(-power * _isometric(origin))
    radius, angle = hypot(easting - 700_000, northing - pole), atan((easting - 700_000) / (pole - northing))
    isometric = -log(radius / constant) / power
    latitude = 2 * atan(exp(isometric)) - pi / 2
    for _ in range(30):
        shift = ECCENTRICITY * sin(latitude)
        latitude = 2 * atan(((1 + shift) / (1 - shift)) ** (ECCENTRICITY / 2) * exp(isometric)) - pi / 2
    return degrees(latitude), 3 + degrees(angle / power)


def utm(longitude: float, latitude: float, meridian: float) -> tuple[float, float]:
    """Easting and northing, northing from the equator (Krüger's series, as IGN and the Finnish standard JHS 197 give it)."""
    flattening = 1 / 298.257222101
    n = flattening / (2 - flattening)
    rectifying = AXIS / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    series = (
        n / 2 - 2 * n**2 / 3 + 5 * n**3 / 16, 13 * n**2 / 48 - 3 * n**3 / 5, 61 * n**3 / 240,
    )  # fmt: skip
    phi, lam = radians(latitude), radians(longitude - meridian)
    conformal = 2 * atan(exp(_isometric(phi))) - pi / 2
    t = tan(conformal)
    north, east = atan2(t, cos(lam)), asinh(sin(lam) / hypot(t, cos(lam)))
    xi, eta = north, east
    for order, factor in enumerate(series, 1):
        xi += factor * sin(2 * order * north) * cosh(2 * order * east)
        eta += factor * cos(2 * order * north) * sinh(2 * order * east)
    return 500_000 + 0.9996 * rectifying * eta, 0.9996 * rectifying * xi


def utm_back(easting: float, northing: float, meridian: float) -> tuple[float, float]:
    """Latitude and longitude in degrees, northing from the equator: the same series the other way."""
    flattening = 1 / 298.257222101
    n = flattening / (2 - flattening)
    rectifying = AXIS / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    series = n / 2 - 2 * n**2 / 3 + 37 * n**3 / 96, n**2 / 48 + n**3 / 15, 17 * n**3 / 480
    xi, eta = northing / (0.9996 * rectifying), (easting - 500_000) / (0.9996 * rectifying)
    north, east = xi, eta
    for order, factor in enumerate(series, 1):
        north -= factor * sin(2 * order * xi) * cosh(2 * order * eta)
        east -= factor * cos(2 * order * xi) * sinh(2 * order * eta)
    isometric = asinh(tan(asin(sin(north) / cosh(east))))
    latitude = 2 * atan(exp(isometric)) - pi / 2
    for _ in range(30):
        shift = ECCENTRICITY * sin(latitude)
        latitude = 2 * atan(((1 + shift) / (1 - shift)) ** (ECCENTRICITY / 2) * exp(isometric)) - pi / 2
    return degrees(latitude), meridian + degrees(atan2(sinh(east), cos(north)))


UTM = {"971": (-63, 0), "972": (-63, 0), "973": (-51, 0), "974": (57, 10_000_000), "976": (45, 10_000_000)}
"""Meridian and false northing of each overseas department, as INSEE publishes its points."""


def point(row: dict[str, str]) -> tuple[float, float] | None:
    """Latitude and longitude of a row of the stock, None when it gives none."""
    easting, northing = row["coordonneeLambertAbscisseEtablissement"], row["coordonneeLambertOrdonneeEtablissement"]
    if easting in ("", "[ND]"):
        return (float(row["latitude"]), float(row["longitude"])) if row.get("latitude") else None
    if row["codeCommuneEtablissement"][:2] != "97":
        return lambert_93(float(easting), float(northing))
    meridian, shift = UTM[row["codeCommuneEtablissement"][:3]]
    return utm_back(float(easting), float(northing) - shift, meridian)


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres between two points in degrees (haversine, mean radius of IUGG)."""
    (lat1, lon1), (lat2, lon2) = ((radians(x), radians(y)) for x, y in (a, b))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6_371_008.8 * asin(min(1, sqrt(half)))


@dataclass
class Raw:
    """A row of the stock with its point."""

    siret: str
    row: dict[str, str]
    unit: dict[str, str]
    point: tuple[float, float] | None
    disclosed: bool
    approximate: bool = False

    @cached_property
    def codes(self) -> set[tuple[str, str]]:
        pairs = {(self.row["nomenclatureActivitePrincipaleEtablissement"], self.row["activitePrincipaleEtablissement"])}
        return pairs | {("NAF2025", self.row["activitePrincipaleNAF25Etablissement"])}

    @cached_property
    def both(self) -> tuple[str, str]:
        """Its codes in NAF rév. 2 and in NAF 2025, empty where not told."""
        told = dict(sorted(pair for pair in self.codes if pair[1]))
        return told.get("NAFRev2", ""), told.get("NAF2025", "")


def read(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV, in a ZIP or not."""
    if file.suffix == ".csv":
        with file.open(encoding="utf-8", newline="") as text:
            return list(csv.DictReader(text))
    with zipfile.ZipFile(file) as archive, archive.open(archive.namelist()[0]) as member:
        return list(csv.DictReader(io.TextIOWrapper(member, encoding="utf-8")))


class Brute:
    """A whole stock in memory."""

    def __init__(self, establishments: Path, units: Path) -> None:
        by_siren = {row["siren"]: row for row in read(units)}
        self.rows = [self._raw(row, by_siren[row["siren"]]) for row in read(establishments)]
        points: dict[str, list[tuple[float, float]]] = {}
        for raw in self.rows:
            if raw.point:
                points.setdefault(raw.row["codeCommuneEtablissement"], []).append(raw.point)
        for raw in self.rows:
            if raw.point is None and (known := points.get(raw.row["codeCommuneEtablissement"])):
                raw.point = (sum(p[0] for p in known) / len(known), sum(p[1] for p in known) / len(known))
                raw.approximate = True
        self.open = [raw for raw in self.rows if raw.row["etatAdministratifEtablissement"] == "A" and raw.point]

    @staticmethod
    def _raw(row: dict[str, str], unit: dict[str, str]) -> Raw:
        disclosed = row["statutDiffusionEtablissement"] == unit["statutDiffusionUniteLegale"] == "O"
        return Raw(row["siret"], row, unit, point(row) if disclosed else None, disclosed)

    def search(
        self,
        codes: set[tuple[str, str]],
        centres: list[tuple[float, float]],
        radius_m: float,
        kept: Callable[[Raw], bool] = lambda raw: True,
    ) -> tuple[int, int, list[tuple[str, float]]]:
        """Total, undisclosed among them, then (SIRET, metres) of the others, nearest first."""
        found = self.found(codes, centres, radius_m, kept)
        named = sorted((metres, raw.siret) for metres, raw in found if raw.disclosed)
        return len(found), len(found) - len(named), [(siret, metres) for metres, siret in named]

    def found(
        self, codes: set[tuple[str, str]], centres: list[tuple[float, float]], radius_m: float, kept: Callable[[Raw], bool]
    ) -> list[tuple[float, Raw]]:
        """Each row that matches, with its metres."""
        found = []
        for raw in self.open:
            if raw.point and self.has(raw, codes) and kept(raw):
                metres = min(distance(raw.point, centre) for centre in centres)
                if metres <= radius_m:
                    found.append((metres, raw))
        return found

    def has(self, raw: Raw, codes: set[tuple[str, str]]) -> bool:
        """Whether a row has one of these activities, or what stands for one."""
        return not raw.codes.isdisjoint(codes) or self._stands_for(raw, codes)

    def _stands_for(self, raw: Raw, codes: set[tuple[str, str]]) -> bool:
        """Whether the only code of a row goes with one of these in the other nomenclature, by those that bear both."""
        former, recent = raw.both
        if former and recent:
            return False
        asked = {code for nomenclature, code in codes if nomenclature == ("NAF2025" if former else "NAFRev2")}
        pairs = {(former, code) for code in asked} if former else {(code, recent) for code in asked}
        return not self._together.isdisjoint(pairs)

    @cached_property
    def _together(self) -> set[tuple[str, str]]:
        """The pairs of codes that at least three rows bear, and one in twenty of those with one of the two."""
        pairs = Counter(raw.both for raw in self.open if all(raw.both))
        firsts, seconds = Counter[str](), Counter[str]()
        for (former, recent), count in pairs.items():
            firsts[former] += count
            seconds[recent] += count
        return {
            (former, recent) for (former, recent), count in pairs.items()
            if count >= 3 and max(count / firsts[former], count / seconds[recent]) >= 0.05
        }  # fmt: skip
