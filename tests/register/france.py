"""A small stock of all of France: every projection, districts, a merged commune, several firms at one point."""

from pathlib import Path
from random import Random

from pyproj import CRS, Transformer

from sourcier.project.demo.stock import ESTABLISHMENT, LEGAL_UNIT
from tests.register.stocks import establishment, unit, write_csv

TOWNS = [
    ("75101", 48.8626, 2.3363), ("75104", 48.8543, 2.3576), ("75120", 48.8634, 2.4012), ("69381", 45.7700, 4.8280),
    ("69389", 45.7794, 4.8040), ("13201", 43.2990, 5.3840), ("13216", 43.3660, 5.3120), ("2A004", 41.9190, 8.7380),
    ("2B033", 42.6970, 9.4500), ("93064", 48.8710, 2.4860), ("29019", 48.3900, -4.4860), ("67482", 48.5730, 7.7520),
    ("59183", 51.0340, 2.3770), ("06088", 43.7020, 7.2680), ("49018", 47.5410, -0.1040), ("49127", 47.5000, -0.1900),
    ("97105", 16.0000, -61.7300), ("97209", 14.6160, -61.0600), ("97302", 4.9370, -52.3300), ("97411", -21.1000, 55.4500),
    ("97611", -12.8000, 45.1500),
]  # fmt: skip
"""Fontaine-Guérin (49127) is now in Baugé-en-Anjou (49018): both codes stand in old and new rows."""

CODES = [
    ("10.71C", "10.71H"), ("10.71C", "10.71J"), ("47.24Z", "47.24Y"), ("43.22A", "43.22G"), ("68.20B", "68.20K"),
    ("81.21Z", "81.21Y"), ("", "10.71H"),
]  # fmt: skip


EPSG = {"971": 5490, "972": 5490, "973": 2972, "974": 2975, "976": 4471}
PROJECTIONS = {
    epsg: Transformer.from_crs(CRS.from_epsg(epsg).geodetic_crs or 4326, epsg, always_xy=True)
    for epsg in {2154, *EPSG.values()}
}


def _projected(code: str, latitude: float, longitude: float) -> dict[str, str]:
    easting, northing = PROJECTIONS[EPSG.get(code[:3], 2154)].transform(longitude, latitude)
    return {
        "coordonneeLambertAbscisseEtablissement": f"{easting:.2f}", "coordonneeLambertOrdonneeEtablissement": f"{northing:.2f}",
    }  # fmt: skip


def _row(random: Random, number: int) -> dict[str, str]:
    code, latitude, longitude = random.choice(TOWNS)
    old, recent = random.choice(CODES)
    where = latitude + random.gauss(0, 0.04), longitude + random.gauss(0, 0.06)
    kind = random.random()
    if kind < 0.1:  # no point: the middle of the commune
        place = dict.fromkeys(("coordonneeLambertAbscisseEtablissement", "coordonneeLambertOrdonneeEtablissement"), "")
    elif kind < 0.2:  # as geo-sirene adds them, to the last digit
        place = {"coordonneeLambertAbscisseEtablissement": "", "coordonneeLambertOrdonneeEtablissement": ""}
        place |= {"latitude": repr(where[0]), "longitude": repr(where[1])}
    elif kind < 0.3:  # several firms at one address
        place = _projected(code, latitude, longitude)
    else:
        place = _projected(code, *where)
    return establishment(
        number, codeCommuneEtablissement=code, activitePrincipaleEtablissement=old or recent,
        nomenclatureActivitePrincipaleEtablissement="NAFRev2" if old else "NAF2025",
        activitePrincipaleNAF25Etablissement=recent,
        statutDiffusionEtablissement=random.choices("OP", (9, 1))[0],
        etatAdministratifEtablissement=random.choices("AF", (9, 1))[0],
        trancheEffectifsEtablissement=random.choice(["NN", "", "01", "02", "11"]),
        caractereEmployeurEtablissement=random.choice("ON"),
        dateDernierTraitementEtablissement=random.choice(["", "2026-03-01T08:00:00.000", "2019-03-01T08:00:00.000"]),
        dateCreationEtablissement=random.choice(["", "2026-10-02", "1999-05-04", "2020-01-01", "1891-03-01"]),
        **place,
    )  # fmt: skip


def write_france(folder: Path, size: int = 3_000, seed: int = 20261031) -> tuple[Path, Path]:
    """Both files, as CSV."""
    random = Random(seed)
    rows = [_row(random, number) for number in range(1, size + 1)]
    units = [
        unit(
            number, categorieEntreprise=random.choice(["PME", "ETI", "GE", ""]),
            categorieJuridiqueUniteLegale=random.choice(["1000", "5499", "5710", "9220", "9230"]),
            economieSocialeSolidaireUniteLegale=random.choice(["O", "N", ""]),
        )
        for number in range(1, size + 1)
    ]  # fmt: skip
    columns = [*ESTABLISHMENT, "latitude", "longitude"]
    return write_csv(folder / "et.csv", columns, rows), write_csv(folder / "ul.csv", LEGAL_UNIT, units)
