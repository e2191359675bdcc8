"""A city's nomenclature read from a table: each line is a family, or is named with its reason."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sourcier.kernel.activities import Activity, InvalidActivity, parse_activity
from sourcier.kernel.french import fold
from sourcier.kernel.transitions import refuse
from sourcier.law.book import SERVICES, SUPPLIES, WORKS
from sourcier.spend.importing.lines import Unread, text
from sourcier.spend.importing.sheets import Row, Sheet

MAX_FAMILIES = 1_000
MAX_LABEL = 160


class Column(StrEnum):
    """What a column of the nomenclature may hold."""

    CODE = "code"
    LABEL = "label"
    KIND = "kind"
    CPV = "cpv"
    ACTIVITIES = "activities"


HEADINGS: Mapping[Column, tuple[str, ...]] = {
    Column.CODE: ("code", "code famille", "famille code", "n", "numero", "reference", "code nomenclature"),
    Column.LABEL: ("libelle", "famille", "libelle famille", "intitule", "designation", "libelle de la famille", "nom"),
    Column.KIND: ("nature", "type", "type d achat", "categorie", "fournitures services travaux", "fst"),
    Column.CPV: ("cpv", "code cpv", "cpv principal"),
    Column.ACTIVITIES: ("naf", "codes naf", "code naf", "activites", "ape", "code ape"),
}
KIND_WORDS: Mapping[str, tuple[str, ...]] = {
    SUPPLIES: ("f", "fourniture", "fournitures", "fourniture courante", "fournitures courantes", SUPPLIES),
    SERVICES: ("s", "service", "services", "prestation", "prestations", "prestations de services", "prestation de service",
               "prestations intellectuelles", SERVICES),
    WORKS: ("t", "travaux", "tvx", WORKS),
}  # fmt: skip
KINDS = {word: kind for kind, words in KIND_WORDS.items() for word in words}
CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\-/_ ]{0,19}")
CPV = re.compile(r"(\d{8})(?:-\d)?")
FIRST_SERVICE, CONSTRUCTION = 50, 45  # divisions of the CPV


@dataclass(frozen=True, slots=True)
class FamilyLine:
    """A family as the file tells it; `cpv` has 8 digits or is empty."""

    line: int
    code: str
    label: str
    kind: str
    cpv: str
    activities: tuple[Activity, ...]


@dataclass(slots=True)
class Nomenclature:
    """What a file says. `named` are the codes of the lines left out: nothing is decided about those families."""

    families: list[FamilyLine] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    named: set[str] = field(default_factory=set)


class Left(ValueError):
    """Why a line is left out, in French."""


def cells(sheet: Sheet) -> list[tuple[int, list[str]]]:
    """Every line as text with its number in the file; what is merged holds for each line. Raises `Refused` for a cut file."""
    found: list[tuple[int, list[str]]] = []
    above: Row = []
    for number, row in sheet.rows():
        if len(found) >= MAX_FAMILIES:
            raise refuse("too_many", f"Ce fichier dépasse {MAX_FAMILIES} lignes : ce n'est pas une nomenclature.", "file")
        for place in range(min(len(row), len(above))):
            if (number, place) in sheet.merged and row[place] in (None, ""):
                row[place] = above[place]
        above = row
        found.append((number, [text(cell)[:300] for cell in row]))
    if not found:
        raise refuse("empty", "Ce fichier n'a que des titres. Rien n'est importé.", "file")
    if not sheet.whole and len(found[-1][1]) < len(sheet.headings):
        raise refuse("cut", "Ce fichier est coupé : sa dernière ligne est incomplète. Exportez-le de nouveau.", "file")
    return found


def guess(headings: Sequence[str]) -> dict[Column, int]:
    """The columns that the headings name."""
    folded = [re.sub(r"[^a-z0-9]+", " ", fold(cell)).strip() for cell in headings]
    found: dict[Column, int] = {}
    for column, words in HEADINGS.items():
        free = (folded.index(word) for word in words if word in folded and folded.index(word) not in found.values())
        if (place := next(free, None)) is not None:
            found[column] = place
    return found


def read(
    lines: Iterable[tuple[int, Sequence[str]]], columns: Mapping[Column, int], official: Collection[Activity]
) -> Nomenclature:
    """Judge every line. `official` are the activities that exist. A code or a label said twice counts once."""
    found = Nomenclature()
    codes: dict[str, int] = {}
    labels: dict[str, int] = {}
    for number, row in lines:
        said = {column: row[place] if place < len(row) else "" for column, place in columns.items()}
        try:
            family = _family(number, said, official)
            if family.code in codes:
                raise Left(f"Ce code est déjà celui de la ligne {codes[family.code]}.")
            if fold(family.label) in labels:
                raise Left(f"Ce libellé est déjà celui de la ligne {labels[fold(family.label)]}.")
        except Left as error:
            found.unread.append(Unread(number, " ; ".join(cell for cell in row if cell)[:200], str(error)))
            found.named.add(said[Column.CODE])
            continue
        codes[family.code] = labels[fold(family.label)] = number
        found.families.append(family)
    return found


def _family(number: int, said: Mapping[Column, str], official: Collection[Activity]) -> FamilyLine:
    code, label, cpv = said[Column.CODE], said[Column.LABEL], _cpv(said.get(Column.CPV, ""))
    if not CODE.fullmatch(code):
        raise Left("Le code manque." if not code else "Le code s'écrit en 20 lettres, chiffres et points au plus.")
    if not label:
        raise Left("Le libellé manque.")
    if label[0] in "=+-@":
        raise Left(f"Le libellé commence par « {label[0]} », comme une formule.")
    if len(label) > MAX_LABEL:
        raise Left(f"Le libellé dépasse {MAX_LABEL} caractères.")
    kind = _kind(said.get(Column.KIND, ""), cpv)
    return FamilyLine(number, code, label, kind, cpv, _activities(said.get(Column.ACTIVITIES, ""), official))


def _kind(said: str, cpv: str) -> str:
    if said:
        if kind := KINDS.get(fold(said)):
            return kind
        raise Left(f"« {said[:30]} » n'est pas une nature : écrivez fournitures, services ou travaux.")
    if not cpv:
        raise Left("La nature manque : écrivez fournitures, services ou travaux.")
    division = int(cpv[:2])
    if division == CONSTRUCTION:
        return WORKS
    return SUPPLIES if division < FIRST_SERVICE else SERVICES


def _cpv(said: str) -> str:
    if not said:
        return ""
    typed = said.zfill(8) if said.isdecimal() and len(said) == 7 else said  # a workbook takes away the zero of « 03121000 »
    if not (found := CPV.fullmatch(typed)):
        raise Left(f"« {said[:20]} » n'est pas un code CPV : il a 8 chiffres.")
    return found[1]


def _activities(said: str, official: Collection[Activity]) -> tuple[Activity, ...]:
    found = []
    for word in filter(None, re.split(r"[\s,;|]+", said)):
        try:
            activity = parse_activity(word)
        except InvalidActivity:
            activity = None
        if activity is None or activity not in official:
            raise Left(f"« {word[:20]} » n'est pas un code NAF.")
        found.append(activity)
    return tuple(dict.fromkeys(found))
