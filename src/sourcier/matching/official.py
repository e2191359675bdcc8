"""INSEE's tables on NAF 2025, read by what their cells hold: headings and columns change from one to the next.

A code is of NAF rév. 2 when that nomenclature has it, else of NAF 2025: no code is in both.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.matching.labels import labels

CODE = re.compile(r"(\d{2})\.?(\d{2})\s?([A-Za-z])\s?[*p]?")
"""« 10.71C », « 1071c »; a star or a p says « in part »."""

BETWEEN = re.compile(r"[,;/\n]+|(?<=[A-Za-z*])\s+(?=\d)")
"""Several codes in one cell."""

LEVEL = re.compile(r"[A-Z]|\d{2}(\.?\d{1,2})?")
"""A section, a division, a group or a class: a title among the sub-classes."""

SHOWN = 40


@dataclass(frozen=True, slots=True)
class Left:
    """A row that was not read: its number in the file, and why, in French."""

    line: int
    why: str


@dataclass(slots=True)
class Table:
    """What a sheet says: pairs (rév. 2, 2025), and labels of NAF 2025."""

    pairs: set[tuple[Activity, Activity]] = field(default_factory=set)
    labels: dict[Activity, str] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)


def activities(cell: str) -> list[Activity]:
    """The activities of a cell that holds nothing else; none of another cell."""
    found = []
    for part in BETWEEN.split(cell.strip()):
        match = CODE.fullmatch(part.strip())
        if not match:
            return []
        code = f"{match[1]}.{match[2]}{match[3].upper()}"
        former = Activity(NAF_REV2, code)
        found.append(former if former in labels() else Activity(NAF_2025, code))
    return found


def read(rows: Iterable[tuple[int, Sequence[str]]]) -> Table:
    """Judge every row of a sheet; what is merged must be repeated."""
    lines = list(rows)
    former, recent = _column(lines, NAF_REV2), _column(lines, NAF_2025)
    table = Table()
    if recent is None:
        return table
    if former is None or former == recent:
        _read_labels(table, lines, recent)
        return table
    for number, row in lines:
        said, told = _cell(row, former), _cell(row, recent)
        if _is_title(said) and _is_title(told):
            continue
        ones, others = _of(said, NAF_REV2), _of(told, NAF_2025)
        if ones and others:
            table.pairs.update((one, other) for one in ones for other in others)
        elif table.pairs:  # before the first pair, everything is headings
            table.left.append(Left(number, _why(said, ones, "NAF rév. 2") or _why(told, others, "NAF 2025")))
    _read_labels(table, lines, recent)
    return table


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _of(cell: str, nomenclature: str) -> list[Activity]:
    found = activities(cell)
    return found if all(each.nomenclature == nomenclature for each in found) else []


def _is_title(cell: str) -> bool:
    return not cell or LEVEL.fullmatch(cell) is not None


def _why(cell: str, found: Sequence[Activity], name: str) -> str:
    if found:
        return ""
    return f"« {cell[:SHOWN]} » n'est pas un code de la {name}." if cell else f"Le code de la {name} manque."


def _column(lines: Sequence[tuple[int, Sequence[str]]], nomenclature: str) -> int | None:
    """The column that holds most codes of a nomenclature, the first of equals; None when there is no code of it."""
    counts = Counter(place for _, row in lines for place, cell in enumerate(row) if _of(cell, nomenclature))
    return min(counts, key=lambda place: (-counts[place], place)) if counts else None


def _read_labels(table: Table, lines: Sequence[tuple[int, Sequence[str]]], column: int) -> None:
    """The first text at the right of a code; a code said twice keeps its first label."""
    for number, row in lines:
        found = _of(_cell(row, column), NAF_2025)
        if len(found) != 1:
            if not table.pairs and table.labels and not _is_title(_cell(row, column)):
                table.left.append(Left(number, _why(_cell(row, column), [], "NAF 2025")))
            continue
        if text := next((cell.strip() for cell in row[column + 1 :] if cell.strip() and not activities(cell)), ""):
            table.labels.setdefault(found[0], " ".join(text.split())[:200])
