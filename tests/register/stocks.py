"""Small stocks in INSEE's columns, written row by row for one test."""

import csv
import zipfile
from collections.abc import Sequence
from pathlib import Path

from sourcier.project.demo.stock import ESTABLISHMENT, LEGAL_UNIT
from tests.cities import siret


def establishment(number: int, **changes: str) -> dict[str, str]:
    """A disclosed active bakery in Rosny, with a point."""
    key = siret(number)
    return {
        "siren": key[:9], "nic": key[9:], "siret": key, "statutDiffusionEtablissement": "O",
        "dateCreationEtablissement": "2020-05-04", "trancheEffectifsEtablissement": "02",
        "dateDernierTraitementEtablissement": "2026-03-01T08:00:00.000", "etablissementSiege": "true",
        "numeroVoieEtablissement": "12", "typeVoieEtablissement": "AV", "libelleVoieEtablissement": "DES TILLEULS",
        "codePostalEtablissement": "93110", "libelleCommuneEtablissement": "ROSNY-SOUS-BOIS",
        "codeCommuneEtablissement": "93064", "etatAdministratifEtablissement": "A",
        "coordonneeLambertAbscisseEtablissement": "662300.00", "coordonneeLambertOrdonneeEtablissement": "6864000.00",
        "activitePrincipaleEtablissement": "10.71C", "nomenclatureActivitePrincipaleEtablissement": "NAFRev2",
        "caractereEmployeurEtablissement": "O",
    } | changes  # fmt: skip


def unit(number: int, **changes: str) -> dict[str, str]:
    """Its legal unit, a company."""
    return {
        "siren": siret(number)[:9], "statutDiffusionUniteLegale": "O", "denominationUniteLegale": f"FOURNIL NUMERO {number}",
        "categorieEntreprise": "PME", "categorieJuridiqueUniteLegale": "5499", "economieSocialeSolidaireUniteLegale": "N",
        "etatAdministratifUniteLegale": "A",
    } | changes  # fmt: skip


def write_csv(file: Path, columns: Sequence[str], rows: Sequence[dict[str, str]], encoding: str = "utf-8") -> Path:
    """A CSV of these columns."""
    with file.open("w", encoding=encoding, newline="") as out:
        writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return file


def write(
    folder: Path, establishments: Sequence[dict[str, str]], units: Sequence[dict[str, str]] | None = None
) -> tuple[Path, Path]:
    """Both files, as CSV; without `units`, one company for each SIREN."""
    if units is None:
        sirens = dict.fromkeys(row["siren"] for row in establishments)
        units = [unit(0, siren=siren, denominationUniteLegale=f"FOURNIL {siren}") for siren in sirens]
    return write_csv(folder / "et.csv", ESTABLISHMENT, establishments), write_csv(folder / "ul.csv", LEGAL_UNIT, units)


def zipped(file: Path) -> Path:
    """The same CSV in a ZIP."""
    target = file.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(file, file.name)
    return target
