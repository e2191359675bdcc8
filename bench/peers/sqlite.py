"""SQLite: the table is its own B-tree, by activity, latitude, longitude."""

import sqlite3
from collections.abc import Iterator
from math import cos, degrees, radians
from pathlib import Path

from peers.asked import EARTH_RADIUS_M, PAGE, Answer, Asked

DISTANCE = (
    f"2 * {EARTH_RADIUS_M} * asin(min(1.0, sqrt(pow(sin((radians(latitude) - :lat) / 2), 2)"
    " + cos(:lat) * cos(radians(latitude)) * pow(sin((radians(longitude) - :lon) / 2), 2))))"
)


class Peer:
    """Rows `(activity, latitude, longitude, siret, disclosed)`."""

    def __init__(self, rows: Iterator[list[tuple[object, ...]]], file: Path) -> None:
        self.database = sqlite3.connect(file, isolation_level=None)
        self.database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA mmap_size = 8000000000;"
            "CREATE TABLE place (activity TEXT, latitude REAL, longitude REAL, siret INTEGER, disclosed INTEGER,"
            " PRIMARY KEY (activity, latitude, longitude, siret)) WITHOUT ROWID"
        )
        self.database.execute("BEGIN")
        for batch in rows:
            self.database.executemany("INSERT INTO place VALUES (?, ?, ?, ?, ?)", batch)
        self.database.execute("COMMIT")
        self.database.execute("ANALYZE")

    def ask(self, asked: Asked) -> Answer:
        """A range of the tree for each activity, the distance for each row of the box."""
        latitude, longitude = asked.degrees
        high = degrees(asked.radius_m / EARTH_RADIUS_M) + 1e-9
        wide = high / cos(radians(abs(latitude) + high))
        marks = ", ".join(f":code{number}" for number in range(len(asked.codes)))
        rows = self.database.execute(
            f"WITH near AS MATERIALIZED (SELECT siret, disclosed, {DISTANCE} AS distance FROM place"  # noqa: S608
            f" WHERE activity IN ({marks}) AND latitude BETWEEN :south AND :north AND longitude BETWEEN :west AND :east)"
            f" SELECT 0, count(*), 0 FROM near WHERE distance <= :radius UNION ALL SELECT * FROM ("
            f" SELECT 1, siret, distance FROM near WHERE distance <= :radius AND disclosed ORDER BY 3, 2 LIMIT {PAGE})",
            {
                "lat": radians(latitude), "lon": radians(longitude), "south": latitude - high, "north": latitude + high,
                "west": longitude - wide, "east": longitude + wide, "radius": asked.radius_m,
                **{f"code{number}": code for number, code in enumerate(asked.codes)},
            },
        ).fetchall()  # fmt: skip
        return rows[0][1], [siret for _, siret, _ in rows[1:]]
