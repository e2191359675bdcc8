"""What changed between two registers: establishments opened, closed, and firms that moved from one to another."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sourcier.kernel.transitions import refuse
from sourcier.register.establishment import shown
from sourcier.register.store import QUIET

MEMORY = "1GB"
BATCH = 5_000
OPENED, CLOSED, MOVED = "opened", "closed", "moved"


@dataclass(frozen=True, slots=True)
class Change:
    """`kind`: `OPENED`, `CLOSED` or `MOVED`. `before`: the SIRET that a firm left, for `MOVED` alone."""

    kind: str
    siret: str
    name: str
    activity: str
    commune_code: str
    commune: str
    before: str = ""
    commune_before: str = ""


CHANGED = """
CREATE TEMP TABLE changed AS
WITH one AS (
    SELECT siret, siret // 100000 AS siren, row_number() OVER (PARTITION BY siret // 100000 ORDER BY siret) AS turn
    FROM old.establishment o ANTI JOIN (SELECT siret FROM new.establishment WHERE active) n USING (siret) WHERE o.active
), other AS (
    SELECT siret, siret // 100000 AS siren, row_number() OVER (PARTITION BY siret // 100000 ORDER BY siret) AS turn
    FROM new.establishment n ANTI JOIN (SELECT siret FROM old.establishment WHERE active) o USING (siret) WHERE n.active
)
SELECT CASE WHEN one.siret IS NULL THEN 'opened' WHEN other.siret IS NULL THEN 'closed' ELSE 'moved' END AS kind,
    one.siret AS gone, other.siret AS come
FROM one FULL JOIN other USING (siren, turn)
"""
"""A firm that left an establishment and opened another moved: each that it left goes with one that it opened, by SIRET."""

LINES = """
SELECT kind, coalesce(come, gone) AS siret, coalesce(n.name, o.name), coalesce(n.activity, o.activity, ''),
    coalesce(n.commune_code, o.commune_code, ''), coalesce(n.commune, o.commune, ''), gone, o.commune
FROM changed LEFT JOIN old.establishment o ON o.siret = gone LEFT JOIN new.establishment n ON n.siret = coalesce(come, gone)
WHERE coalesce(o.disclosed, true) AND coalesce(n.disclosed, true)
ORDER BY kind, siret
"""
"""Who is not disclosed in either is counted, and never named nor told by a number."""


@contextmanager
def compared(old: Path, new: Path) -> Iterator["Comparison"]:
    """Compare two registers, in bounded memory. Raises `Refused` when one cannot be read."""
    with tempfile.TemporaryDirectory() as spill:
        database = duckdb.connect(":memory:", config={"memory_limit": MEMORY, "temp_directory": spill, **QUIET})
        try:
            for name, file in (("old", old), ("new", new)):
                quoted = str(file.resolve()).replace("'", "''")
                try:
                    database.execute(f"ATTACH '{quoted}' AS {name} (READ_ONLY)")
                    database.execute(f"SELECT siret, active, disclosed FROM {name}.establishment LIMIT 1")
                except duckdb.Error:
                    raise refuse("register_diff", f"{file} n'est pas un répertoire que l'on sait lire.") from None
            database.execute(CHANGED)
            yield Comparison(database)
        except duckdb.Error:
            wanted = MEMORY.replace("GB", " Go")
            raise refuse(
                "register_diff", f"La comparaison s'est arrêtée : il faut {wanted} de mémoire, et de la place dans {spill}."
            ) from None
        finally:
            database.close()


class Comparison:
    """The differences found, to count and to read."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database

    def counts(self) -> dict[str, int]:
        """How many of each kind, undisclosed ones included."""
        found = dict(self._database.execute("SELECT kind, count(*) FROM changed GROUP BY kind").fetchall())
        return {kind: found.get(kind, 0) for kind in (OPENED, CLOSED, MOVED)}

    def lines(self) -> Iterator[Change]:
        """The disclosed ones, by kind then SIRET, as they are read."""
        rows = self._database.execute(LINES)
        while batch := rows.fetchmany(BATCH):
            for kind, siret, name, activity, code, commune, gone, left in batch:
                before = (f"{gone:014d}", shown(left or "")) if kind == MOVED else ("", "")
                yield Change(kind, f"{siret:014d}", shown(name or ""), activity, code, shown(commune), *before)
