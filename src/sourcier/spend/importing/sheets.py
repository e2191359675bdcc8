"""A workbook (XLSX, XLS, ODS) or a CSV file as lines of cells. A formula is what it shows; nothing is computed."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from itertools import islice

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from sourcier.kernel.transitions import Refused, refuse

MAX_LINES = 500_000
MAX_COLUMNS = 80
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
SEPARATORS = ";\t,|"

Cell = str | int | float | bool | date | datetime | None
Row = list[Cell]


@dataclass(slots=True)
class Sheet:
    """`rows()` gives `(number of the line in the file, cells)`, empty lines left out.

    `merged` holds the cells of merged areas but the first, as `(line, column)`: they are empty and mean « the same as above ».
    """

    name: str
    headings: Row
    _lines: Iterator[tuple[int, Row]]
    merged: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    whole: bool = True
    height: int = 0  # lines, about: to say how far the reading is

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Once. Raises `Refused` beyond `MAX_LINES` lines."""
        for count, (number, row) in enumerate(self._lines):
            if count >= MAX_LINES:
                raise refuse(
                    "too_many",
                    f"Ce fichier dépasse {MAX_LINES} lignes. Exportez un exercice à la fois. Rien n'est importé.", "file",
                )  # fmt: skip
            yield number, row


def read(data: bytes) -> Sheet:
    """The first visible sheet that holds something. Raises `Refused` beside field `file`, with what to do."""
    return next(every(data))


def every(data: bytes) -> Iterator[Sheet]:
    """Each visible sheet that holds something, one at least. Raises `Refused` as `read` does."""
    if not data.strip():
        raise refuse("empty", "Ce fichier est vide. Exportez-le de nouveau.", "file")
    if data.startswith(WORKBOOKS):
        yield from _workbook(data)
    else:
        yield _text(data)


def _workbook(data: bytes) -> Iterator[Sheet]:
    empty = True
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        for kept in book.sheets_metadata:
            sheet = book.get_sheet_by_name(kept.name)
            if kept.visible == SheetVisibleEnum.Visible and sheet.total_height:
                empty = False
                yield _sheet(sheet)
    except PasswordError:
        raise refuse(
            "locked", "Ce classeur est protégé par un mot de passe. Enregistrez-le sans, puis recommencez.", "file"
        ) from None
    except (CalamineError, OSError, ValueError):
        raise refuse(
            "not_a_table",
            "Ce classeur ne se lit pas : il est abîmé, ou coupé. Exportez-le de nouveau. Rien n'est importé.",
            "file",
        ) from None
    if empty:
        raise refuse("empty", "Ce classeur ne contient aucune ligne. Exportez-le de nouveau.", "file")


def _sheet(sheet: CalamineSheet) -> Sheet:
    lines = ((number, row) for number, row in enumerate(sheet.iter_rows(), 1) if _filled(row))
    _, headings = next(lines)
    areas = sheet.merged_cell_ranges or []
    left = sheet.start[1] if sheet.start else 0  # lines begin at the first column that holds something
    merged = frozenset(
        (row + 1, column - left)
        for (first_row, first_column), (last_row, last_column) in areas
        for row in range(first_row, last_row + 1)
        for column in range(first_column, last_column + 1)
        if (row, column) != (first_row, first_column)
    )
    body = ((n, _cut(row)) for n, row in lines)
    return Sheet(sheet.name, _cut(headings), body, merged, height=sheet.total_height + 1)


def _text(data: bytes) -> Sheet:
    if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refuse("not_a_table", "Ce fichier n'est pas un tableau. Envoyez un fichier CSV, Excel ou LibreOffice.", "file")
    text = _decoded(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(text.replace("\x00", "").splitlines(keepends=True), delimiter=separator)
    lines = _csv_lines(reader)
    _, headings = next(lines, (0, []))
    return Sheet("CSV", headings, lines, whole=text.endswith(("\n", "\r")), height=text.count("\n"))


def _csv_lines(reader: Iterator[list[str]]) -> Iterator[tuple[int, Row]]:
    try:
        for row in reader:
            if "".join(row).strip():
                yield reader.line_num, _cut(row)  # type: ignore[attr-defined]
    except csv.Error:
        raise refuse(
            "not_a_table", "Ce fichier ne se lit pas comme un tableau. Exportez-le de nouveau. Rien n'est importé.", "file"
        ) from None


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _cut(row: Row) -> Row:
    return row[:MAX_COLUMNS]


def _filled(row: Row) -> bool:
    return row.count("") + row.count(None) < len(row)


def preview(data: bytes, lines: int = 5) -> list[Row]:
    """The headings and the first lines, to choose the columns."""
    sheet = read(data)
    return [sheet.headings, *(row for _, row in islice(sheet.rows(), lines))]


__all__ = ["Cell", "Refused", "Row", "Sheet", "every", "preview", "read"]
