"""The questions, seeded, and how an answer is timed and compared."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

import duckdb

EARTH_RADIUS_M = 6_371_008.8
PAGE = 50
HEAVY_SHARE, HEAVIEST = 0.1, 100
Answer = tuple[int, list[int]]
"""Total, then the SIRETs of the first page: the nearest that may be named."""


@dataclass(frozen=True)
class Asked:
    """NAF rév. 2 codes, latitude and longitude in micro-degrees, metres."""

    codes: tuple[str, ...]
    centre: tuple[int, int]
    radius_m: int

    @property
    def degrees(self) -> tuple[float, float]:
        """The centre in degrees."""
        return self.centre[0] / 1e6, self.centre[1] / 1e6


def questions(database: duckdb.DuckDBPyConnection, thesaurus: Sequence[str], count: int, seed: int = 6) -> list[Asked]:
    """One to ten activities (one question in ten: of the heaviest hundred), a town by its weight, 1 to 100 km, log-uniform."""
    random = Random(seed)
    heavy = [code for (code,) in database.execute(
        "SELECT naf_rev2 FROM establishment WHERE active AND naf_rev2 IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT ?",
        [HEAVIEST],
    ).fetchall()]  # fmt: skip
    towns = database.execute("SELECT latitude, longitude, establishments FROM commune ORDER BY code").fetchall()
    weights = list(accumulate(weight for _, _, weight in towns))
    found = []
    for _ in range(count):
        codes = heavy if random.random() < HEAVY_SHARE else thesaurus
        latitude, longitude, _ = random.choices(towns, cum_weights=weights)[0]
        found.append(
            Asked(
                tuple(random.sample(codes, min(len(codes), random.randint(1, 10)))),
                (round(latitude * 1e6), round(longitude * 1e6)),
                round(1000 * 100 ** random.random()),
            )
        )
    return found


@dataclass
class Leg:
    """One way: its name, what it answered, the milliseconds of each question; `note`: what it is or why it is not there."""

    name: str
    note: str = ""
    answers: list[Answer] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def at(self, percent: int) -> float:
        """A percentile in milliseconds."""
        return statistics.median(self.times) if percent == 50 else statistics.quantiles(self.times, n=100)[percent - 1]


def run(name: str, ask: Callable[[Asked], Answer], asked: Sequence[Asked], seconds: float, note: str = "") -> Leg:
    """Ask each question twice, untimed then timed, so that its data are warm; stop when the time is over."""
    leg = Leg(name, note)
    end = time.monotonic() + seconds
    for question in asked:
        if time.monotonic() > end:
            break
        leg.answers.append(ask(question))
        start = time.perf_counter()
        ask(question)
        leg.times.append((time.perf_counter() - start) * 1000)
    return leg


def equal(legs: Sequence[Leg]) -> dict[str, tuple[int, int]]:
    """For each leg after the first, how many answers are those of the first, of how many."""
    first = legs[0].answers
    return {leg.name: (sum(a == b for a, b in zip(first, leg.answers, strict=False)), len(leg.answers)) for leg in legs[1:]}
