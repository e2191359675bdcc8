"""Activities with a long tail: a few of more than two per cent of the rows, hundreds of nearly none, some of none at all."""

from dataclasses import dataclass
from math import exp
from random import Random

from sourcier.matching.labels import labels
from sourcier.project.demo.naming import rows
from sourcier.project.demo.stock import CLUBS, CORPORATE

HEAVIEST = (
    "68.20B", "64.20Z", "70.22Z", "68.20A", "94.99Z", "56.10A", "85.59B", "81.21Z", "96.09Z", "53.20Z", "47.91B", "62.01Z",
    "43.21A", "96.02A", "74.10Z", "43.22A", "43.34Z", "86.90E", "41.20A", "49.32Z", "90.01Z", "43.32A", "62.02A", "47.11B",
    "56.30Z", "10.71C", "45.20A", "68.31Z", "43.39Z", "47.71Z", "56.10C", "71.12B", "43.99C", "69.10Z", "01.50Z", "93.12Z",
    "43.31Z", "81.30Z", "45.11Z", "46.90Z", "49.41A", "73.11Z", "86.21Z", "85.51Z", "01.11Z", "43.91B", "70.10Z", "96.04Z",
)  # fmt: skip
"""The first ones, in our order; the others come after, drawn."""

EMPTY = {"01.12Z", "05.20Z", "12.00Z", "98.20Z", "99.00Z"}
"""Codes that no establishment of the stock has."""

SHIFT, POWER, CUTOFF = 5, 1.35, 110
"""Weight of rank r: `(r + SHIFT) ** -POWER * exp(-r / CUTOFF)`."""

FALLBACK = "advice"


@dataclass(frozen=True, slots=True)
class Trade:
    """A code of NAF rév. 2, the code of 2025 brought near, the kind of `names.tsv`, and who exercises it (of 1 024 units)."""

    code: str
    naf_2025: str
    kind: str
    weight: float
    persons: int
    clubs: int


def trades() -> list[Trade]:
    """Every code of NAF rév. 2 but `EMPTY`, heaviest first."""
    known = {row["code"]: row for row in rows("activities")}
    by_division = {code[:2]: row["kind"] for code, row in known.items()}
    codes = sorted({activity.code for activity in labels()} - set(HEAVIEST) - EMPTY)
    Random(1).shuffle(codes)
    found = []
    for rank, code in enumerate([*HEAVIEST, *codes]):
        kind = known[code]["kind"] if code in known else by_division.get(code[:2], FALLBACK)
        recent = known.get(code, {}).get("naf_2025") or f"{code[:5]}Y"
        persons, clubs = 60 if kind in CORPORATE else 640, 600 if kind in CLUBS else 10
        weight = (rank + SHIFT) ** -POWER * exp(-rank / CUTOFF)
        found.append(Trade(code, recent, kind, weight, persons, clubs))
    return found
