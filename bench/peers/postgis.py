"""PostGIS in a server of its own, started and stopped here: Debian's packages postgresql-15 and postgresql-15-postgis-3."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from math import cos, degrees, radians
from pathlib import Path

import psycopg

from peers.asked import EARTH_RADIUS_M, PAGE, Answer, Asked

SPHERE_M = 6_371_008.7714150598325213222
"""PostGIS's mean radius: a radius is scaled to it, so that both count the same rows."""

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))

INDEXES = {
    "PostGIS, GiST": "CREATE INDEX place_index ON place USING gist (geom)",
    "PostGIS, GiST composé (btree_gist)": "CREATE INDEX place_index ON place USING gist (activity, geom)",
}

ASK = f"""
WITH near AS MATERIALIZED (
    SELECT siret, disclosed, ST_DistanceSphere(geom, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)) AS distance
    FROM place WHERE activity = ANY(%(codes)s) AND geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
)
SELECT 0 AS part, count(*), 0::float8 FROM near WHERE distance <= %(radius)s
UNION ALL (SELECT 1, siret, distance FROM near WHERE distance <= %(radius)s AND disclosed ORDER BY distance, siret LIMIT {PAGE})
"""  # noqa: S608


def missing() -> str:
    """Why it cannot be run here, empty when it can."""
    if not BINARIES:
        return "PostgreSQL n'est pas installé (apt-get install postgresql-15-postgis-3)"
    control = Path("/usr/share/postgresql") / BINARIES[-1].parts[-3] / "extension" / "postgis.control"
    return "" if control.exists() else "PostGIS n'est pas installé (apt-get install postgresql-15-postgis-3)"


@contextmanager
def server(parent: Path) -> Iterator[psycopg.Connection]:
    """A new server that listens on a socket of its folder alone; removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="postgis-", dir=parent))
    root = os.geteuid() == 0
    if root:
        shutil.chown(folder, "postgres", "postgres")
    as_owner = ["runuser", "-u", "postgres", "--"] if root else []
    data, binaries = folder / "data", BINARIES[-1].parent
    subprocess.run([*as_owner, binaries / "initdb", "-D", data, "-A", "trust", "-U", "bench", "-E", "UTF8"], check=True,
        stdout=subprocess.DEVNULL, cwd=folder)  # fmt: skip
    settings = {
        "listen_addresses": "", "unix_socket_directories": folder, "shared_buffers": "2GB", "work_mem": "256MB",
        "maintenance_work_mem": "1GB", "fsync": "off", "max_wal_size": "8GB", "effective_cache_size": "6GB",
        "random_page_cost": "1.1", "jit": "off",
    }  # fmt: skip
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    process = subprocess.Popen([*as_owner, binaries / "postgres", "-D", data, *options], stderr=subprocess.DEVNULL, cwd=folder)
    try:
        subprocess.run([binaries / "pg_isready", "-q", "-h", folder, "-t", "30"], check=False)
        with _connected(folder) as connection:
            yield connection
    finally:
        subprocess.run([*as_owner, binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)  # fmt: skip
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _connected(folder: Path) -> psycopg.Connection:
    for attempt in range(100):
        try:
            return psycopg.connect(host=str(folder), user="bench", dbname="postgres", autocommit=True, prepare_threshold=0)
        except psycopg.OperationalError:
            if attempt == 99:
                raise
            subprocess.run(["sleep", "0.2"], check=True)
    raise AssertionError


def fill(connection: psycopg.Connection, rows: Iterator[list[tuple[object, ...]]]) -> None:
    """Rows `(activity, latitude, longitude, siret, disclosed)`, in the order of activities, which suits every index."""
    for name in ("postgis", "btree_gist", "pg_prewarm"):
        connection.execute(f"CREATE EXTENSION {name}")
    connection.execute(
        "CREATE UNLOGGED TABLE place (activity text, siret bigint, disclosed boolean, geom geometry(Point, 4326))"
    )
    connection.execute(
        "CREATE UNLOGGED TABLE raw (activity text, latitude float8, longitude float8, siret bigint, disclosed boolean)"
    )
    with connection.cursor().copy("COPY raw FROM STDIN") as copy:
        for batch in rows:
            for row in batch:
                copy.write_row(row)
    connection.execute(
        "INSERT INTO place SELECT activity, siret, disclosed, ST_SetSRID(ST_MakePoint(longitude, latitude), 4326) FROM raw"
    )
    connection.execute("DROP TABLE raw")


def index(connection: psycopg.Connection, sql: str) -> None:
    """This index alone, statistics, and all of it in memory."""
    connection.execute("DROP INDEX IF EXISTS place_index")
    connection.execute(sql)
    connection.execute("VACUUM ANALYZE place")
    connection.execute("SELECT pg_prewarm('place_index'), pg_prewarm('place')")


def ask(connection: psycopg.Connection, asked: Asked) -> Answer:
    """One prepared query."""
    latitude, longitude = asked.degrees
    high = degrees(asked.radius_m / EARTH_RADIUS_M) + 1e-9
    wide = high / cos(radians(abs(latitude) + high))
    rows = connection.execute(
        ASK,
        {
            "codes": list(asked.codes), "lat": latitude, "lon": longitude, "south": latitude - high, "north": latitude + high,
            "west": longitude - wide, "east": longitude + wide, "radius": asked.radius_m * SPHERE_M / EARTH_RADIUS_M,
        },
        prepare=True,
    ).fetchall()  # fmt: skip
    return rows[0][1], [siret for _, siret, _ in rows[1:]]
