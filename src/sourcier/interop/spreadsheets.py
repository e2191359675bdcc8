"""XLSX, ODS and CSV. What a person or a firm typed stays text: a cell that begins with = + - @ never becomes a formula."""

import csv
from collections.abc import Iterator
from io import BytesIO, StringIO
from typing import Any

from odfdo import Cell as OdsCell
from odfdo import Document as OdsDocument
from odfdo import Row as OdsRow
from odfdo import Table as OdsTable
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from sourcier.interop.tables import DECIMALS, Column, Kind, Table, in_words, local, number

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
SHEET_NAME_LIMIT = 31


def _text(value: Any) -> str:
    """Without the control characters that XML refuses."""
    return ILLEGAL_CHARACTERS_RE.sub("", str(value))


def _number_format(kind: Kind) -> str:
    if kind in (Kind.DATE, Kind.MOMENT):
        return "dd/mm/yyyy" if kind == Kind.DATE else "dd/mm/yyyy hh:mm"
    return "#,##0" + ("." + "0" * DECIMALS[kind] if kind in DECIMALS else "")


def xlsx(*tables: Table) -> bytes:
    """A sheet each: headings in bold, numbers as numbers, the notes below."""
    book = Workbook(write_only=True)
    for table in tables:
        _fill(book.create_sheet(_sheet_name(table.title)), table)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(sheet: Any, table: Table) -> None:
    sheet.freeze_panes = "A2"
    for position, column in enumerate(table.columns, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = 18 if column.numeric else 30

    def cell(value: Any, column: Column | None = None) -> WriteOnlyCell:
        if column is None or column.kind == Kind.TEXT:
            made = WriteOnlyCell(sheet, value=_text(value))
            made.data_type = "s"
            return made
        made = WriteOnlyCell(sheet, value=number(column.kind, value) if column.numeric else local(value))
        made.number_format = _number_format(column.kind)
        return made

    headings = [cell(column.label) for column in table.columns]
    for heading in headings:
        heading.font = Font(bold=True)
    sheet.append(headings)
    for row in table.rows:
        sheet.append([None if value is None else cell(value, column) for value, column in zip(row, table.columns, strict=True)])
    for note in ("", *table.notes):
        sheet.append([cell(note)])


def ods(*tables: Table) -> bytes:
    """The same sheets for LibreOffice."""
    document = OdsDocument("spreadsheet")
    document.body.clear()
    for table in tables:
        sheet = OdsTable(_sheet_name(table.title))
        for values in _ods_rows(table):
            row = OdsRow()
            for value in values:
                row.append_cell(OdsCell(value))
            sheet.append_row(row)
        document.body.append(sheet)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _ods_rows(table: Table) -> Iterator[list[Any]]:
    yield [column.label for column in table.columns]
    for row in table.rows:
        yield [_ods_value(value, column) for value, column in zip(row, table.columns, strict=True)]
    for note in ("", *table.notes):
        yield [_text(note)]


def _ods_value(value: Any, column: Column) -> Any:
    if value is None:
        return ""
    if column.kind == Kind.TEXT:
        return _text(value)
    return number(column.kind, value) if column.numeric else local(value)


def csv_file(table: Table) -> bytes:
    """UTF-8 with its mark, semicolons, decimal commas: what a French office program opens without a question."""
    out = StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([_harmless(column.label) for column in table.columns])
    for row in table.rows:
        writer.writerow([_csv_value(value, column) for value, column in zip(row, table.columns, strict=True)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _csv_value(value: Any, column: Column) -> str:
    if value is None:
        return ""
    if column.numeric:
        return str(number(column.kind, value)).replace(".", ",")
    if column.kind == Kind.TEXT:
        return _harmless(_text(value))
    return local(value).isoformat(sep=" ") if column.kind == Kind.MOMENT else in_words(column.kind, value)


def _harmless(text: str) -> str:
    """An apostrophe before what an office program would run."""
    return "'" + text if text.startswith(DANGEROUS) else text


def _sheet_name(title: str) -> str:
    """At most 31 characters, without those that spreadsheets refuse in a name."""
    return (
        "".join(" " if character in "[]:*?/\\'" else character for character in title)[:SHEET_NAME_LIMIT].strip() or "Sourcier"
    )
