"""A fictitious national stock in all of INSEE's columns: French geography, a long tail of activities, invented firms.

    .venv/bin/python bench/national.py --rows 42000000 --out FOLDER [--format parquet|csv] [--seed 1] [--on 2026-10-31]

Same seed, same rows, whatever the machine's cores (the hash is DuckDB's: its version counts); in a large Parquet, some groups
of rows may stand in another order. Without --out: a small stock in a temporary folder, timed. The numbers of its firms are
well formed and belong to nobody on purpose: import it as fictitious.
"""

import argparse
import os
import tempfile
import threading
import time
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from france import drawn, places, tables, trades, words

COMMUNES = Path("../shared/data/communes")
TRADE_SLOTS, TOWN_SLOTS = 1 << 18, 400_000
CHUNK = 1 << 20


def write_national(
    folder: Path,
    rows: int,
    *,
    form: str = "parquet",
    seed: int = 1,
    on: date = drawn.STOCK_DAY,
    communes: Path = COMMUNES,
    memory: str = "3GB",
) -> tuple[Path, Path]:
    """Write `StockEtablissement` and `StockUniteLegale` into `folder`; return both paths.

    `rows`: establishments ever opened until `drawn.STOCK_DAY`; a stock taken `on` an earlier day has a few less. `form`:
    `parquet` or `csv` (one CSV in a ZIP). `communes`: folder of `communes_cog_npm6.csv` and `laposte_hexasmal.csv`; raises
    `FileNotFoundError` without them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config: dict[str, Any] = {"memory_limit": memory, "temp_directory": str(folder / ".spill")}
    with duckdb.connect(":memory:", config=config) as database:
        slots = _prepare(database, rows, seed, communes)
        # Joins as written, the small table to the right: rows keep their order, and nothing is spilled.
        database.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        queries = {
            "StockEtablissement": tables.establishments(rows, on, slots),
            "StockUniteLegale": tables.units(_units_of(rows), on, slots),
        }
        files = [_write(database, query, folder / f"{name}_utf8", form) for name, query in queries.items()]
    return files[0], files[1]


def _units_of(rows: int) -> int:
    """How many units the first `rows` establishments belong to."""
    blocks, rest = divmod(rows, drawn.BLOCK)
    return blocks * drawn.BLOCK_UNITS + len({unit for place, unit, _, _ in drawn.crowd() if place < rest})


def _prepare(database: duckdb.DuckDBPyConnection, rows: int, seed: int, communes: Path) -> dict[str, int]:
    """Fill the small tables that the rows look up; return how many lines each has."""
    for macro in drawn.MACROS:
        database.execute(macro.format(seed=seed))
    database.execute("CREATE TABLE number AS SELECT range AS number FROM range(?)", [rows])
    _table(database, "crowd", "place BIGINT, unit_in_block BIGINT, rank BIGINT, size BIGINT", drawn.crowd())
    found = list(places.communes(communes))
    details = (
        "commune BIGINT, code VARCHAR, label VARCHAR, postal_codes VARCHAR[], streets BIGINT, spread DOUBLE,"
        " easting DOUBLE, northing DOUBLE"
    )
    lines = [(n, c.code, c.label, c.postal_codes, c.streets, c.spread, c.easting, c.northing) for n, c in enumerate(found)]
    towns = _slots(database, "town", details, lines, [commune.inhabitants for commune in found], TOWN_SLOTS)
    kinds = words.kinds()
    known = trades.trades()
    details = "code VARCHAR, naf_2025 VARCHAR, kind VARCHAR, kind_key INTEGER, persons INTEGER, clubs INTEGER"
    lines = [(t.code, t.naf_2025, t.kind, kinds.index(t.kind), t.persons, t.clubs) for t in known]
    activities = _slots(database, "trade", details, lines, [trade.weight for trade in known], TRADE_SLOTS)
    surnames, (women, men) = words.surnames(), words.first_names()
    _table(database, "surname", "key INTEGER, surname VARCHAR", list(enumerate(surnames)))
    _table(database, "firm", "key INTEGER, pattern VARCHAR", list(enumerate(words.firms())))
    _table(database, "street", "key INTEGER, label VARCHAR", list(enumerate(words.streets(surnames))))
    _table(database, "first_name", "key INTEGER, label VARCHAR", [*enumerate(women), *enumerate(men, 1000)])
    if len(women) != len(men):
        raise ValueError("words.tsv has not as many women's names as men's")
    return {"town_slots": towns, "trade_slots": activities, "surnames": len(surnames), "women": len(women)}


def _table(database: duckdb.DuckDBPyConnection, name: str, columns: str, lines: Sequence[tuple[Any, ...]]) -> None:
    """A small table, its columns given one list each."""
    database.execute(f"CREATE TABLE {name} ({columns})")
    kinds = [column.split()[1] for column in columns.split(", ")]
    values = ", ".join(f"unnest(?::{kind}[])" for kind in kinds)
    database.execute(f"INSERT INTO {name} SELECT {values}", [list(column) for column in zip(*lines, strict=True)])


def _slots(
    database: duckdb.DuckDBPyConnection,
    name: str,
    columns: str,
    lines: Sequence[tuple[Any, ...]],
    weights: Sequence[float],
    wanted: int,
) -> int:
    """A table where each line stands as many times as it weighs, at least once; return its length: a draw picks a slot."""
    total = sum(weights)
    counts = [max(1, round(weight / total * wanted)) for weight in weights]
    _table(
        database,
        f"{name}_line",
        f"{columns}, slots BIGINT",
        [(*line, count) for line, count in zip(lines, counts, strict=True)],
    )
    database.execute(
        f"CREATE TABLE {name} AS SELECT CAST(row_number() OVER () - 1 AS INTEGER) AS slot, * EXCLUDE (slots, one)"  # noqa: S608
        f" FROM (SELECT *, unnest(range(slots)) AS one FROM {name}_line)"
    )
    return sum(counts)


def _write(database: duckdb.DuckDBPyConnection, query: str, stem: Path, form: str) -> Path:
    if form == "parquet":
        file = stem.with_suffix(".parquet")
        database.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
        return file
    file, pipe = stem.with_suffix(".zip"), stem.with_suffix(".pipe")
    os.mkfifo(pipe)
    zipper = threading.Thread(target=_zip, args=(pipe, file, stem.name + ".csv"), daemon=True)
    zipper.start()
    database.execute(
        f"COPY ({query}) TO '{pipe}' (FORMAT csv, HEADER, USE_TMP_FILE false, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%g')"
    )
    zipper.join()
    pipe.unlink()
    return file


def _zip(pipe: Path, file: Path, member: str) -> None:
    """One CSV in a ZIP, as INSEE publishes it, from what DuckDB writes into the pipe."""
    day = drawn.STOCK_DAY
    entry = zipfile.ZipInfo(member, (day.year, day.month, day.day, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    with (
        pipe.open("rb") as text,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(entry, "w", force_zip64=True) as out,
    ):
        while chunk := text.read(CHUNK):
            out.write(chunk)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--on", type=date.fromisoformat, default=drawn.STOCK_DAY)
    parser.add_argument("--communes", type=Path, default=COMMUNES)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        start = time.perf_counter()
        try:
            files = write_national(
                chosen.out or Path(name), chosen.rows, form=chosen.format, seed=chosen.seed, on=chosen.on,
                communes=chosen.communes,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise SystemExit(f"{error.filename} manque : --communes DOSSIER donne les communes (COG et La Poste).") from None
        for file in files:
            print(f"{file} : {file.stat().st_size / 1e6:.0f} Mo")
        print(f"{chosen.rows} établissements en {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
