"""Needs as departments write them, with who sells that to a city: what a list of words does not say of an activity.

`data/needs.tsv`, a line for a need: codes of NAF rév. 2, the likeliest seller first, then the need.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sourcier.kernel.activities import NAF_REV2, Activity


@dataclass(frozen=True, slots=True)
class Example:
    """A need and the activities that answer it, the likeliest first."""

    text: str
    activities: tuple[Activity, ...]


@cache
def examples() -> tuple[Example, ...]:
    """Those of the project, in the order of the file."""
    text = (files("sourcier.matching") / "data" / "needs.tsv").read_text(encoding="utf-8")
    lines = (line.split("\t") for line in text.splitlines())
    return tuple(Example(need, tuple(Activity(NAF_REV2, code) for code in codes.split())) for codes, need in lines)
