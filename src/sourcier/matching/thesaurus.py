"""The thesaurus: how cities name what each activity sells or does, with its CPV codes and purchasing families.

`data/activities.tsv`, a line for an activity of NAF rév. 2: code, CPV codes (8 digits, the most typical first), families of
`spend/data/families.tsv`, phrases, and what a department says when it names neither the trade nor the thing (« ça fuit »).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sourcier.kernel.activities import NAF_REV2, Activity

SEPARATOR = ", "


@dataclass(frozen=True, slots=True)
class Entry:
    """One activity: `cpv` codes of 8 digits, `families` codes, `phrases` that name it, `symptoms` that only lead to it."""

    cpv: tuple[str, ...]
    families: tuple[str, ...]
    phrases: tuple[str, ...]
    symptoms: tuple[str, ...]


NOTHING = Entry((), (), (), ())


def read(text: str) -> dict[Activity, Entry]:
    """The lines of a thesaurus. Raises `ValueError` for one that has not five columns."""
    found = {}
    for line in text.splitlines():
        code, cpv, families, phrases, symptoms = line.split("\t")
        found[Activity(NAF_REV2, code)] = Entry(
            tuple(cpv.split()), tuple(families.split()), tuple(phrases.split(SEPARATOR)),
            tuple(symptoms.split(SEPARATOR)) if symptoms else (),
        )  # fmt: skip
    return found


@cache
def thesaurus() -> Mapping[Activity, Entry]:
    """That of the project, by activity."""
    return read((files("sourcier.matching") / "data" / "activities.tsv").read_text(encoding="utf-8"))
