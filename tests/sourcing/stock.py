"""A small fictitious stock in INSEE's columns, known firm by firm, loaded by the real importer."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sourcier.register.importing import columns
from sourcier.register.importing.run import import_stock
from tests.cities import siret


@dataclass(frozen=True)
class Shop:
    """One establishment of the stock; degrees; None for a position that INSEE does not give."""

    number: int
    name: str
    code: str = "10.71C"
    latitude: float | None = 48.873
    longitude: float | None = 2.488
    commune: str = "ROSNY-SOUS-BOIS"
    commune_code: str = "93064"
    postal_code: str = "93110"
    size_class: str = "01"
    social_economy: str = "N"
    disclosed: str = "O"
    active: str = "A"
    created: str = "2019-03-01"
    nomenclature: str = "NAFRev2"

    @property
    def siret(self) -> str:
        return siret(self.number)


MATHILDE = Shop(501, "AU PAIN DE MATHILDE")
PERRIER = Shop(502, "FOURNIL DU BOIS-PERRIER", latitude=48.876, longitude=2.492, size_class="02")
LEFORT = Shop(503, "BOULANGERIE LEFORT", latitude=48.882, longitude=2.500, size_class="03", created="1998-05-01")
COOP = Shop(504, "LE BON PAIN COOPERATIF", latitude=48.880, longitude=2.478, social_economy="O", created="2024-02-01")
DEPOT = Shop(505, "DEPOT DE PAIN CENTRE", code="47.24Z", latitude=48.869, longitude=2.484)
WITHOUT_POINT = Shop(506, "BOULANGERIE SANS ADRESSE PRECISE", latitude=None, longitude=None)
HIDDEN = Shop(507, "PERSONNE NON DIFFUSIBLE", disclosed="P", latitude=48.874, longitude=2.489)
CLOSED = Shop(508, "ANCIENNE BOULANGERIE", active="F")
FAR = Shop(
    509, "BOULANGERIE DE LYON", latitude=45.764, longitude=4.835, commune="LYON 3E ARRONDISSEMENT", commune_code="69383",
    postal_code="69003",
)  # fmt: skip
PLUMBER = Shop(510, "PLOMBERIE GARNIER", code="43.22A")
SHOPS = (MATHILDE, PERRIER, LEFORT, COOP, DEPOT, WITHOUT_POINT, HIDDEN, CLOSED, FAR, PLUMBER)


def build(folder: Path, shops: Sequence[Shop] = SHOPS) -> Path:
    """Write both stock files and import them; returns the register."""
    establishments, units, register = folder / "etab.csv", folder / "ul.csv", folder / "register.duckdb"
    _write(establishments, (*columns.ESTABLISHMENT, *columns.DEGREES), [_establishment(shop) for shop in shops])
    _write(units, columns.LEGAL_UNIT, list({shop.siret[:9]: _unit(shop) for shop in shops}.values()))
    import_stock(establishments, units, out=register, fictitious=True, force=len(shops) < len(SHOPS))
    return register


def _write(file: Path, names: tuple[str, ...], rows: list[dict[str, object]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, names)
        writer.writeheader()
        writer.writerows(rows)


def _establishment(shop: Shop) -> dict[str, object]:
    return {
        "siren": shop.siret[:9], "nic": shop.siret[9:], "siret": shop.siret, "statutDiffusionEtablissement": shop.disclosed,
        "dateCreationEtablissement": shop.created, "trancheEffectifsEtablissement": shop.size_class,
        "dateDernierTraitementEtablissement": "2026-08-01T10:00:00", "numeroVoieEtablissement": str(shop.number - 500),
        "typeVoieEtablissement": "RUE", "libelleVoieEtablissement": "DU PAIN", "codePostalEtablissement": shop.postal_code,
        "libelleCommuneEtablissement": shop.commune, "codeCommuneEtablissement": shop.commune_code,
        "etatAdministratifEtablissement": shop.active, "enseigne1Etablissement": shop.name,
        "activitePrincipaleEtablissement": shop.code, "nomenclatureActivitePrincipaleEtablissement": shop.nomenclature,
        "caractereEmployeurEtablissement": "O", "longitude": shop.longitude, "latitude": shop.latitude,
    }  # fmt: skip


def _unit(shop: Shop) -> dict[str, object]:
    return {
        "siren": shop.siret[:9], "statutDiffusionUniteLegale": shop.disclosed, "denominationUniteLegale": shop.name,
        "categorieEntreprise": "PME", "categorieJuridiqueUniteLegale": "5499",
        "economieSocialeSolidaireUniteLegale": shop.social_economy,
    }  # fmt: skip
