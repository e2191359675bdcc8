"""The starting nomenclature: about two hundred and fifty families of what cities buy."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sourcier.kernel.activities import NAF_REV2, Activity


@dataclass(frozen=True, slots=True)
class Line:
    """One family of the file; `cpv` has 8 digits, without the check digit, as DECP asks."""

    code: str
    label: str
    kind: str
    cpv: str
    activities: tuple[Activity, ...]


@cache
def lines() -> tuple[Line, ...]:
    """The families, by code."""
    text = (files("sourcier.spend") / "data" / "families.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines()[1:])
    return tuple(
        Line(code, label, kind, cpv, tuple(Activity(NAF_REV2, naf) for naf in activities.split()))
        for code, label, kind, cpv, activities in rows
    )


def stands_for(code: str, label: str, cpv: str, activities: Iterable[Activity]) -> frozenset[str]:
    """The codes of this file that a city's family stands for: its own when it comes from here, else those of its activities.

    Empty for a family imported with a CPV, which tells what it is; the same code may be another thing in another city.
    """
    if any(line.code == code and (line.label == label or line.cpv == cpv) for line in lines()):
        return frozenset({code})
    if cpv:
        return frozenset()
    wanted = set(activities)
    return frozenset(line.code for line in lines() if not wanted.isdisjoint(line.activities))
