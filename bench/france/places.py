"""Communes as the stock writes them, weighted by inhabitants, each with its middle in the projection INSEE uses there."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyproj import Transformer

from sourcier.project.demo.naming import upper
from sourcier.register.importing.projection import METROPOLE, OVERSEAS

CITIES = {"75056", "69123", "13055"}
"""Paris, Lyon, Marseille: their districts stand for them."""

STREETS_MIN, STREETS_MAX, INHABITANTS_A_STREET = 6, 900, 110
SPREAD_M, SPREAD_PER_ROOT = 250.0, 9.0
"""A commune spreads over `SPREAD_M + SPREAD_PER_ROOT * sqrt(inhabitants)` metres (one standard deviation)."""


@dataclass(frozen=True, slots=True)
class Commune:
    """`easting`, `northing`: metres of its territory's projection, None where INSEE has none or La Poste knows no middle."""

    code: str
    label: str
    postal_codes: list[str]
    inhabitants: int
    streets: int
    spread: float
    easting: float | None
    northing: float | None


def _projected(code: str) -> int | None:
    """EPSG code of the projection of a commune's territory."""
    if not code.startswith(("97", "98")):
        return METROPOLE.epsg
    return next((territory.epsg for territory in OVERSEAS if code.startswith(territory.prefixes)), None)


def _middles(folder: Path) -> dict[str, tuple[float, float]]:
    """Longitude, latitude of each commune of La Poste's file."""
    middles = {}
    with (folder / "laposte_hexasmal.csv").open(encoding="utf-8-sig", newline="") as text:
        for row in csv.DictReader(text, delimiter=";"):
            latitude, _, longitude = row["coordonnees_geographiques"].partition(",")
            if longitude:
                middles[row["code_commune_insee"]] = float(longitude), float(latitude)
    return middles


def _label(name: str) -> str:
    """« Paris 1er Arrondissement » is PARIS 1; the rest in capitals without accents."""
    words = name.split(" ")
    if words[-1] == "Arrondissement":
        return f"{upper(words[0])} {words[1].rstrip('er')}"
    return upper(name).replace("Œ", "OE")


def communes(folder: Path) -> Iterator[Commune]:
    """The communes of today and the districts of the three cities. Raises `FileNotFoundError` naming the file it misses."""
    middles = _middles(folder)
    transformers: dict[int, Transformer] = {}
    with (folder / "communes_cog_npm6.csv").open(encoding="utf-8-sig", newline="") as text:
        for row in csv.DictReader(text):
            if row["type"] not in ("commune-actuelle", "arrondissement-municipal") or row["code"] in CITIES:
                continue
            inhabitants = int(row["population"] or 0)
            codes = [code for code in row["codesPostaux"].split("|") if code]
            if not inhabitants or not codes:
                continue
            point, epsg = middles.get(row["code"]), _projected(row["code"])
            easting = northing = None
            if point and epsg:
                if epsg not in transformers:
                    transformers[epsg] = Transformer.from_crs(4326, epsg, always_xy=True)
                easting, northing = transformers[epsg].transform(*point)
            streets = min(STREETS_MAX, max(STREETS_MIN, inhabitants // INHABITANTS_A_STREET))
            spread = SPREAD_M + SPREAD_PER_ROOT * inhabitants**0.5
            yield Commune(row["code"], _label(row["nom"]), codes, inhabitants, streets, spread, easting, northing)
