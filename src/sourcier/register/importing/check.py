"""Gates between the stages: what a stock must be before a register is made of it."""

import duckdb

from sourcier.register.importing.read import Source, refused


def keys(database: duckdb.DuckDBPyConnection, found: Source, table: str, column: str, digits: int, *, filtered: bool) -> None:
    """Every row has a key of so many digits, and no key comes twice. Raises `Refused`, naming the row."""
    bad = database.execute(
        f"SELECT rowid + 2, {column} FROM {table}"
        f" WHERE {column} IS NULL OR NOT regexp_full_match({column}, '[0-9]{{{digits}}}') ORDER BY rowid LIMIT 1"
    ).fetchone()
    if bad:
        # Once departments were chosen, the position among the rows kept is not the line of the file.
        where = "" if filtered else f" à la ligne {bad[0]}"
        raise refused(
            f"Dans le fichier des {found.name},{where} « {bad[1] or ''} » n'est pas un {column} de {digits} chiffres."
        )
    twice = database.execute(
        f"SELECT {column} FROM {table} GROUP BY {column} HAVING count(*) > 1 ORDER BY {column} LIMIT 1"
    ).fetchone()
    if twice:
        raise refused(f"Dans le fichier des {found.name}, le {column} {twice[0]} vient deux fois.")


def same(before: int, after: int, stage: str) -> None:
    """No row is lost or made between two stages. Raises `Refused`."""
    if before != after:
        raise refused(f"Après l'étape « {stage} », il y a {after} établissements au lieu de {before}.")
