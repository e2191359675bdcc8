"""Official labels of NAF rév. 2 (INSEE, 2008): 732 sub-classes; and those of NAF 2025, once the installation has them."""

from bisect import bisect
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from sourcier.kernel.activities import NAF_REV2, Activity

NEAREST = 8

_recent: Callable[[], Mapping[Activity, str]] = dict


def register_recent(read: Callable[[], Mapping[Activity, str]]) -> None:
    """How the labels of NAF 2025 are read, which a city imports: they may change at any time."""
    global _recent
    _recent = read


def recent() -> Mapping[Activity, str]:
    """Every activity of NAF 2025 with its label; none as long as no file was imported."""
    return _recent()


@cache
def labels() -> dict[Activity, str]:
    """Every activity of NAF rév. 2 with its label, by code."""
    text = (files("sourcier.matching") / "data" / "naf_rev2.tsv").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in text.splitlines())
    return {Activity(NAF_REV2, code): label for code, label in pairs}


def label(activity: Activity) -> str:
    """« Boulangerie et boulangerie-pâtisserie »; the code itself for an activity that the file does not know."""
    return labels().get(activity) or recent().get(activity, activity.code)


def unknown(code: str) -> str:
    """The sentence for a code that does not exist, with those that do."""
    return f"Le code {code} n'existe pas dans la nomenclature. Les plus proches : {', '.join(nearest(code))}."


def nearest(code: str) -> list[str]:
    """For a code that does not exist: its class, else its group, its division, else its neighbours."""
    known = sorted(activity.code for activity in labels())
    for length in (len("10.71"), len("10.7"), len("10.")):
        if found := [each for each in known if each[:length] == code[:length]]:
            return found[:NEAREST]
    place = bisect(known, code)
    return known[max(0, place - 2) : place + 2]
