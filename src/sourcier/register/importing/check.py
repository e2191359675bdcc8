"""Gates between the stages: what a stock must be before a register is made of it."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from sourcier.register.importing.read import Source, only, refused
from sourcier.register.store import QUIET, RegisterMissing, current_file

NAMES = {"establishments": "établissements", "legal_units": "unités légales"}
MAY_LOSE = 0.02
"""Share of its establishments that a month never takes from the stock: INSEE keeps the closed ones."""


def keys(database: duckdb.DuckDBPyConnection, found: Source, table: str, column: str, digits: int, *, numbered: bool) -> None:
    """Every row has a key of so many digits, and no key comes twice. Raises `Refused`, naming the row.

    `numbered`: the rows of `table` are those of the file, and the message tells the line.
    """
    line = "line" if numbered else "0"
    bad = database.execute(
        f"SELECT {line} AS line, {column} FROM {table}"
        f" WHERE {column} IS NULL OR NOT regexp_full_match({column}, '[0-9]{{{digits}}}') ORDER BY line LIMIT 1"
    ).fetchone()
    if bad:
        where = f" à la ligne {bad[0]}" if numbered else ""
        raise refused(
            f"Dans le fichier des {found.name},{where} « {bad[1] or ''} » n'est pas un {column} de {digits} chiffres."
        )
    if _ascending(database, table, column):
        return
    # All are digits by now: as numbers they take half the memory.
    number = f"CAST({column} AS BIGINT)"
    twice = database.execute(
        f"SELECT {number} AS key FROM {table} GROUP BY key HAVING count(*) > 1 ORDER BY key LIMIT 1"
    ).fetchone()
    if twice:
        raise refused(f"Dans le fichier des {found.name}, le {column} {twice[0]:0{digits}d} vient deux fois.")


def _ascending(database: duckdb.DuckDBPyConnection, table: str, column: str) -> bool:
    """Whether each key is after the one before: then none comes twice, and no table of tens of millions of keys is needed."""
    step = f"SELECT {column} AS key, lag({column}) OVER () AS before FROM {table}"
    return not only(database, f"SELECT count(*) FROM ({step}) WHERE before >= key")[0]


def same(before: int, after: int, stage: str) -> None:
    """No row is lost or made between two stages. Raises `Refused`."""
    if before != after:
        raise refused(f"Après l'étape « {stage} », il y a {after} établissements au lieu de {before}.")


def previous(target: Path) -> dict[str, str]:
    """What the register that an import to `target` replaces says of itself; empty when none can be read."""
    try:
        file = target if target.exists() else current_file()
    except RegisterMissing:
        return {}
    quoted = str(file).replace("'", "''")
    try:
        with duckdb.connect(":memory:", config=QUIET) as database:
            database.execute(f"ATTACH '{quoted}' AS register (READ_ONLY)")
            return dict(database.execute("SELECT key, value FROM register.meta").fetchall())
    except duckdb.Error:
        return {}


def not_shrunk(key: str, rows: int, before: Mapping[str, str], scope: Mapping[str, str]) -> None:
    """A file of the same scope as the register in place has not lost more than `MAY_LOSE` of its rows. Raises `Refused`.

    `key`: `establishments` or `legal_units`, as the register keeps how many it read.
    """
    if any(before.get(name) != value for name, value in scope.items()):
        return
    had = int(before.get(key, 0))
    if rows < had * (1 - MAY_LOSE):
        lost = f"{(had - rows) / had * 100:.1f}".replace(".", ",")
        raise refused(
            f"Ce stock compte {rows} {NAMES[key]}, {lost} % de moins que le répertoire en place ({had}) : le fichier est "
            "peut-être incomplet. Si c'est le bon, relancez avec --force."
        )
