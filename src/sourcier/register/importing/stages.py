"""What the command is told while a stage runs, and how long the whole import still lasts."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

import duckdb

POLL_S = 0.2

WEIGHTS = {
    "parquet": {
        "Établissements": 4, "Unités légales": 2, "Rapprochement": 30, "Communes": 4, "Noms": 10, "Écriture": 41, "Tableaux": 9,
    },
    "text": {
        "Établissements": 31, "Unités légales": 11, "Rapprochement": 21, "Communes": 3, "Noms": 3, "Écriture": 25,
        "Tableaux": 6,
    },
}  # fmt: skip
"""The hundredths of an import that each stage takes, by what the establishments are read from, as measured on a national stock.
Only their proportions matter; a stage that runs beside others weighs what it adds to them."""

NEARLY = 0.99
KNOWN_SHARE, KNOWN_AFTER_S = 0.02, 3.0
"""Before so much is done, and so many seconds have passed, nobody can say how long the rest lasts."""


@dataclass(frozen=True, slots=True)
class Told:
    """A stage and the share of it done, 0 to 1; the share of the whole, and the seconds left, None while they are not known."""

    stage: str
    share: float
    whole: float
    remaining_s: float | None


Progress = Callable[[Told], None]


@dataclass
class Estimate:
    """How far an import is, from the weights of its stages and what each has told; several may run at once.

    The rest is thought to go at the pace so far: `weights` are right for one machine, their proportions for most. `had`: what
    was done before, when a download goes on.
    """

    weights: Mapping[str, float]
    shares: dict[str, float] = field(default_factory=dict)
    had: float | None = None

    def tell(self, stage: str, share: float, elapsed_s: float) -> Told:
        """Note a share; one that went back does not count."""
        self.shares[stage] = max(self.shares.get(stage, 0.0), min(1.0, share))
        done = sum(self.weights[name] * each for name, each in self.shares.items())
        whole = done / sum(self.weights.values())
        self.had = whole if self.had is None else self.had
        known = whole - self.had >= KNOWN_SHARE and elapsed_s >= KNOWN_AFTER_S
        return Told(stage, share, whole, elapsed_s * (1 - whole) / (whole - self.had) if known else None)


class Stages:
    """The stages of one import, told to `progress`."""

    def __init__(self, database: duckdb.DuckDBPyConnection, progress: Progress, kind: str) -> None:
        self.database, self._progress = database, progress
        self._estimate = Estimate(WEIGHTS["parquet" if kind == "parquet" else "text"])
        self._begun, self._lock = time.monotonic(), threading.Lock()

    def tell(self, name: str, share: float) -> None:
        """Say how far a stage is."""
        with self._lock:
            self._progress(self._estimate.tell(name, share, time.monotonic() - self._begun))

    @contextmanager
    def stage(self, name: str, *, watched: bool = True) -> Iterator[Callable[[float], None]]:
        """From its begin to its end; `watched`: DuckDB itself is asked how far its query is."""
        self.tell(name, 0)
        with self.watch(name) if watched else nullcontext():
            # Read to its end, a file is still to be checked: the stage ends when it is left.
            yield lambda share: self.tell(name, min(share, NEARLY))
        self.tell(name, 1)

    @contextmanager
    def watch(self, name: str, low: float = 0.0, high: float = 1.0) -> Iterator[None]:
        """One query, which does the stage from the share `low` to the share `high`."""
        done = threading.Event()

        def poll() -> None:
            while not done.wait(POLL_S):
                share = self.database.query_progress()
                if share > 0:
                    self.tell(name, low + (high - low) * min(1.0, share / 100))

        thread = threading.Thread(target=poll, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
