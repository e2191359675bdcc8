"""Official labels of NAF rév. 2 (INSEE, 2008): 732 sub-classes."""

from bisect import bisect
from functools import cache
from importlib.resources import files

from sourcier.kernel.activities import NAF_REV2, Activity

NEAREST = 8


@cache
def labels() -> dict[Activity, str]:
    """Every activity with its label, by code."""
    text = (files("sourcier.matching") / "data" / "naf_rev2.tsv").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in text.splitlines())
    return {Activity(NAF_REV2, code): label for code, label in pairs}


def label(activity: Activity) -> str:
    """« Boulangerie et boulangerie-pâtisserie »; the code itself for an activity that the file does not know."""
    return labels().get(activity, activity.code)


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
