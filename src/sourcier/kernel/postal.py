"""A French postal address as it stands on an envelope (standard NF Z 10-011): at most six lines of 38 characters.

Capitals without accents or punctuation, the name first, then what completes the place, the street, and the town last.
"""

import re
import textwrap
import unicodedata

WIDTH = 38
LINES = 6
# What the standard lets one shorten when a line is too long, the longest words first.
SHORT = {
    "APPARTEMENT": "APT", "AVENUE": "AV", "BATIMENT": "BAT", "BOULEVARD": "BD", "CENTRE COMMERCIAL": "CCAL", "CHEMIN": "CHE",
    "ESCALIER": "ESC", "ETAGE": "ETG", "FAUBOURG": "FG", "IMMEUBLE": "IMM", "IMPASSE": "IMP", "LIEU DIT": "LD",
    "LOTISSEMENT": "LOT", "PASSAGE": "PAS", "PLACE": "PL", "RESIDENCE": "RES", "ROND POINT": "RPT", "ROUTE": "RTE",
    "SAINT": "ST", "SAINTE": "STE", "SQUARE": "SQ", "ZONE ARTISANALE": "ZA", "ZONE D ACTIVITES": "ZA",
    "ZONE INDUSTRIELLE": "ZI",
    "COLONEL": "COL", "COMMANDANT": "CDT", "DOCTEUR": "DR", "GENERAL": "GAL", "LIEUTENANT": "LT", "MADAME": "MME",
    "MARECHAL": "MAL", "MONSIEUR": "M", "PRESIDENT": "PDT", "PROFESSEUR": "PR", "SOCIETE": "STE", "ETABLISSEMENTS": "ETS",
}  # fmt: skip
_POSTAL_CODE = re.compile(r"\d{5}")
_NUMBER = re.compile(r"(?i)(^|,)( *\d+(?: ?(?:bis|ter|quater|[a-d]))?) *,")  # « 12, rue… »: no part of its own
_SIGNS = re.compile(r"[^A-Z0-9&+/@]+")
_LIGATURES = str.maketrans({"Œ": "OE", "Æ": "AE", "ß": "SS", "Ø": "O", "Ł": "L", "Đ": "D", "º": "O", "°": ""})


def postal_lines(name: str, address: str, postal_code: str, commune: str) -> tuple[str, ...]:
    """The lines of an address: `address` may hold parts between commas, the street last.

    A part that is longer than the line even when shortened goes on the next one; beyond six lines, what completes the name
    and the place gives way, never the street nor the town.
    """
    town = _fitted(f"{postal_code} {_capitals(commune)}".strip())
    parts = [_capitals(part) for part in _NUMBER.sub(r"\1\2 ", address).split(",")]
    *complements, street = [part for part in parts if part] or [""]
    fixed = [*_folded(street)[:2], *_folded(town)[:1]]
    free = LINES - len(fixed)
    names = _folded(_capitals(name))[: max(1, free - len(complements))]
    before = [line for part in complements for line in _folded(part)][: free - len(names)]
    return (*names, *before, *fixed)


def deliverable(address: str, postal_code: str, commune: str) -> bool:
    """Can the French post deliver there? An address abroad, or without its town, cannot be written in this way."""
    return _POSTAL_CODE.fullmatch(postal_code) is not None and bool(commune.strip()) and bool(address.strip())


def _capitals(text: str) -> str:
    """Capitals, digits and single spaces."""
    letters = unicodedata.normalize("NFKD", text.upper().translate(_LIGATURES))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _SIGNS.sub(" ", plain.upper()).strip()


def _fitted(line: str) -> str:
    """The line with as few words shortened as its width asks for, the longest first."""
    for word in sorted(SHORT, key=len, reverse=True):
        if len(line) <= WIDTH:
            break
        line = re.sub(rf"\b{word}\b", SHORT[word], line)
    return line


def _folded(line: str) -> list[str]:
    return textwrap.wrap(_fitted(line), WIDTH)
