"""Fifth stage: FILE.names, in SQLite: the row of each SIRET, and the words of the names (FTS5, prefixes, no accents).

The words stand in their order of importance, so that the first found are the best: disclosed and active
only, short names first.
"""

import sqlite3
from pathlib import Path

import duckdb

BATCH = 20_000

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE siret (siret INTEGER PRIMARY KEY, place INTEGER NOT NULL);
CREATE TABLE name (rank INTEGER PRIMARY KEY, place INTEGER NOT NULL);
CREATE VIRTUAL TABLE word USING fts5(
    text, content = '', detail = none, columnsize = 0, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);
"""

NAMES = """
SELECT row_number() OVER (ORDER BY length(e.name), e.name, e.siret) AS rank, e.rowid,
    replace(replace(concat_ws(' ', t.words, e.commune, t.commune_label, e.postal_code), 'Œ', 'OE'), 'œ', 'oe')
FROM output.establishment e JOIN typed t USING (siret) WHERE e.active AND e.disclosed AND t.words <> ''
ORDER BY rank
"""


def write_names(database: duckdb.DuckDBPyConnection, file: Path, build: str) -> None:
    """Write FILE.names of the attached `output`. The file is new: nobody reads it before it is whole and synced."""
    names = sqlite3.connect(file, isolation_level=None)
    try:
        names.executescript(SCHEMA)
        names.execute("BEGIN")
        names.execute("INSERT INTO meta VALUES ('build', ?)", [build])
        rows = database.execute("SELECT siret, rowid FROM output.establishment ORDER BY siret")
        while batch := rows.fetchmany(BATCH):
            names.executemany("INSERT INTO siret VALUES (?, ?)", batch)
        rows = database.execute(NAMES)
        while batch := rows.fetchmany(BATCH):
            names.executemany("INSERT INTO name VALUES (?, ?)", [(rank, place) for rank, place, _ in batch])
            names.executemany("INSERT INTO word (rowid, text) VALUES (?, ?)", [(rank, text) for rank, _, text in batch])
        names.execute("INSERT INTO word (word) VALUES ('optimize')")
        names.execute("COMMIT")
    finally:
        names.close()
