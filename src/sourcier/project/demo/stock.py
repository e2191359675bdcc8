"""A fictitious stock in exactly INSEE's columns: real communes and codes around Rosny-sous-Bois, invented firms.

Nothing in it is a real firm: SIRENs begin with 14, and numbers in 1 or 2 go to public bodies. The NAF 2025 code of
each activity was brought near by its label: good for a demonstration, not a table of correspondence. Same seed, same bytes.
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from pyproj import Transformer
from stdnum import luhn

from sourcier.project.demo.naming import Naming, rows

STOCK_DAY = date(2026, 8, 31)
SEED = 93064
SIZE = 20_000
SIREN_START = 14_000_000
ROSNY = (48.871, 2.486)
SHARE_CLOSED, SHARE_SECOND, SHARE_UNDISCLOSED, SHARE_NO_POINT, SHARE_NAF_2025 = 0.12, 0.08, 0.12, 0.04, 0.95
"""Closed; further establishment of a unit already there; undisclosed among sole traders; without a point; with NAF 2025."""

CORPORATE = {
    "property", "holding", "it", "waste", "energy", "coach", "security", "temp", "wholesale", "chemistry", "pharmacy", "club",
    "nursery",
}  # fmt: skip
"""Trades where a sole trader is rare."""

CLUBS = {"club", "sport", "show", "nursery", "care", "culture", "teach"}
"""Trades where associations are common."""

SIZES = (
    ("NN", 52),
    ("", 12),
    ("00", 5),
    ("01", 14),
    ("02", 8),
    ("03", 4),
    ("11", 3),
    ("12", 1.4),
    ("21", 0.4),
    ("22", 0.15),
    ("32", 0.05),
)
COMPANIES = (("5499", 40), ("5710", 30), ("5498", 14), ("5720", 13), ("5458", 1.5), ("5599", 1.5))
COOPERATIVES = {"5458"}
WAYS = (("RUE", 70), ("AVENUE", 16), ("BOULEVARD", 5), ("ALLEE", 4), ("PLACE", 3), ("IMPASSE", 2))

COLUMNS = {row["file"]: row["columns"].split() for row in rows("columns")}
ESTABLISHMENT, LEGAL_UNIT = COLUMNS["StockEtablissement"], COLUMNS["StockUniteLegale"]
"""INSEE's columns in INSEE's order, as published since 2025."""

MASKED = (
    "complementAdresseEtablissement", "numeroVoieEtablissement", "indiceRepetitionEtablissement", "typeVoieEtablissement",
    "libelleVoieEtablissement", "codePostalEtablissement", "enseigne1Etablissement", "denominationUsuelleEtablissement",
    "identifiantAdresseEtablissement", "coordonneeLambertAbscisseEtablissement", "coordonneeLambertOrdonneeEtablissement",
    "sexeUniteLegale", "prenom1UniteLegale", "prenomUsuelUniteLegale", "nomUniteLegale", "nomUsageUniteLegale",
    "denominationUniteLegale",
)  # fmt: skip
"""What INSEE replaces with [ND] for a person who asked for it."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Commune:
    """A line of `communes.tsv`."""

    code: str
    label: str
    postal_code: str
    latitude: float
    longitude: float
    weight: float


@dataclass(frozen=True)
class Activity:
    """A line of `activities.tsv`."""

    code: str
    naf_2025: str
    kind: str
    weight: float


def _communes() -> list[Commune]:
    """Communes weighted by inhabitants, less and less as they are far from Rosny: the stock thins out at its edges."""
    found = []
    for row in rows("communes"):
        latitude, longitude = float(row["latitude"]), float(row["longitude"])
        away = ((latitude - ROSNY[0]) * 111.2) ** 2 + ((longitude - ROSNY[1]) * 73.1) ** 2
        weight = float(row["thousands"]) / (1 + away / 60)
        found.append(Commune(row["code"], row["label"], row["postal_code"], latitude, longitude, weight))
    return found


class Stock:
    """Both tables, drawn unit by unit."""

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.random = Random(seed)  # noqa: S311 - same seed, same firms
        self.naming = Naming(self.random)
        self.communes = _communes()
        self.activities = [Activity(r["code"], r["naf_2025"], r["kind"], float(r["weight"])) for r in rows("activities")]
        self.establishments: list[Row] = []
        self.units: list[Row] = []
        self.points: list[tuple[float, float] | None] = []

    def draw(self) -> None:
        """Fill both tables."""
        activities = self.random.choices(self.activities, [a.weight for a in self.activities], k=self.size)
        communes = self.random.choices(self.communes, [c.weight for c in self.communes], k=self.size)
        for activity, commune in zip(activities, communes, strict=True):
            if self.units and self.random.random() < SHARE_SECOND:
                self._second(commune)
            else:
                self._unit(activity, commune)
        self._project()

    def _pick(self, choices: Sequence[tuple[str, float]]) -> str:
        return self.random.choices([c for c, _ in choices], [w for _, w in choices])[0]

    def _created(self) -> date:
        """Young firms are many, old ones few."""
        return STOCK_DAY - timedelta(days=int(min(14_000, self.random.expovariate(1 / 2600))))

    def _unit(self, activity: Activity, commune: Commune) -> None:
        """A new legal unit and its head office."""
        base = f"{SIREN_START // 100 * 100 + len(self.units):08d}"
        siren = base + luhn.calc_check_digit(base)
        person = self.random.random() < (0.06 if activity.kind in CORPORATE else 0.45)
        club = not person and activity.kind in CLUBS and self.random.random() < 0.6
        form = "1000" if person else "9220" if club else self._pick(COMPANIES)
        size = "NN" if person and self.random.random() < 0.8 else self._pick(SIZES)
        created = self._created()
        social = (club and self.random.random() < 0.7) or form in COOPERATIVES
        unit: Row = {
            "siren": siren,
            "statutDiffusionUniteLegale": "P" if person and self.random.random() < SHARE_UNDISCLOSED else "O",
            "dateCreationUniteLegale": created.isoformat(),
            "trancheEffectifsUniteLegale": size,
            "anneeEffectifsUniteLegale": "2024" if size not in ("", "NN") else "",
            "dateDernierTraitementUniteLegale": self._treated(created),
            "nombrePeriodesUniteLegale": 1,
            "categorieEntreprise": "" if self.random.random() < 0.15 else "ETI" if size in ("22", "32") else "PME",
            "anneeCategorieEntreprise": "2024",
            "dateDebut": created.isoformat(),
            "etatAdministratifUniteLegale": "A",
            "categorieJuridiqueUniteLegale": form,
            "activitePrincipaleUniteLegale": activity.code,
            "nomenclatureActivitePrincipaleUniteLegale": "NAFRev2",
            "nicSiegeUniteLegale": "00011",
            "economieSocialeSolidaireUniteLegale": "O" if social else "" if person else "N",
            "societeMissionUniteLegale": "" if person else "N",
            "caractereEmployeurUniteLegale": "N" if size in ("", "NN") else "O",
            "activitePrincipaleNAF25UniteLegale": activity.naf_2025,
        }
        trade_name = self._names(unit, activity, person)
        self.units.append(unit)
        self._establishment(unit, activity, commune, trade_name, 1, created)

    def _names(self, unit: Row, activity: Activity, person: bool) -> str:
        """Fill the unit's names; return the sign over the door, if any."""
        if not person:
            unit["denominationUniteLegale"] = self.naming.firm(activity.kind)
            return self.naming.firm(activity.kind) if self.random.random() < 0.15 else ""
        sex, first, surname = self.naming.person()
        unit.update(sexeUniteLegale=sex, prenom1UniteLegale=first, prenomUsuelUniteLegale=first, nomUniteLegale=surname)
        return self.naming.firm(activity.kind, surname) if self.random.random() < 0.6 else ""

    def _treated(self, created: date) -> str:
        """When INSEE last saw the row: most within three years."""
        days = min((STOCK_DAY - created).days, int(self.random.expovariate(1 / 500)))
        return f"{STOCK_DAY - timedelta(days=days)}T0{self.random.randrange(10)}:00:00.000"

    def _second(self, commune: Commune) -> None:
        """A further establishment of a unit already drawn."""
        unit = self.units[self.random.randrange(len(self.units))]
        number = int(unit.get("count", 1)) + 1
        unit["count"] = number
        activity = Activity(unit["activitePrincipaleUniteLegale"], unit["activitePrincipaleNAF25UniteLegale"], "", 0)
        created = max(self._created(), date.fromisoformat(unit["dateCreationUniteLegale"]))
        self._establishment(unit, activity, commune, "", number, created)

    def _establishment(
        self, unit: Row, activity: Activity, commune: Commune, trade_name: str, number: int, created: date
    ) -> None:
        nic = f"{number:04d}"
        nic += luhn.calc_check_digit(unit["siren"] + nic)
        closed = self.random.random() < SHARE_CLOSED
        if closed and number == 1:
            unit["etatAdministratifUniteLegale"] = "C"
        if number == 1:
            unit["nicSiegeUniteLegale"] = nic
        size = unit["trancheEffectifsUniteLegale"] if number == 1 else self._pick(SIZES)
        self.establishments.append({
            "siren": unit["siren"],
            "nic": nic,
            "siret": unit["siren"] + nic,
            "statutDiffusionEtablissement": unit["statutDiffusionUniteLegale"],
            "dateCreationEtablissement": created.isoformat(),
            "trancheEffectifsEtablissement": size,
            "anneeEffectifsEtablissement": "2024" if size not in ("", "NN") else "",
            "dateDernierTraitementEtablissement": self._treated(created),
            "etablissementSiege": "true" if number == 1 else "false",
            "nombrePeriodesEtablissement": 2 if closed else 1,
            "numeroVoieEtablissement": self.random.randrange(1, 180),
            "indiceRepetitionEtablissement": "BIS" if self.random.random() < 0.04 else "",
            "typeVoieEtablissement": self._pick(WAYS),
            "libelleVoieEtablissement": self.random.choice(self.naming.streets),
            "codePostalEtablissement": commune.postal_code,
            "libelleCommuneEtablissement": commune.label,
            "codeCommuneEtablissement": commune.code,
            "dateDebut": created.isoformat(),
            "etatAdministratifEtablissement": "F" if closed else "A",
            "enseigne1Etablissement": trade_name,
            "activitePrincipaleEtablissement": activity.code,
            "nomenclatureActivitePrincipaleEtablissement": "NAFRev2",
            "caractereEmployeurEtablissement": "N" if size in ("", "NN") else "O",
            "activitePrincipaleNAF25Etablissement": activity.naf_2025 if self.random.random() < SHARE_NAF_2025 else "",
        })  # fmt: skip
        known = self.random.random() >= SHARE_NO_POINT
        spread = self.random.gauss
        self.points.append((commune.longitude + spread(0, 0.008), commune.latitude + spread(0, 0.0055)) if known else None)

    def _project(self) -> None:
        """Write the points as INSEE does, in Lambert-93 metres; then mask what persons asked to mask."""
        projection = Transformer.from_crs(4171, 2154, always_xy=True)
        known = [(row, point) for row, point in zip(self.establishments, self.points, strict=True) if point]
        eastings, northings = projection.transform([p[0] for _, p in known], [p[1] for _, p in known])
        for (row, _), easting, northing in zip(known, eastings, northings, strict=True):
            row["coordonneeLambertAbscisseEtablissement"] = f"{easting:.2f}"
            row["coordonneeLambertOrdonneeEtablissement"] = f"{northing:.2f}"
        for row in self.establishments + self.units:
            if "P" in (row.get("statutDiffusionEtablissement"), row.get("statutDiffusionUniteLegale")):
                row.update({column: "[ND]" for column in MASKED if column in (ESTABLISHMENT if "nic" in row else LEGAL_UNIT)})


def _write(file: Path, columns: Sequence[str], table: Sequence[Row]) -> None:
    """One CSV in a ZIP, as INSEE publishes it."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    member = zipfile.ZipInfo(file.stem + ".csv", (STOCK_DAY.year, STOCK_DAY.month, STOCK_DAY.day, 0, 0, 0))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(member, text.getvalue().encode(), zipfile.ZIP_DEFLATED, 1)


def write_stock(folder: Path, size: int = SIZE, seed: int = SEED) -> tuple[Path, Path]:
    """Write both stock files into `folder`; return the paths of the establishments and of the legal units."""
    stock = Stock(size, seed)
    stock.draw()
    folder.mkdir(parents=True, exist_ok=True)
    establishments, units = folder / "StockEtablissement_utf8.zip", folder / "StockUniteLegale_utf8.zip"
    _write(establishments, ESTABLISHMENT, stock.establishments)
    _write(units, LEGAL_UNIT, stock.units)
    return establishments, units
