"""What the import of orders and that of contracts share: the file as a table, its columns remembered, its lines left out."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sourcier.accounts.models import Organisation
from sourcier.kernel.transitions import refuse
from sourcier.spend.importing import sheets
from sourcier.spend.importing.lines import Unread, headings_key
from sourcier.spend.models import Columns
from sourcier.vault import queries as vault
from sourcier.vault.models import File

UNREAD_KEPT = 2_000


def sheet_of(file: File) -> sheets.Sheet:
    """The table of a file of the vault. Raises `Refused` for one that is no table."""
    with vault.open_file(file) as stored:
        return sheets.read(stored.read())


@lru_cache(maxsize=64)
def headings_of(file: File) -> sheets.Row:
    """The headings of a file of the vault, which never change: a large workbook takes a second to open."""
    return sheet_of(file).headings


def named(columns: Mapping[Any, int]) -> dict[str, int]:
    """The columns as their row keeps them."""
    return {column.value: place for column, place in columns.items()}


def remembered(organisation: Organisation, headings: sheets.Row, of: str = "") -> dict[str, int] | None:
    """The columns chosen the last time that a file had these headings."""
    known = Columns.objects.filter(organisation=organisation, headings=headings_key(headings, of)).first()
    return known.columns if known else None


def remember(organisation: Organisation, headings: sheets.Row, columns: Mapping[str, int], of: str = "") -> None:
    """For the next file with these headings."""
    key = {"organisation": organisation, "headings": headings_key(headings, of)}
    Columns.objects.update_or_create(**key, defaults={"columns": dict(columns)})


def check_columns(headings: sheets.Row, columns: Mapping[StrEnum, int], required: Collection[StrEnum], words: str) -> None:
    """Raise `Refused` when a column that is needed is missing, out of the table, or chosen twice."""
    if any(column not in columns for column in required) or not all(0 <= place < len(headings) for place in columns.values()):
        raise refuse("columns", f"Choisissez au moins {words}.")
    if len(set(columns.values())) < len(columns):
        raise refuse("twice", "Une colonne est choisie deux fois. Chacune ne dit qu'une chose.")


def unread_kept(unread: Sequence[Unread]) -> list[list[object]]:
    """`[line, text, why]`. A report that nobody reads to its end is cut, and says so."""
    kept = list(unread[:UNREAD_KEPT])
    if len(unread) > UNREAD_KEPT:
        kept.append(Unread(0, "", f"Et {len(unread) - UNREAD_KEPT} autres lignes non lues."))
    return [[line.line, line.text, line.why] for line in kept]
