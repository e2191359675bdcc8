"""Search time of the register beside a SQLite B-tree peer: same stock, same questions, same run.

    .venv/bin/python bench/register.py [--size 200000] [--questions 300]

Both find the exact total and the fifty nearest by distance then SIRET; ours also brings the fifty firms, whole.
The peer keeps its rows in the order of its index (activity, latitude, longitude), warm.
On few rows the peer is quicker: most of what DuckDB spends is the plan of the query.
"""

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from math import cos, degrees, radians
from pathlib import Path
from random import Random

import duckdb
from django.conf import settings

EARTH_RADIUS_M = 6_371_008.8
Question = tuple[list[str], tuple[int, int], int]


def questions(count: int, codes: list[str]) -> list[Question]:
    """One to ten activities, a point around Rosny, a radius log-uniform from 1 to 50 km."""
    random = Random(1)
    return [
        (
            random.sample(codes, random.randint(1, 10)),
            (round(random.gauss(48.871, 0.05) * 1e6), round(random.gauss(2.486, 0.08) * 1e6)),
            round(1000 * 50 ** random.random()),
        )
        for _ in range(count)
    ]


class Peer:
    """The same rows in SQLite."""

    def __init__(self, register: Path, file: Path) -> None:
        self.database = sqlite3.connect(file)
        self.database.execute(
            "CREATE TABLE place (activity TEXT, latitude REAL, longitude REAL, siret INTEGER, disclosed INTEGER,"
            " PRIMARY KEY (activity, latitude, longitude, siret)) WITHOUT ROWID"
        )
        with duckdb.connect(str(register), read_only=True) as source:
            rows = source.execute(
                "SELECT naf_rev2, latitude, longitude, siret, disclosed FROM establishment"
                " WHERE active AND naf_rev2 IS NOT NULL AND latitude IS NOT NULL"
            ).fetchall()
        self.database.executemany("INSERT INTO place VALUES (?, ?, ?, ?, ?)", rows)
        self.database.execute("ANALYZE")
        self.database.commit()

    def search(self, codes: list[str], centre: tuple[int, int], radius_m: int) -> tuple[int, list[str]]:
        """Total and the fifty nearest SIRETs."""
        latitude, longitude = centre[0] / 1e6, centre[1] / 1e6
        high = degrees(radius_m / EARTH_RADIUS_M)
        wide = high / cos(radians(abs(latitude) + high))
        distance = (
            f"2 * {EARTH_RADIUS_M} * asin(sqrt(pow(sin((radians(latitude) - radians(:lat)) / 2), 2)"
            " + cos(radians(:lat)) * cos(radians(latitude)) * pow(sin((radians(longitude) - radians(:lon)) / 2), 2)))"
        )
        codes_sql = ", ".join(f"'{code}'" for code in codes)
        rows = self.database.execute(
            f"WITH near AS MATERIALIZED (SELECT siret, disclosed, {distance} AS distance FROM place"  # noqa: S608
            f" WHERE activity IN ({codes_sql}) AND latitude BETWEEN :lat - :high AND :lat + :high"
            " AND longitude BETWEEN :lon - :wide AND :lon + :wide)"
            " SELECT (SELECT count(*) FROM near WHERE distance <= :radius), siret FROM near"
            " WHERE distance <= :radius AND disclosed ORDER BY distance, siret LIMIT 50",
            {"lat": latitude, "lon": longitude, "high": high, "wide": wide, "radius": radius_m},
        ).fetchall()
        return (rows[0][0] if rows else 0), [f"{siret:014d}" for _, siret in rows]


def timed(ask: Callable[[], object]) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    ask()
    return (time.perf_counter() - start) * 1000


def told(name: str, times: list[float]) -> None:
    """Median and 99th percentile."""
    print(f"{name:<28} médiane {statistics.median(times):7.2f} ms   99e {statistics.quantiles(times, n=100)[98]:7.2f} ms")


def main() -> None:
    """Build, check that both agree, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=200_000)
    parser.add_argument("--questions", type=int, default=300)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings.configure(VAR=folder, REGISTER="")
        from sourcier.kernel.activities import NAF_REV2, Activity
        from sourcier.project.demo.naming import rows
        from sourcier.project.demo.stock import write_stock
        from sourcier.register.importing.run import import_stock
        from sourcier.register.search import by_name, by_siret, search

        start = time.perf_counter()
        files = write_stock(folder / "stock", size=chosen.size)
        made = time.perf_counter()
        file = import_stock(*files).file
        done = time.perf_counter()
        seconds = f"stock {made - start:.1f} s, import {done - made:.1f} s"
        print(f"{chosen.size} établissements : {seconds}, {file.stat().st_size / 1e6:.0f} Mo")
        peer = Peer(file, folder / "peer.sqlite3")
        asked = questions(chosen.questions, [row["code"] for row in rows("activities")])

        def ours(codes: list[str], centre: tuple[int, int], radius_m: int) -> tuple[int, list[str]]:
            found = search([Activity(NAF_REV2, code) for code in codes], [centre], radius_m)
            return found.total, [row.siret for row in found.rows]

        for question in asked:
            mine, theirs = ours(*question), peer.search(*question)
            # The peer counts nothing when every firm of a question is undisclosed.
            if mine[1] != theirs[1] or (theirs[1] and mine[0] != theirs[0]):
                raise SystemExit(f"Réponses différentes à {question} : {mine[0]} et {theirs[0]}")
        told("registre (DuckDB)", [timed(lambda q=question: ours(*q)) for question in asked])
        told("pair (SQLite, arbre B)", [timed(lambda q=question: peer.search(*q)) for question in asked])
        sirets = [siret for question in asked[:40] for siret in ours(*question)[1][:3]]
        told("un SIRET", [timed(lambda s=siret: by_siret(s)) for siret in sirets])
        words = ["boulangerie rosny", "plomb 93100", "taxi", "fournil hibou", "nettoyage montreuil"] * 20
        told("un nom", [timed(lambda w=word: by_name(w)) for word in words])


if __name__ == "__main__":
    main()
