"""The words by which a text answers a question, as the data files write them: « # enfants; lavable*; {weight} ».

An entry is a word or a few, singular or plural. `#` stands for a number, `*` for any ending, `{…}` for one of `SHAPES`.
"""

import re
from functools import lru_cache

from sourcier.kernel.french import DAYS, MONTHS, fold

_WRITTEN = "deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|quarante|cinquante|cent"
NUMBER = rf"(?:(?<!\d)\d[\d .,]{{0,12}}|\b(?:{_WRITTEN}) )"
"""At most 13 characters: a text of 50 000 digits is read in one pass."""

_MONTH = "|".join(fold(month) for month in MONTHS)
_SPAN = "jours?|semaines?|mois|ans?|annees?|trimestres?|semestres?|saisons?|matins?|soirs?|nuits?"
SHAPES = {
    "weight": rf"{NUMBER} ?(?:kg|g|kilos?|grammes?|tonnes?|t)\b",
    "volume": rf"{NUMBER} ?(?:ml|cl|l|hl|litres?|m3)\b",
    "size": rf"{NUMBER} ?(?:mm|cm|m|ml|km|metres?)\b|(?<!\d)\d{{1,6}} ?x ?\d",
    "surface": rf"{NUMBER} ?(?:m2|metres? carres?|ha|hectares?)\b",
    "money": rf"{NUMBER} ?(?:€|k€|m€|eur\b|euros?\b|millions?\b)",
    "percent": rf"{NUMBER} ?(?:%|pour cent\b)",
    "hour": r"\b(?:a|avant|apres|des|de|vers|entre|jusqu'a) \d{1,2} ?(?:h|heures?)\b|(?<!\d)\d{1,2} ?h ?\d\d\b"
    r"|\b(?:midi|minuit)\b",
    "day": rf"\b(?:{'|'.join(DAYS)})s?\b|\bjours? ouvres?\b",
    "date": rf"(?<!\d)\d{{1,2}}(?:er)? (?:{_MONTH})\b|\b(?:{_MONTH}) \d{{4}}\b|(?<!\d)\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?\b"
    rf"|\b(?:en|debut|fin|mi|courant|avant|d'ici|de|des|jusqu'a|du|au|mois de)[ -](?:{_MONTH})\b|\bsemaine \d",
    "number": NUMBER,
    "year": r"(?<!\d)(?:19|20)\d\d\b",
    "frequency": rf"(?:\bpar |\bchaque |/ ?)(?:{_SPAN})\b|\b(?:tous|toutes) les (?:\w{{1,20}} )?(?:{_SPAN}|{'|'.join(DAYS)})"
    r"|\b(?:quotidien|hebdomadaire|bimensuel|mensuel|trimestriel|semestriel|annuel)\w{0,5}\b|\b\w{1,10} fois\b|\b7 ?j",
}  # fmt: skip


def placed(text: str) -> tuple[str, list[int]]:
    """The text as patterns read it (folded, straight apostrophes, one space between words), and where each letter was."""
    letters: list[str] = []
    places: list[int] = []
    for place, typed in enumerate(text):
        for letter in _folded(typed):
            if letter != " " or letters[-1:] != [" "]:
                letters.append(letter)
                places.append(place)
    return "".join(letters), places


@lru_cache(maxsize=4_096)
def _folded(letter: str) -> str:
    return " " if letter.isspace() else "".join(" " if each.isspace() else each for each in fold(letter).replace("’", "'"))


def pattern(entries: str) -> re.Pattern[str]:
    """One pattern of several entries, for texts that `placed` has made plain. Raises `KeyError` for an unknown shape."""
    return re.compile("|".join(_entry(entry.strip()) for entry in entries.split(";") if entry.strip()))


def _entry(entry: str) -> str:
    if entry.startswith("{"):
        return SHAPES[entry[1:-1]]
    text = placed(entry)[0]
    if text.startswith("# "):
        # « 60 petites baguettes », but never « 12 avenue G » for grams.
        between = "(?:[a-z'-]{1,20} ){0,2}" if len(text) > 5 else ""
        return f"{NUMBER} ?{between}{_ending(text[2:])}"
    begins = r"\b" if text[:1].isalnum() else ""
    return begins + _ending(text)


def _ending(text: str) -> str:
    """Any ending after `*`; else singular or plural, where the entry ends by a letter."""
    body = re.escape(text.removesuffix("*")).replace(r"\#", r"\d{1,6}").replace(r"\ ", " ")
    if text.endswith("*"):
        return body + r"\w{0,20}"
    return body + (r"(?:s|x|es)?\b" if text[-1:].isalpha() else r"\b" if text[-1:].isdigit() else "")
