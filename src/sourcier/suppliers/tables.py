"""Read a typed, pasted, CSV or XLSX table into rows of text. A formula stays the text it is; nothing is computed."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sourcier.kernel.transitions import refuse
from sourcier.suppliers.rules import MAX_COLUMNS, MAX_LINES

MAX_BYTES = 5_000_000
MAX_UNPACKED = 100_000_000
MAX_CELL = 200
MAX_CHARACTERS = 1_000_000
XLSX_MAGIC = b"PK\x03\x04"


def read_table(data: bytes) -> list[list[str]]:
    """Rows of cells, empty lines kept so that line numbers stay those of the file. Raises `Refused` beside field `file`."""
    if not data.strip():
        raise refuse("empty", "Ce fichier est vide.", field="file")
    if len(data) > MAX_BYTES:
        raise refuse("too_large", "Ce fichier dépasse 5 Mo. Envoyez la liste en plusieurs fois.", field="file")
    return _limited(_read_xlsx(data) if data.startswith(XLSX_MAGIC) else _read_csv(_decode(data)))


def read_text(text: str) -> list[list[str]]:
    """Rows of a pasted table. Raises `Refused` beside field `pasted`."""
    if not text.strip():
        raise refuse("empty", "Collez au moins une ligne, ou choisissez un fichier.", field="pasted")
    return _limited(_read_csv(text))


def pack(rows: Sequence[Sequence[str]]) -> str:
    """The rows as one text, so that the page that asks for the columns carries what it read."""
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def unpack(text: str) -> list[list[str]]:
    """The rows of a text made by `pack`. Raises `Refused` when a browser sent something else."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, list) and all(isinstance(c, str) for c in row) for row in rows):
        raise refuse("not_a_table", "Ces lignes se sont perdues en route. Choisissez de nouveau le fichier.", field="file")
    return _limited(rows)


def _limited(rows: Iterable[list[str]]) -> list[list[str]]:
    kept: list[list[str]] = []
    characters = 0
    for row in rows:
        kept.append([cell[:MAX_CELL] for cell in row[:MAX_COLUMNS]])
        characters += sum(map(len, kept[-1]))
        if len(kept) > MAX_LINES + 1 or characters > MAX_CHARACTERS:
            raise refuse("too_many", f"La liste dépasse {MAX_LINES} lignes. Envoyez-la en plusieurs fois.", field="file")
    while kept and not any(cell.strip() for cell in kept[-1]):
        kept.pop()
    return kept


def _decode(data: bytes) -> str:
    if b"\x00" in data[:4096]:
        raise refuse("not_a_table", "Ce fichier n'est pas un tableau. Envoyez un fichier CSV ou Excel (.xlsx).", field="file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _read_csv(text: str) -> Iterator[list[str]]:
    lines = text.replace("\x00", "").splitlines()
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(";\t,|", key=first.count)
    try:
        yield from csv.reader(lines, delimiter=delimiter)
    except csv.Error:
        raise refuse(
            "not_a_table", "Ce tableau ne se lit pas. Enregistrez-le en CSV, puis recommencez.", field="file"
        ) from None


def _read_xlsx(data: bytes) -> Iterator[list[str]]:
    # Half a second to import, for the rare day when a workbook comes.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(item.file_size for item in archive.infolist()) > MAX_UNPACKED:
                raise refuse("too_large", "Ce classeur est trop grand une fois déplié.", field="file")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS, max_row=MAX_LINES + 2):
            yield [_cell(value) for value in row]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, OSError, EOFError):
        raise refuse(
            "not_a_table", "Ce fichier n'est pas un classeur Excel lisible (.xlsx). Enregistrez-le à nouveau.", field="file"
        ) from None


def _cell(value: Any) -> str:
    """The text a person would read in the cell; a SIRET kept as a number has no decimals."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.strftime("%d/%m/%Y")
    return str(value)
