"""Third stage: where each establishment is.

Its Lambert or UTM coordinates are projected back to degrees, one projection per territory (pyproj); else the degrees that
geo-sirene adds are taken; else the middle of its commune, said approximate. A point outside its territory is no point.
"""

import csv
import os
import threading
from array import array
from dataclasses import dataclass
from pathlib import Path

import duckdb
from pyproj import CRS, Transformer

from sourcier.kernel.geodesy import EARTH_RADIUS_M
from sourcier.register.importing.read import only, refused
from sourcier.register.places import folded_name

BATCH = 50_000


@dataclass(frozen=True)
class Territory:
    """Departments (or their three-digit codes), the projection INSEE uses there, and its box: south, north, west, east."""

    prefixes: tuple[str, ...]
    epsg: int
    box: tuple[float, float, float, float]


METROPOLE = Territory((), 2154, (41.2, 51.2, -5.3, 9.7))
TERRITORIES = (
    Territory(("971", "972", "977", "978"), 5490, (14.3, 18.2, -63.2, -60.7)),
    Territory(("973",), 2972, (2.0, 6.0, -54.8, -51.4)),
    Territory(("974",), 2975, (-21.5, -20.8, 55.1, 55.9)),
    Territory(("976",), 4471, (-13.1, -12.5, 44.9, 45.4)),
)
"""Saint-Pierre-et-Miquelon (975) and the Pacific (98x) have no projection in the stock: their communes place them."""

TERRITORY = (
    "CASE "
    + " ".join(f"WHEN commune_code[1:3] IN {t.prefixes!r} THEN {t.epsg}".replace(",)", ")") for t in TERRITORIES)
    + f" WHEN commune_code[1:2] IN ('97', '98', '99') OR commune_code IS NULL THEN NULL ELSE {METROPOLE.epsg} END"
)


def transformer(epsg: int) -> Transformer:
    """Easting, northing (metres) to longitude, latitude of the projection's own datum, within a metre of WGS 84 everywhere."""
    projection = CRS.from_epsg(epsg)
    return Transformer.from_crs(projection, projection.geodetic_crs or CRS.from_epsg(4326), always_xy=True)


def _within(longitude: float, latitude: float, box: tuple[float, float, float, float]) -> bool:
    south, north, west, east = box
    return south <= latitude <= north and west <= longitude <= east


def _project(database: duckdb.DuckDBPyConnection, territory: Territory, pipe: Path) -> None:
    """Write « siret,longitude,latitude » lines of one territory into the pipe, batch by batch."""
    projection = transformer(territory.epsg)
    rows = database.execute(
        "SELECT siret, easting, northing FROM located WHERE epsg = ? AND easting IS NOT NULL AND northing IS NOT NULL",
        [territory.epsg],
    )
    with pipe.open("w") as out:
        while batch := rows.fetchmany(BATCH):
            longitudes, latitudes = projection.transform(array("d", (r[1] for r in batch)), array("d", (r[2] for r in batch)))
            out.writelines(
                f"{row[0]},{longitude!r},{latitude!r}\n"
                for row, longitude, latitude in zip(batch, longitudes, latitudes, strict=True)
                if _within(longitude, latitude, territory.box)
            )


def positions(database: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Create `position(siret, longitude, latitude)`: the rows whose own point is known."""
    database.execute(
        f"CREATE VIEW located AS SELECT siret, easting, northing, longitude, latitude, {TERRITORY} AS epsg FROM typed"
    )
    database.execute("CREATE TABLE position (siret BIGINT, longitude DOUBLE, latitude DOUBLE)")
    for territory in (METROPOLE, *TERRITORIES):
        pipe = folder / f"{territory.epsg}.pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=_project, args=(database.cursor(), territory, pipe), daemon=True)
        writer.start()
        database.execute(
            "INSERT INTO position SELECT * FROM read_csv(?, auto_detect = false, header = false,"
            " columns = {'siret': 'BIGINT', 'longitude': 'DOUBLE', 'latitude': 'DOUBLE'})",
            [str(pipe)],
        )
        writer.join()
        pipe.unlink()
        south, north, west, east = territory.box
        database.execute(
            "INSERT INTO position SELECT siret, longitude, latitude FROM located ANTI JOIN position USING (siret)"
            " WHERE epsg = ? AND latitude BETWEEN ? AND ? AND longitude BETWEEN ? AND ?",
            [territory.epsg, south, north, west, east],
        )


def outside(database: duckdb.DuckDBPyConnection) -> int:
    """How many points that could be read are no point of their territory, after `positions`."""
    query = """SELECT count(*) FROM located ANTI JOIN position USING (siret) WHERE epsg IS NOT NULL
        AND (easting IS NOT NULL AND northing IS NOT NULL OR longitude IS NOT NULL AND latitude IS NOT NULL)"""
    return int(only(database, query)[0])


HAVERSINE = f"""2 * {EARTH_RADIUS_M} * asin(sqrt(least(1.0, pow(sin((radians(p.latitude) - radians(c.latitude)) / 2), 2)
    + cos(radians(c.latitude)) * cos(radians(p.latitude)) * pow(sin((radians(p.longitude) - radians(c.longitude)) / 2), 2))))"""

DISTRICTS = {"75056": "751", "69123": "6938", "13055": "132"}
"""The three cities whose establishments stand in numbered districts: the whole city is a place too."""


def communes(database: duckdb.DuckDBPyConnection, more: Path | None) -> None:
    """Create `commune` and `postal` from the stock; `more` (La Poste's file of communes) places those that it leaves without.

    `uncertainty_m`: 95 of 100 establishments of the commune lie within that distance of its middle.
    """
    database.execute("""CREATE TABLE seen AS
        SELECT commune_code AS code, mode(commune_label) AS label, count(*) AS establishments
        FROM typed WHERE commune_code IS NOT NULL GROUP BY commune_code""")
    database.execute("""CREATE TABLE middle AS
        SELECT t.commune_code AS code, avg(p.longitude) AS longitude, avg(p.latitude) AS latitude
        FROM position p JOIN typed t USING (siret) WHERE t.commune_code IS NOT NULL GROUP BY t.commune_code""")
    if more:
        _from_post(database, more)
    for city, prefix in DISTRICTS.items():
        database.execute(
            """INSERT INTO middle SELECT ?, sum(longitude * establishments) / sum(establishments),
                sum(latitude * establishments) / sum(establishments) FROM middle JOIN seen USING (code)
                WHERE starts_with(code, ?) AND NOT EXISTS (SELECT 1 FROM middle WHERE code = ?) HAVING count(*) > 0""",
            [city, prefix, city],
        )
        database.execute(
            """INSERT INTO seen SELECT ?, regexp_replace(min(label), '[ 0-9].*', ''), sum(establishments) FROM seen
                WHERE starts_with(code, ?) AND NOT EXISTS (SELECT 1 FROM seen WHERE code = ?) HAVING count(*) > 0""",
            [city, prefix, city],
        )
    database.execute(f"""CREATE TABLE spread AS
        SELECT c.code, CAST(ceil(quantile_cont({HAVERSINE}, 0.95)) AS INTEGER) AS uncertainty_m
        FROM position p JOIN typed t USING (siret) JOIN middle c ON c.code = t.commune_code GROUP BY c.code""")
    database.execute("""CREATE TABLE postal AS
        SELECT postal_code, commune_code, count(*) AS establishments FROM typed
        WHERE postal_code IS NOT NULL AND commune_code IS NOT NULL GROUP BY postal_code, commune_code""")
    _named(database)


def _named(database: duckdb.DuckDBPyConnection) -> None:
    """Create `commune` with names as people write and type them: « Rosny-sous-Bois », « rosny sous bois »."""
    labels = [label for (label,) in database.execute("SELECT DISTINCT label FROM seen WHERE label IS NOT NULL").fetchall()]
    names = [(label, written(label), folded_name(label)) for label in labels]
    columns = [list(column) for column in zip(*names, strict=True)] if names else [[], [], []]
    database.execute("CREATE TABLE written (label VARCHAR, name VARCHAR, folded VARCHAR)")
    database.execute("INSERT INTO written SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[])", columns)
    database.execute("""CREATE TABLE commune AS
        SELECT code, coalesce(name, '') AS name, coalesce(folded, '') AS folded, longitude, latitude, establishments,
            coalesce(uncertainty_m, 5000) AS uncertainty_m,
            (SELECT coalesce(list(postal_code ORDER BY postal_code), []) FROM postal WHERE commune_code = code) AS postal_codes
        FROM middle JOIN seen USING (code) LEFT JOIN written USING (label) LEFT JOIN spread USING (code)""")


SMALL_WORDS = {"sous", "sur", "les", "le", "la", "lès", "lez", "en", "de", "des", "du", "d", "l", "et", "aux", "au", "à"}


def written(label: str) -> str:
    """« ROSNY-SOUS-BOIS » → « Rosny-sous-Bois », « L'HAY-LES-ROSES » → « L'Hay-les-Roses »; mixed case is left as it is."""
    if label != label.upper():
        return label
    parts: list[str] = []
    word = ""
    for letter in f"{label.lower()} ":
        if letter.isalnum():
            word += letter
            continue
        parts.append(word if parts and word in SMALL_WORDS else word.capitalize())
        parts.append(letter)
        word = ""
    return "".join(parts).strip()


def _from_post(database: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Add the middles of La Poste's « Base officielle des codes postaux » (code_commune_insee, coordonnees_geographiques)."""
    middles: dict[str, tuple[float, float]] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            for row in csv.DictReader(text, delimiter=";"):
                latitude, _, longitude = row["coordonnees_geographiques"].partition(",")
                if longitude:
                    middles[row["code_commune_insee"]] = (float(longitude), float(latitude))
    except (OSError, UnicodeDecodeError, KeyError, ValueError):
        raise refused(
            f"Le fichier des communes ({file.name}) n'est pas la « Base officielle des codes postaux » de La Poste : "
            "il faut les colonnes code_commune_insee et coordonnees_geographiques, séparées par des points-virgules."
        ) from None
    database.execute(
        "INSERT INTO middle SELECT code, longitude, latitude"
        " FROM (SELECT unnest(?::VARCHAR[]) AS code, unnest(?::DOUBLE[]) AS longitude, unnest(?::DOUBLE[]) AS latitude)"
        " SEMI JOIN seen USING (code) ANTI JOIN middle USING (code)",
        [list(middles), [point[0] for point in middles.values()], [point[1] for point in middles.values()]],
    )
