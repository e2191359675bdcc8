"""Last files: the words of the names, brands and addresses of what may be named (see `register.names`).

DuckDB cuts the texts at all that is ASCII and no letter or digit; each distinct word is then folded, in Python when it is not
ASCII, so that it is what `kernel.french.fold` makes of a question.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.lib.format import open_memmap

from sourcier.kernel.french import fold
from sourcier.register.importing.check import same
from sourcier.register.importing.read import only
from sourcier.register.names import LONGEST

BATCH = 4_000_000
WORDS = 200_000

TOWN = "concat_ws(' ', c.name, t.commune_label, t.postal_code)"
NAMED = f"""
CREATE TABLE named_place AS SELECT CAST(row_number() OVER (ORDER BY town) - 1 AS UINTEGER) AS place, town FROM (
    SELECT DISTINCT {TOWN} AS town FROM typed t LEFT JOIN commune c ON c.code = t.commune_code WHERE active AND disclosed
);
CREATE TABLE named AS SELECT siret, place, concat_ws(' ', words, address) AS text
    FROM typed t LEFT JOIN commune c ON c.code = t.commune_code JOIN named_place p ON p.town = {TOWN}
    WHERE active AND disclosed AND words <> '' ORDER BY length(t.name), t.name, siret
"""

SPOKEN = "list_distinct(regexp_extract_all(text, '[0-9A-Za-z\\x{80}-\\x{10FFFF}]+'))"
PLAIN = "strlen(raw) = length(raw)"
FOLDED = f"""
CREATE TABLE spoken AS SELECT DISTINCT unnest({SPOKEN}) AS raw FROM named;
CREATE TABLE folded AS SELECT raw, lower(raw[1:{LONGEST}]) AS word FROM spoken WHERE {PLAIN}
"""
NUMBERED = """
CREATE TABLE vocabulary AS SELECT CAST(row_number() OVER (ORDER BY word) - 1 AS UINTEGER) AS number, word
    FROM (SELECT DISTINCT word FROM folded);
CREATE TABLE numbered AS SELECT raw, number FROM folded JOIN vocabulary USING (word)
"""
TOKENS = f"""
CREATE TABLE token AS SELECT CAST(rank AS UINTEGER) AS rank, number
    FROM (SELECT rowid AS rank, unnest({SPOKEN}) AS raw FROM named) JOIN numbered USING (raw) ORDER BY rank;
CREATE TABLE posting AS SELECT rank FROM token ORDER BY number, rank
"""


def write_names(database: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Fill the folder of arrays, which has all the others, with those of the names. Raises `Refused` when a row is lost."""
    database.execute(NAMED)
    database.execute(FOLDED)
    _fold_others(database)
    database.execute(NUMBERED)
    database.execute(TOKENS)
    count, size = (int(only(database, f"SELECT count(*) FROM {table}")[0]) for table in ("named", "vocabulary"))
    _save_words(database, folder, size)
    _save_tokens(database, folder, count, size)
    _save_places(database, folder, count)
    _save_towns(database, folder)
    for table in ("named", "token", "posting"):
        database.execute(f"DROP TABLE {table}")


def _fold_others(database: duckdb.DuckDBPyConnection) -> None:
    """Words with an accent or a ligature; one may become several, or none."""
    found = database.cursor().execute(f"SELECT raw FROM spoken WHERE NOT ({PLAIN})")
    while batch := found.fetchmany(WORDS):
        pairs = [(raw, word[:LONGEST]) for (raw,) in batch for word in re.findall(r"[0-9a-z]+", fold(raw))]
        columns = [list(column) for column in zip(*pairs, strict=True)] if pairs else [[], []]
        database.execute("INSERT INTO folded SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])", columns)


def _batches(
    database: duckdb.DuckDBPyConnection, table: str, columns: str, size: int = BATCH
) -> Iterator[tuple[Any, int, int]]:
    """A table's columns in the order of its rows, by parts, with the first and last row of each."""
    count = int(only(database, f"SELECT count(*) FROM {table}")[0])
    for start in range(0, count, size):
        stop = min(start + size, count)
        found = database.execute(f"SELECT {columns} FROM {table} WHERE rowid >= ? AND rowid < ?", [start, stop]).fetchnumpy()
        values = {name: np.ma.getdata(column) for name, column in found.items()}
        same(stop - start, len(next(iter(values.values()))), "noms")
        yield values, start, stop


def _save_words(database: duckdb.DuckDBPyConnection, folder: Path, size: int) -> None:
    words = open_memmap(folder / "words.npy", "w+", f"S{LONGEST}", (size,))
    for found, start, stop in _batches(database, "vocabulary", "word", WORDS):
        words[start:stop] = found["word"].astype(f"S{LONGEST}")
    if (words[1:] <= words[:-1]).any():
        same(0, 1, "mots")


def _save_tokens(database: duckdb.DuckDBPyConnection, folder: Path, count: int, size: int) -> None:
    """The words of each name, and the names of each word."""
    tokens = int(only(database, "SELECT count(*) FROM token")[0])
    of_names = open_memmap(folder / "name_words.npy", "w+", "uint32", (tokens,))
    of_words = open_memmap(folder / "word_ranks.npy", "w+", "uint32", (tokens,))
    by_rank, by_word = np.zeros(count + 1, np.int64), np.zeros(size + 1, np.int64)
    for found, start, stop in _batches(database, "token", "rank, number"):
        of_names[start:stop] = found["number"]
        ranks = found["rank"].astype(np.int64)
        # The words of a name stand together, by rank: what `name_begins` tells.
        same(0, int(np.count_nonzero(np.diff(ranks) < 0)), "noms")
        by_rank[ranks[0] + 1 : ranks[-1] + 2] += np.bincount(ranks - ranks[0])
        by_word[1:] += np.bincount(found["number"], minlength=size)
    for found, start, stop in _batches(database, "posting", "rank"):
        of_words[start:stop] = found["rank"]
    np.save(folder / "name_begins.npy", np.cumsum(by_rank).astype(np.uint32))
    np.save(folder / "word_starts.npy", np.cumsum(by_word))


def _save_places(database: duckdb.DuckDBPyConnection, folder: Path, count: int) -> None:
    """The place and the row of each name, and the names of each place."""
    sirets, rows = np.load(folder / "sirets.npy", mmap_mode="r"), np.load(folder / "places.npy", mmap_mode="r")
    places = np.empty(count, np.uint32)
    name_rows = open_memmap(folder / "name_rows.npy", "w+", "uint32", (count,))
    for found, start, stop in _batches(database, "named", "siret, place"):
        places[start:stop] = found["place"]
        name_rows[start:stop] = rows[np.searchsorted(sirets, found["siret"])]
    np.save(folder / "name_places.npy", places)
    known = int(only(database, "SELECT count(*) FROM named_place")[0])
    np.save(folder / "place_starts.npy", np.concatenate([[0], np.cumsum(np.bincount(places, minlength=known))]))
    np.save(folder / "place_ranks.npy", np.argsort(places, kind="stable").astype(np.uint32))


def _save_towns(database: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The words of each place."""
    rows = database.execute("SELECT town, place FROM named_place").fetchall()
    words = sorted({(word[:LONGEST], place) for town, place in rows for word in re.findall(r"[0-9a-z]+", fold(town))})
    np.save(folder / "towns.npy", np.array([word.encode() for word, _ in words], f"S{LONGEST}"))
    np.save(folder / "town_places.npy", np.array([place for _, place in words], np.uint32))
