"""A table of phrases: words in one column, the code of the activity in another, its nomenclature in a third or nowhere.

Each line is read, or named with its reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity, InvalidActivity, parse_activity
from sourcier.kernel.correspondence import NAMES
from sourcier.kernel.french import fold, format_number
from sourcier.kernel.transitions import refuse
from sourcier.spend.importing import sheets
from sourcier.spend.importing.lines import Unread, columns_named, text
from sourcier.vocabulary import rules
from sourcier.vocabulary.meaning import meant, unknown

MAX_PHRASES = 5_000
SPELT = {NAF_REV2: "rev", NAF_2025: "2025"}
"""What the folded name of each nomenclature holds, and the other's does not."""


class Column(StrEnum):
    """What a column may hold."""

    PHRASE = "phrase"
    CODE = "code"
    NOMENCLATURE = "nomenclature"


HEADINGS: Mapping[Column, tuple[str, ...]] = {
    Column.PHRASE: ("mots", "mot", "expression", "expressions", "phrase", "terme", "vocabulaire", "libelle"),
    Column.CODE: ("code", "code naf", "naf", "activite", "code activite", "ape", "code ape"),
    Column.NOMENCLATURE: ("nomenclature", "version", "version de la naf"),
}
REQUIRED = {Column.PHRASE, Column.CODE}


@dataclass(frozen=True, slots=True)
class PhraseLine:
    """A line that can be added."""

    line: int
    phrase: str
    activity: Activity


@dataclass(slots=True)
class Read:
    """What a file says, in its order."""

    phrases: list[PhraseLine] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


def read(data: bytes) -> Read:
    """Judge every line. Raises `Refused` beside `file` for what is no table, or one without the two columns."""
    sheet = sheets.read(data)
    columns = columns_named(sheet.headings, HEADINGS)
    if not columns.keys() >= REQUIRED:
        raise refuse(
            "columns", "La première ligne doit nommer deux colonnes : « Mots » et « Code NAF ». Rien n'est importé.", "file"
        )
    found, seen = Read(), {}  # type: tuple[Read, dict[tuple[str, Activity], int]]
    for number, row in sheet.rows():
        if len(found.phrases) + len(found.unread) >= MAX_PHRASES:
            raise refuse("too_many", f"Ce fichier dépasse {format_number(MAX_PHRASES)} lignes. Rien n'est importé.", "file")
        said = {column: text(row[place]) if place < len(row) else "" for column, place in columns.items()}
        line = _line(number, said[Column.PHRASE], said[Column.CODE], said.get(Column.NOMENCLATURE, ""))
        if isinstance(line, PhraseLine):
            first = seen.setdefault((rules.key(line.phrase), line.activity), number)
            if first != number:
                line = f"Déjà dit à la ligne {first}."
        if isinstance(line, PhraseLine):
            found.phrases.append(line)
        else:
            found.unread.append(Unread(number, " ; ".join(filter(None, said.values()))[:200], line))
    return found


def _line(number: int, said: str, code: str, nomenclature: str) -> PhraseLine | str:
    """The line, or why it is left out. A code without its nomenclature is of NAF rév. 2 when it is there, else of NAF 2025."""
    phrase = rules.clean(said)
    if wrong := rules.refusal(phrase):
        return wrong.sentence
    asked = [each for each, spelt in SPELT.items() if spelt in fold(nomenclature)] if nomenclature else list(SPELT)
    if not asked:
        return f"La nomenclature s'écrit « {NAMES[NAF_REV2]} » ou « {NAMES[NAF_2025]} »."
    try:
        activities = [parse_activity(code, each) for each in asked]
    except InvalidActivity as error:
        return str(error)
    known = next(filter(meant, activities), None)
    return PhraseLine(number, phrase, known) if known else unknown(activities[0])
