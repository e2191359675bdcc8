"""What the command is told while a stage runs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import duckdb

POLL_S = 0.2
Progress = Callable[[str, float], None]
"""Told the stage and the share of it done, 0 to 1."""


class Stages:
    """The stages of one import, told to `progress`."""

    def __init__(self, database: duckdb.DuckDBPyConnection, progress: Progress) -> None:
        self.database, self.progress = database, progress

    @contextmanager
    def stage(self, name: str, *, watched: bool = True) -> Iterator[Callable[[float], None]]:
        """From its begin to its end; `watched`: DuckDB itself is asked how far its query is."""
        self.progress(name, 0)
        with self.watch(name) if watched else nullcontext():
            yield lambda share: self.progress(name, share)
        self.progress(name, 1)

    @contextmanager
    def watch(self, name: str, low: float = 0.0, high: float = 1.0) -> Iterator[None]:
        """One query, which does the stage from the share `low` to the share `high`."""
        done = threading.Event()

        def poll() -> None:
            while not done.wait(POLL_S):
                share = self.database.query_progress()
                if share > 0:
                    self.progress(name, low + (high - low) * min(1.0, share / 100))

        thread = threading.Thread(target=poll, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
