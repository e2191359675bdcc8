"""The page of figures, with the machine."""

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path

import duckdb

from peers.asked import Leg, equal


def machine() -> str:
    """Processor, cores, memory, versions, and how busy it was."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = f"Python {platform.python_version()}, numpy {version('numpy')}, DuckDB {version('duckdb')}"
    name, load = model[1] if model else platform.machine(), os.getloadavg()[0]
    return f"{name}, {os.cpu_count()} cores, {memory:.0f} GiB, {versions}; load over a minute when written: {load:.1f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join([_row(head), _row(["---"] * len(head)), *map(_row, rows)])


@dataclass
class Page:
    """What one run measured."""

    database: duckdb.DuckDBPyConnection
    cold: Leg = field(default_factory=lambda: Leg("cold"))
    legs: list[Leg] = field(default_factory=list)
    names: list[Leg] = field(default_factory=list)
    together: dict[int, float] = field(default_factory=dict)

    def text(self, questions: int) -> str:
        """Markdown."""
        count, active = self.database.execute(
            "SELECT count(*), count_if(active AND latitude IS NOT NULL) FROM establishment"
        ).fetchall()[0]
        return f"""# The register beside others

`make bench-register SIZE=…`, {date.today().isoformat()}. {machine()}.

{count:,} establishments of a fictitious national stock, {active:,} active and placed. {
            questions:,} seeded questions: one to ten
activities of the thesaurus (one question in ten: of the hundred heaviest), a commune drawn by its establishments, a radius
log-uniform from 1 to 100 km. All answer with the exact total and the {
            50
        } nearest; Sourcier adds the firms, whole, and every facet.
Warm: each question is asked twice and the second is timed. Milliseconds.

{self._ways()}

{self._ratios()}

A new process on files the kernel was told to forget (`posix_fadvise`), {len(self.cold.times)} questions: median
{self.cold.at(50):.1f}, most {max(self.cold.times):.1f}. Processes at once, answers a second: {self._together()}.

{
            _table(
                ("Search by name", "questions", "median", "95th", "99th"),
                [
                    (leg.name, str(len(leg.times)), *(f"{leg.at(percent):.2f}" for percent in (50, 95, 99)))
                    for leg in self.names
                ],
            )
        }
"""

    def _together(self) -> str:
        return ", ".join(f"{count} → {rate:,.0f}" for count, rate in self.together.items())

    def _ways(self) -> str:
        agreed = equal(self.legs)
        rows = []
        for leg in self.legs:
            if not leg.times:
                rows.append((leg.name, "0", "", "", "", "", leg.note))
                continue
            same = "" if leg is self.legs[0] else "{} of {}".format(*agreed[leg.name])
            figures = [f"{leg.at(percent):.2f}" for percent in (50, 95, 99)]
            rows.append((leg.name, f"{len(leg.times):,}", *figures, f"{max(leg.times):.2f}", same))
        return _table(("Way", "questions", "median", "95th", "99th", "most", "same answers"), rows)

    def _ratios(self) -> str:
        """On the questions that both answered."""
        first, lines = self.legs[0], []
        for leg in self.legs[1:]:
            if len(leg.times) > 1:
                alike = Leg(first.name, times=first.times[: len(leg.times)])
                ratios = (f"{leg.at(percent) / alike.at(percent):.1f}" for percent in (50, 99))
                lines.append("{} takes {} times as long as Sourcier at the median and {} at the 99th".format(leg.name, *ratios))
        return "On the questions that both answered: " + "; ".join(lines) + "."
