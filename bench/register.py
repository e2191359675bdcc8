"""The register beside PostGIS, SQLite and bare mapped arrays: same rows, same questions, same run.

    .venv/bin/python bench/register.py [--size 200000] [--questions 2000] [--register FILE] [--seconds 240] [--write]

`make bench-register SIZE=42000000` is the whole of it, written to docs/benchmarks/register.md. All find the exact total and the
fifty nearest by distance then SIRET; ours also gives the fifty firms, whole, and all facets. Each question is asked twice, and
the second is timed. A way that has no more time answers fewer of the same questions, and the table says how many.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import duckdb
from django.conf import settings
from peers import mapped, postgis, sqlite, told
from peers.asked import PAGE, Answer, Asked, Leg, questions, run

BATCH = 50_000
ROWS = """SELECT naf_rev2, latitude, longitude, siret, disclosed FROM establishment
    WHERE active AND latitude IS NOT NULL AND naf_rev2 IS NOT NULL ORDER BY naf_rev2, latitude, longitude, siret"""
COLD = 20

ONCE = """
import sys, time
from django.conf import settings
settings.configure(VAR=".", REGISTER=sys.argv[1])
from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.register.search import search
start = time.perf_counter()
search([Activity(NAF_REV2, code) for code in sys.argv[5:]], [(int(sys.argv[2]), int(sys.argv[3]))], int(sys.argv[4]))
print((time.perf_counter() - start) * 1000)
"""

MANY = """
import json, sys, time
from django.conf import settings
settings.configure(VAR=".", REGISTER=sys.argv[1])
from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.register.search import search
asked = [([Activity(NAF_REV2, code) for code in codes], [centre], radius) for codes, centre, radius in json.load(sys.stdin)]
done, end = 0, time.perf_counter() + float(sys.argv[2])
for question in asked:
    search(*question)
while time.perf_counter() < end:
    search(*asked[done % len(asked)])
    done += 1
print(done / float(sys.argv[2]))
"""


def files_of(register: Path) -> list[Path]:
    """Every file of a register."""
    return [found for found in register.parent.rglob("*") if found.is_file() and register.name in str(found)]


def cold(register: Path, asked: list[Asked]) -> Leg:
    """A new process, on files that the kernel was told to forget."""
    leg = Leg("cold")
    for question in asked[:COLD]:
        for file in files_of(register):
            with file.open("rb") as stream:
                os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        words = [str(register), *map(str, question.centre), str(question.radius_m), *question.codes]
        leg.times.append(float(subprocess.run([sys.executable, "-c", ONCE, *words], check=True, stdout=subprocess.PIPE).stdout))
    return leg


def together(register: Path, asked: list[Asked], processes: int, seconds: float = 5) -> float:
    """Answers a second, of so many processes at once."""
    import json

    text = json.dumps([(question.codes, question.centre, question.radius_m) for question in asked[:200]])

    def one(_: int) -> float:
        command = [sys.executable, "-c", MANY, str(register), str(seconds)]
        return float(subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.PIPE).stdout)

    with ThreadPoolExecutor(processes) as pool:
        return sum(pool.map(one, range(processes)))


def rows(database: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[object, ...]]]:
    """What the peers load."""
    found = database.cursor().execute(ROWS)
    while batch := found.fetchmany(BATCH):
        yield batch


def ours(asked: Asked) -> Answer:
    """The search of the application, whole."""
    from sourcier.kernel.activities import NAF_REV2, Activity
    from sourcier.register.search import search

    found = search([Activity(NAF_REV2, code) for code in asked.codes], [asked.centre], asked.radius_m, limit=PAGE)
    return found.total, [int(row.siret) for row in found.rows]


def names(database: duckdb.DuckDBPyConnection, seconds: float) -> list[Leg]:
    """A name begun, with its town or postal code; an address, with or without its number; a SIRET; a SIREN."""
    from sourcier.register.search import by_name

    random = Random(6)
    drawn = database.execute(
        "SELECT name, commune, postal_code, siret, address FROM establishment WHERE active AND disclosed AND length(name) > 5"
        " AND postal_code IS NOT NULL AND length(address) > 5 ORDER BY hash(siret) LIMIT 500"
    ).fetchall()
    kinds = ("name", "name and town", "name and postal code", "address and town", "street and postal code", "SIRET", "SIREN")
    typed: dict[str, list[str]] = {kind: [] for kind in kinds}
    for name, town, code, siret, address in drawn:
        start = " ".join(name.split()[:2])
        start = start[: random.randint(4, max(4, len(start)))]
        typed["name"].append(start)
        typed["name and town"].append(f"{start} {town}")
        typed["name and postal code"].append(f"{start} {code}")
        typed["address and town"].append(f"{address} {town}")
        typed["street and postal code"].append(f"{address.lstrip('0123456789 ')} {code}")
        typed["SIRET"].append(f"{siret:014d}")
        typed["SIREN"].append(f"{siret:014d}"[:9])
    legs = []
    for kind, words in typed.items():
        leg = Leg(kind)
        end = time.monotonic() + seconds / len(typed)
        for word in words:
            if time.monotonic() > end:
                break
            by_name(word)
            start_s = time.perf_counter()
            by_name(word)
            leg.times.append((time.perf_counter() - start_s) * 1000)
        legs.append(leg)
    return legs


def peers(database: duckdb.DuckDBPyConnection, folder: Path, asked: list[Asked], seconds: float) -> Iterator[Leg]:
    """Each other way, built, asked, and taken away."""
    limit = mapped.Peer(database, folder)
    yield run("mapped arrays, the limit", limit.ask, asked, seconds)
    tree = sqlite.Peer(rows(database), folder / "peer.sqlite3")
    yield run("SQLite, B-tree", tree.ask, asked, seconds)
    tree.database.close()
    (folder / "peer.sqlite3").unlink()
    if why := postgis.missing():
        yield from (Leg(name, why) for name in postgis.INDEXES)
        return
    with postgis.server(folder) as connection:
        postgis.fill(connection, rows(database))
        for name, sql in postgis.INDEXES.items():
            postgis.index(connection, sql)
            yield run(name, lambda question: postgis.ask(connection, question), asked, seconds)


def built(folder: Path, size: int) -> Path:
    """A register of a fictitious national stock."""
    from national import write_national

    from sourcier.register.importing.run import import_stock

    return import_stock(*write_national(folder / "stock", size), out=folder / "register.duckdb", fictitious=True).file


def main() -> None:
    """Build, measure cold, then warm, then beside the others; print, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=200_000, help="rows of the stock, closed ones too (200000)")
    parser.add_argument("--questions", type=int, default=2_000)
    parser.add_argument("--register", type=Path, help="an imported register, instead of a stock made here")
    parser.add_argument("--seconds", type=float, default=240, help="the most that each way may take to answer (240)")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks/register.md")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # The server of PostgreSQL runs as its own user.
        folder.chmod(0o755)
        settings.configure(VAR=folder, REGISTER="")
        from sourcier.project.demo.naming import rows as listed

        register = (chosen.register or built(folder, chosen.size)).resolve()
        settings.REGISTER = str(register)
        database = duckdb.connect(str(register), read_only=True)
        asked = questions(database, [row["code"] for row in listed("activities")], chosen.questions)
        page = told.Page(database)
        page.cold = cold(register, asked)
        page.legs.append(run("Sourcier, with facets and firms", ours, asked, chosen.seconds))
        page.names = names(database, chosen.seconds)
        cores = os.cpu_count() or 1
        page.together = {count: together(register, asked, count) for count in sorted({1, cores, 2 * cores})}
        for leg in peers(database, folder, asked, chosen.seconds):
            page.legs.append(leg)
            print(leg.name, len(leg.times), leg.note, flush=True)
        print(page.text(len(asked)))
        if chosen.write:
            Path("docs/benchmarks/register.md").write_text(page.text(len(asked)), encoding="utf-8")


if __name__ == "__main__":
    main()
