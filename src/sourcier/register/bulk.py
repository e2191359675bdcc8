"""Many SIRETs at once: whether the register knows them, what they do, and whether they may be named."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sourcier.kernel.activities import NAF_REV2
from sourcier.register.store import opened


@dataclass(frozen=True, slots=True)
class Firms:
    """One row for each SIRET asked, in that order. `pair`: which of `pairs` (NAF rév. 2 code, NAF 2025 code), -1 when the
    register does not say; `known`: it is in the register; `disclosed`: it may be named. `build`: of the register that told."""

    known: NDArray[np.bool_]
    disclosed: NDArray[np.bool_]
    pair: NDArray[np.int64]
    pairs: list[tuple[str, str]]
    build: str


def undisclosed(sirets: Collection[str]) -> frozenset[str]:
    """Those of these SIRETs that the register knows and that may not be named. Raises `RegisterMissing`."""
    asked = np.array(sorted({int(siret) for siret in sirets}), np.int64)
    found = firms(asked)
    return frozenset(f"{siret:014d}" for siret in asked[found.known & ~found.disclosed].tolist())


def firms(sirets: NDArray[np.int64]) -> Firms:
    """What the register says of these SIRETs (ascending), closed establishments included. Raises `RegisterMissing`."""
    register = opened()
    arrays = register.arrays
    found = np.minimum(np.searchsorted(arrays.sirets, sirets), max(0, len(arrays.sirets) - 1))
    known = arrays.sirets[found] == sirets if len(arrays.sirets) else np.zeros(len(sirets), bool)
    rows = np.where(known, arrays.places[found].astype(np.int64), -1) if len(arrays.sirets) else np.full(len(sirets), -1)
    pairs = [(rev2, recent) for rev2, recent in arrays.pairs]
    pair, disclosed = np.full(len(sirets), -1, np.int64), np.zeros(len(sirets), bool)
    searched = np.flatnonzero(known & (rows < len(arrays.siret.values)))
    pair[searched] = arrays.pair_of(rows[searched])
    table = np.array(arrays.profiles("disclosed", bool))
    disclosed[searched] = table[arrays.profile.at(rows[searched])]
    # The closed ones are in no array: the table alone has them.
    past = np.flatnonzero(known & (rows >= len(arrays.siret.values)))
    numbers = {codes: number for number, codes in enumerate(pairs)}
    query = """SELECT rowid, CASE WHEN nomenclature = ? THEN activity END, naf_2025, disclosed
        FROM establishment JOIN (SELECT unnest(?::BIGINT[]) AS place) ON rowid = place"""
    told = register.cursor().execute(query, [NAF_REV2, rows[past].tolist()]).fetchall() if len(past) else []
    place = dict(zip(rows[past].tolist(), past.tolist(), strict=True))
    for row, rev2, recent, named in told:
        pair[place[row]] = numbers.setdefault((rev2 or "", recent or ""), len(numbers))
        disclosed[place[row]] = named
    pairs = list(numbers)
    nothing = np.array([not (rev2 or recent) for rev2, recent in pairs], bool)
    if len(pairs):
        pair[(pair >= 0) & nothing[np.maximum(pair, 0)]] = -1
    return Firms(known, disclosed, pair, pairs, register.build)
