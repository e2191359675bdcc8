"""Streets as people type them: « 12 bis, av. du Gal-Leclerc » and « AVENUE DU GENERAL LECLERC » are one street. Pure."""

import re
from collections.abc import Iterator, Sequence

from sourcier.kernel.french import fold
from sourcier.register.importing.columns import WAYS

_SHORT_KINDS = {short.lower(): long.lower() for short, long in WAYS.items()} | {
    "r": "rue", "all": "allee", "ave": "avenue", "boul": "boulevard", "bld": "boulevard", "blvd": "boulevard",
    "bvd": "boulevard", "ch": "chemin", "chem": "chemin", "fbg": "faubourg", "lieudit": "lieu dit", "rdpt": "rond point",
    "zi": "zone industrielle", "qu": "quai", "pass": "passage", "sent": "sentier",
}  # fmt: skip
"""Short types of way, at the head of a street only."""

KINDS = {"rue", "quai", "voie", "sente", "cite", "zone", "parc", "rond point", "centre commercial", *_SHORT_KINDS.values()} - {
    "rond"
}

_SHORT_WORDS = {
    "st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "gal": "general", "gen": "general", "mal": "marechal",
    "dr": "docteur", "pdt": "president", "pres": "president", "prof": "professeur", "pr": "professeur", "cdt": "commandant",
    "cpt": "capitaine", "cne": "capitaine", "col": "colonel", "lt": "lieutenant", "mgr": "monseigneur", "nd": "notre dame",
    "sgt": "sergent", "adj": "adjudant", "ing": "ingenieur", "fg": "faubourg",
}  # fmt: skip
"""Titles and saints, wherever they stand."""

_SMALL = {"de", "du", "des", "d", "la", "le", "les", "l", "a", "au", "aux", "et"}
_NUMBER = re.compile(r"([0-9]{1,4})(bis|ter|quater|[a-z])?")
_INDEX = re.compile(r"bis|ter|quater|[a-z]")
LONGEST = 200
MOST_WORDS = 24


def words_of(text: str) -> list[str]:
    """Lower case, no accents, no marks; the beginning of what is very long."""
    return re.findall(r"[0-9a-z]+", fold(text[:LONGEST]))[:MOST_WORDS]


def key_of(words: Sequence[str]) -> str:
    """What two ways of writing one street have in common: « avenue general leclerc »."""
    if not words:
        return ""
    opened = " ".join([_SHORT_KINDS.get(words[0], words[0]), *(_SHORT_WORDS.get(word, word) for word in words[1:])]).split()
    opened[0] = _SHORT_WORDS.get(opened[0], opened[0])
    return " ".join([word for word in opened if word not in _SMALL] or opened)


def bare(key: str) -> str:
    """The key without its type of way, « general leclerc »; itself when it is nothing else."""
    words = key.split()
    for length in (2, 1):
        if " ".join(words[:length]) in KINDS and len(words) > length:
            return " ".join(words[length:])
    return key


def door_of(number: str, index: str) -> str:
    """« 12 », « 12b » for « 12 bis »; empty without a number."""
    digits = number.lstrip("0")
    return f"{digits}{index[:1]}" if digits else ""


def readings(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each way to read words as (door, key of a street), the likeliest first; the door is empty when no number is read.

    What stands before the street (a building, a school) is left out last.
    """
    heads = [n for n, word in enumerate(words) if n and (_NUMBER.fullmatch(word) or _SHORT_KINDS.get(word, word) in KINDS)]
    for start in (0, *heads):
        yield from _numbered(words[start:])


def _numbered(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield "", key_of(words)
    number = _NUMBER.fullmatch(words[0]) if words else None
    if number is None:
        return
    door = door_of(number[1], number[2] or "")
    if len(words) > 1:
        yield door, key_of(words[1:])
    if len(words) > 2 and words[1].isdecimal():
        yield door, key_of(words[2:])
    elif len(words) > 2 and _INDEX.fullmatch(words[1]):
        yield door_of(number[1], words[1]), key_of(words[2:])
