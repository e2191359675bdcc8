"""What one stage leaves to the next: Parquet files of the workshop, under the name of a table.

DuckDB writes them for half of what a table of its own costs it (no sketch of the distinct values, no choice between forms of
compression), in the order of the rows, and reads of them the columns that a stage wants.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

FORM = "FORMAT parquet, DICTIONARY_SIZE_LIMIT 1000"
"""A column of more different texts than that in a part of a file is not worth a dictionary."""


def write(database: duckdb.DuckDBPyConnection, query: str, file: Path) -> int:
    """Write the rows of a query; return how many there are."""
    (rows,) = database.execute(f"COPY ({query}) TO {quoted(str(file))} ({FORM})").fetchone() or (0,)
    return int(rows)


def view(database: duckdb.DuckDBPyConnection, name: str, files: Sequence[Path], more: str = "") -> None:
    """Give the files, one after the other, the name of a table; `more`: columns that are not in them, in SQL."""
    listed = ", ".join(quoted(literal(file)) for file in files)
    database.execute(f"CREATE VIEW {name} AS SELECT *{more} FROM read_parquet([{listed}])")


def literal(path: Path) -> str:
    """A path as DuckDB reads that one file: « Stock[1].csv » would be a pattern, and « Stock1.csv » read in its place."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def quoted(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"
