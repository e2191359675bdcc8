"""After the table, its arrays: what a search reads and shows, one file for each column, in a folder beside the register."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from sourcier.register.arrays import BANDS_PER_DEGREE, CARD, COLUMNS, SEPARATOR, TRAITS, UNKNOWN_DAY
from sourcier.register.importing.check import same
from sourcier.register.importing.read import only

BATCH = 500_000

SEARCHED = "active AND latitude IS NOT NULL"
"""The rows a search looks at: they come first in the table, and alone are in the arrays."""

BAND = f"floor((latitude + 90) * {BANDS_PER_DEGREE})"
PAIR = "coalesce(naf_rev2, '')", "coalesce(naf_2025, '')"
PROFILE = tuple(trait if trait in ("disclosed", "employer", "social_economy") else f"coalesce({trait}, '')" for trait in TRAITS)

NUMBERED = {"pair": PAIR, "profile": PROFILE, "commune_number": ("coalesce(commune_code, '')",)}
"""What becomes one number for each distinct value, in the order of the values."""

ROWS = f"""
SELECT e.rowid AS place, latitude, longitude, siret, profile.number AS profile, commune_number.number AS commune,
    coalesce(date_diff('day', DATE '1970-01-01', created_on), {UNKNOWN_DAY}) AS created,
    coalesce(date_diff('day', DATE '1970-01-01', updated_on), {UNKNOWN_DAY}) AS updated,
    CASE WHEN approximate THEN uncertainty_m ELSE -1 END AS uncertainty, pair.number AS pair, {BAND} AS band
FROM output.establishment e
{{joins}}
WHERE e.rowid >= ? AND e.rowid < ?
"""


_TEXTS = ", ".join(f"replace(coalesce({name}, ''), chr({ord(SEPARATOR)}), ' ')" for name in CARD)
CARDS = f"""
SELECT card, strlen(card) AS size, place FROM (
    SELECT e.rowid AS place, concat_ws(chr({ord(SEPARATOR)}), {_TEXTS}) AS card
    FROM output.establishment e WHERE e.rowid >= ? AND e.rowid < ?
)
"""


def write_arrays(database: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Fill `folder` from the attached `output`. Raises `Refused` when a row is lost or out of its place."""
    joins = "\n".join(_number(database, table, values) for table, values in NUMBERED.items())
    count, first_band, last_band, west, east = only(
        database,
        f"SELECT count(*), coalesce(min({BAND}), 0), coalesce(max({BAND}), 0), coalesce(min(longitude), 0),"
        f" coalesce(max(longitude), 0) FROM output.establishment WHERE {SEARCHED}",
    )
    pairs = database.execute("SELECT value_0, value_1 FROM pair ORDER BY number").fetchall()
    bands = int(last_band - first_band) + 1
    columns = {name: open_memmap(folder / f"{name}.npy", "w+", dtype, (count,)) for name, dtype in COLUMNS.items()}
    cell = np.empty(count, np.int32)
    for found in _batches(database, ROWS.format(joins=joins), count):
        for name, column in columns.items():
            column[found["place"]] = found[name]
        cell[found["place"]] = found["pair"] * bands + (found["band"] - first_band).astype(np.int32)
    _check(cell, columns["longitude"])
    starts = np.zeros(len(pairs) * bands + 1, np.uint32)
    np.cumsum(np.bincount(cell, minlength=len(starts) - 1), out=starts[1:])
    np.save(folder / "starts.npy", starts)
    _save_cards(database, folder, count)
    _save_sirets(database, folder)
    _save_profiles(database, folder, {
        "pairs": pairs, "first_band": int(first_band), "bands": bands, "west": west, "east": east,
        "communes": [code for (code,) in database.execute("SELECT value_0 FROM commune_number ORDER BY number").fetchall()],
    })  # fmt: skip


def _number(database: duckdb.DuckDBPyConnection, table: str, values: tuple[str, ...]) -> str:
    """Number the distinct values of the searched rows; return the join that gives a row its number."""
    listed = ", ".join(f"{value} AS value_{position}" for position, value in enumerate(values))
    order = ", ".join(f"value_{position}" for position in range(len(values)))
    database.execute(f"""CREATE TABLE {table} AS SELECT CAST(row_number() OVER (ORDER BY {order}) - 1 AS INTEGER) AS number, *
        FROM (SELECT DISTINCT {listed} FROM output.establishment WHERE {SEARCHED})""")
    equal = " AND ".join(f"{value} = {table}.value_{position}" for position, value in enumerate(values))
    return f"JOIN {table} ON {equal}"


def _batches(database: duckdb.DuckDBPyConnection, query: str, count: int) -> Iterator[dict[str, NDArray[Any]]]:
    """The columns of `query`, which takes two row numbers, by batches. Raises `Refused` when rows are missing."""
    for start in range(0, count, BATCH):
        found = database.execute(query, [start, min(start + BATCH, count)]).fetchnumpy()
        values = {name: np.ma.getdata(column) for name, column in found.items()}
        same(min(BATCH, count - start), len(values["place"]), "tableaux")
        yield values


def _check(cell: NDArray[np.int32], longitude: NDArray[np.float64]) -> None:
    """Cells ascend, and longitudes within each: the search halves its way through them."""
    for start in range(0, len(cell), BATCH):
        cells, longitudes = cell[start : start + BATCH + 1], longitude[start : start + BATCH + 1]
        step = np.diff(cells)
        lost = int(np.count_nonzero((step < 0) | ((step == 0) & (np.diff(longitudes) < 0))))
        same(len(cells), len(cells) - lost, "rangement")


def _save_cards(database: duckdb.DuckDBPyConnection, folder: Path, count: int) -> None:
    """The texts of each searched row, one after the other, and where each begins."""
    begins = np.zeros(count + 1, np.uint64)
    with (folder / "cards").open("wb") as out:
        for found in _batches(database, CARDS, count):
            # Rows come in order but for a thread that overtakes another: to sort numbers costs less than texts.
            order = np.argsort(found["place"], kind="stable")
            begins[found["place"] + 1] = found["size"]
            out.write("".join(found["card"][order].tolist()).encode())
    np.save(folder / "begins.npy", np.cumsum(begins, dtype=np.uint64))


def _save_sirets(database: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Every SIRET in order, and its row."""
    count = int(only(database, "SELECT count(*) FROM output.establishment")[0])
    sirets = np.empty(count, np.int64)
    query = "SELECT e.rowid AS place, siret FROM output.establishment e WHERE e.rowid >= ? AND e.rowid < ?"
    for found in _batches(database, query, count):
        sirets[found["place"]] = found["siret"]
    order = np.argsort(sirets)
    np.save(folder / "sirets.npy", sirets[order])
    np.save(folder / "places.npy", order.astype(np.uint32))


def _save_profiles(database: duckdb.DuckDBPyConnection, folder: Path, told: dict[str, Any]) -> None:
    """The labels of each trait, their positions for each profile, and what `load` must know."""
    rows = database.execute("SELECT * EXCLUDE (number) FROM profile ORDER BY number").fetchall()
    labels = {trait: sorted({row[number] for row in rows}) for number, trait in enumerate(TRAITS)}
    table = [[labels[trait].index(row[number]) for row in rows] for number, trait in enumerate(TRAITS)]
    np.save(folder / "profiles.npy", np.array(table, np.int64).reshape(len(TRAITS), len(rows)))
    (folder / "meta.json").write_text(json.dumps({**told, "labels": labels}), encoding="utf-8")
