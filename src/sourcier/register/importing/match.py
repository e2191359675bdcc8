"""Second stage: each establishment with its legal unit, typed, at its point: `typed`, what all later stages read.

The two files are matched by ranges of SIREN, each small enough for memory: INSEE's files are in that order, so that a range
is read alone; in files of another order it is found all the same, more slowly.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path

import duckdb

from sourcier.register.importing import columns, staged
from sourcier.register.importing.read import only

UNITS_AT_ONCE = 3_000_000


def bounds(database: duckdb.DuckDBPyConnection, units: int) -> list[str]:
    """SIRENs that cut the legal units in about equal ranges of at most `UNITS_AT_ONCE` or so."""
    parts = -(-units // UNITS_AT_ONCE)
    if parts < 2:
        return []
    shares = [part / parts for part in range(1, parts)]
    found = only(database, f"SELECT approx_quantile(CAST(siren AS BIGINT), {shares}) FROM legal_unit")[0]
    return [f"{siren:09d}" for siren in sorted(set(found))]


def ranges(cuts: Sequence[str]) -> Iterator[str]:
    """SQL conditions on `siren`: together every row, each row once."""
    if not cuts:
        yield "true"
        return
    # A SIREN that is absent belongs to the first: it is refused, or kept without a unit, like any other.
    yield f"(siren < '{cuts[0]}' OR siren IS NULL)"
    for low, high in pairwise(cuts):
        yield f"siren >= '{low}' AND siren < '{high}'"
    yield f"siren >= '{cuts[-1]}'"


def match(
    database: duckdb.DuckDBPyConnection,
    units: int,
    folder: Path,
    part: Callable[[float, float], AbstractContextManager[None]],
) -> int:
    """Make `typed` of `establishment` and `legal_unit`, in files of `folder`; return its rows.

    `part(low, high)` watches one query between two shares.
    """
    for macro in columns.MACROS:
        database.execute(macro)
    chosen, rows, files = list(ranges(bounds(database, units))), 0, []
    for number, among in enumerate(chosen):
        files.append(folder / f"typed-{number}.parquet")
        with part(number / len(chosen), (number + 1) / len(chosen)):
            rows += staged.write(database, columns.TYPED.format(among=among), files[-1])
    staged.view(database, "typed", files)
    return rows
