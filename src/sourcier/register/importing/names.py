"""Last file: FILE.names, in SQLite: the words of the names (FTS5, prefixes, no accents), and the row of each among the arrays.

The names stand in their order of importance, so that the first found are the best: disclosed and active
only, short names first.
"""

import sqlite3
from array import array
from pathlib import Path

import duckdb
import numpy as np

BATCH = 20_000

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE word USING fts5(
    text, content = '', detail = none, columnsize = 0, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);
"""

NAMES = """
SELECT siret, replace(replace(concat_ws(' ', words, c.name, commune_label, postal_code), 'Œ', 'OE'), 'œ', 'oe')
FROM typed t LEFT JOIN commune c ON c.code = t.commune_code WHERE active AND disclosed AND words <> ''
ORDER BY length(t.name), t.name, siret
"""


def write_names(database: duckdb.DuckDBPyConnection, file: Path, arrays: Path, build: str) -> None:
    """Write FILE.names, and into the folder `arrays`, which has all the others, the row of each name by its rank."""
    names = sqlite3.connect(file, isolation_level=None)
    ranked = array("q")
    try:
        names.executescript(SCHEMA)
        names.execute("BEGIN")
        names.execute("INSERT INTO meta VALUES ('build', ?)", [build])
        rows = database.execute(NAMES)
        while batch := rows.fetchmany(BATCH):
            rank = len(ranked)
            ranked.extend(siret for siret, _ in batch)
            numbered = ((rank + position, text) for position, (_, text) in enumerate(batch))
            names.executemany("INSERT INTO word (rowid, text) VALUES (?, ?)", numbered)
        names.execute("INSERT INTO word (word) VALUES ('optimize')")
        names.execute("COMMIT")
    finally:
        names.close()
    sirets, places = np.load(arrays / "sirets.npy", mmap_mode="r"), np.load(arrays / "places.npy", mmap_mode="r")
    np.save(arrays / "ranked.npy", places[np.searchsorted(sirets, np.array(ranked, np.int64))])
