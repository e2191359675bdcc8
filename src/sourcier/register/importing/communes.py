"""Third stage: the communes, in the middle of their establishments: what has no point of its own is placed there."""

import csv
from pathlib import Path

import duckdb

from sourcier.kernel.geodesy import EARTH_RADIUS_M
from sourcier.register.establishment import DISTRICTS, shown
from sourcier.register.importing.read import refused
from sourcier.register.places import folded_name

HAVERSINE = f"""2 * {EARTH_RADIUS_M} * asin(sqrt(least(1.0, pow(sin((radians(p.latitude) - radians(c.latitude)) / 2), 2)
    + cos(radians(c.latitude)) * cos(radians(p.latitude)) * pow(sin((radians(p.longitude) - radians(c.longitude)) / 2), 2))))"""


def communes(database: duckdb.DuckDBPyConnection, more: Path | None) -> None:
    """Create `commune` and `postal` from the stock; `more` (La Poste's file of communes) places those that it leaves without.

    `uncertainty_m`: 95 of 100 establishments of the commune lie within that distance of its middle.
    """
    database.execute("""CREATE TABLE seen AS
        SELECT commune_code AS code, mode(commune_label) AS label, count(*) AS establishments
        FROM typed WHERE commune_code IS NOT NULL GROUP BY commune_code""")
    database.execute("""CREATE TABLE middle AS
        SELECT t.commune_code AS code, avg(t.longitude) AS longitude, avg(t.latitude) AS latitude
        FROM typed t WHERE t.commune_code IS NOT NULL AND t.longitude IS NOT NULL GROUP BY t.commune_code""")
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
        FROM typed p JOIN middle c ON c.code = p.commune_code WHERE p.longitude IS NOT NULL GROUP BY c.code""")
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
    label = shown(label)
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
