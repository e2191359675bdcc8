"""Streets and their numbers, from the establishments that stand there.

Only active establishments with a point of their own count, which no undisclosed one has (`columns`). In the middle of a street
each number counts once: a tower where a hundred firms have their address does not draw the street to it.
"""

from collections.abc import Sequence

import duckdb

from sourcier.kernel.geodesy import EARTH_RADIUS_M
from sourcier.register.importing.communes import written
from sourcier.register.streets import bare, door_of, key_of, words_of

BATCH = 50_000

FEW, FEW_M = 3, 300
"""With fewer numbers than `FEW`, the extent of a street is not known: at least `FEW_M` metres are said."""

DOOR_M = 30
"""Nothing is nearer than that: a point of INSEE's is at the door, at the plot or in its middle."""


def _metres(lat1: str, lon1: str, lat2: str, lon2: str) -> str:
    """SQL for the distance of two near points in degrees, the Earth flattened: good to a metre in a town."""
    return (
        f"{EARTH_RADIUS_M} * sqrt(pow(radians({lat1} - {lat2}), 2) + pow(cos(radians({lat2})) * radians({lon1} - {lon2}), 2))"
    )


STANDING = """
SELECT commune_code, coalesce(way, '') AS way, coalesce(street, '') AS street, coalesce(number, '') AS number,
    coalesce(index, '') AS index, postal_code, latitude, longitude
FROM typed WHERE active AND latitude IS NOT NULL AND commune_code IS NOT NULL
"""

NAMES = """
CREATE TABLE street_key AS SELECT CAST(row_number() OVER (ORDER BY key) AS INTEGER) AS keyed, key, any_value(bare) AS bare
    FROM street_written WHERE key <> '' GROUP BY key;
CREATE TABLE street_name AS SELECT way, street, keyed, written FROM street_written JOIN street_key USING (key);
"""

DOORS = f"""
CREATE TABLE street_door AS
SELECT commune_code, keyed, door, max(written) AS label, max(postal_code) AS postal_code, avg(latitude) AS latitude,
    avg(longitude) AS longitude, count(*) AS establishments,
    greatest({DOOR_M}, CAST(ceil({_metres("max(latitude)", "max(longitude)", "min(latitude)", "min(longitude)")} / 2)
        AS INTEGER)) AS uncertainty_m
FROM ({STANDING}) JOIN street_name USING (way, street) JOIN street_number USING (number, index)
GROUP BY commune_code, keyed, door
"""

STREETS = f"""
CREATE TABLE output.street AS
WITH middle AS (
    SELECT commune_code, keyed, avg(latitude) AS latitude, avg(longitude) AS longitude, count(*) AS doors,
        sum(establishments) AS establishments, arg_max(label, establishments) AS label,
        arg_max(postal_code, establishments) AS postal_code
    FROM street_door GROUP BY commune_code, keyed
), spread AS (
    SELECT d.commune_code, d.keyed,
        CAST(ceil(quantile_cont({_metres("d.latitude", "d.longitude", "m.latitude", "m.longitude")}, 0.95)) AS INTEGER) metres
    FROM street_door d JOIN middle m USING (commune_code, keyed) GROUP BY ALL
)
SELECT CAST(row_number() OVER (ORDER BY commune_code, key) AS INTEGER) AS id, commune_code, key, bare, label,
    coalesce(postal_code, '') AS postal_code, latitude, longitude, CAST(establishments AS INTEGER) AS establishments,
    greatest(metres, CASE WHEN doors < {FEW} THEN {FEW_M} ELSE {DOOR_M} END) AS uncertainty_m
FROM middle JOIN spread USING (commune_code, keyed) JOIN street_key USING (keyed)
ORDER BY id
"""


def write_streets(database: duckdb.DuckDBPyConnection) -> None:
    """Create `street` and `door` in the attached `output`."""
    _names(database)
    _numbers(database)
    database.execute(DOORS)
    database.execute(STREETS)
    database.execute("""CREATE TABLE output.door AS
        SELECT id AS street, door, d.latitude, d.longitude, d.uncertainty_m
        FROM street_door d JOIN street_key USING (keyed) JOIN output.street USING (commune_code, key)
        WHERE door <> '' ORDER BY street, door""")


def _names(database: duckdb.DuckDBPyConnection) -> None:
    """Create `street_name`: each type and name of way of the stock, the number of its key, and how people write it."""
    database.execute("CREATE TABLE street_written (way VARCHAR, street VARCHAR, key VARCHAR, bare VARCHAR, written VARCHAR)")
    found = database.cursor().execute(f"SELECT DISTINCT way, street FROM ({STANDING})")
    while batch := found.fetchmany(BATCH):
        rows = []
        for way, street in batch:
            label = f"{way} {street}".strip()
            key = key_of(words_of(label))
            rows.append((way, street, key, bare(key), written(label)))
        _insert(database, "street_written", rows)
    database.execute(NAMES)


def _numbers(database: duckdb.DuckDBPyConnection) -> None:
    """Create `street_number`: each number and index of the stock, as one door."""
    database.execute("CREATE TABLE street_number (number VARCHAR, index VARCHAR, door VARCHAR)")
    found = database.cursor().execute(f"SELECT DISTINCT number, index FROM ({STANDING})")
    while batch := found.fetchmany(BATCH):
        doors = [(number, index, door_of("".join(words_of(number)), "".join(words_of(index)))) for number, index in batch]
        _insert(database, "street_number", doors)


def _insert(database: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[str, ...]]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)]
    database.execute(f"INSERT INTO {table} SELECT {', '.join(['unnest(?::VARCHAR[])'] * len(columns))}", columns)
