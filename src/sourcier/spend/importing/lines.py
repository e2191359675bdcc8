"""Lines of an export read as orders: a day, a supplier, an amount before tax in euros. What cannot be read says why."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from sourcier.kernel.canonical import canonical
from sourcier.kernel.french import fold
from sourcier.kernel.identifiers import InvalidIdentifier, parse_siren, parse_siret
from sourcier.kernel.money import NotANumber, parse_decimal, to_cents
from sourcier.spend.importing.sheets import Cell, Row


class Column(StrEnum):
    """What a column of the export may hold."""

    ON = "on"
    AMOUNT = "amount"
    SUPPLIER = "supplier"
    LABEL = "label"
    SIRET = "siret"
    NUMBER = "number"
    FAMILY = "family"
    DEPARTMENT = "department"
    PLACE = "place"
    CURRENCY = "currency"


REQUIRED = (Column.ON, Column.AMOUNT, Column.SUPPLIER, Column.LABEL)
HEADINGS: Mapping[Column, tuple[str, ...]] = {
    Column.ON: ("date", "date engagement", "date de l engagement", "date commande", "date de commande", "date bon de commande"),
    Column.AMOUNT: ("montant ht", "ht", "montant hors taxes", "montant engage ht", "total ht", "montant engage", "montant"),
    Column.SUPPLIER: ("fournisseur", "tiers", "nom tiers", "nom du tiers", "raison sociale", "libelle tiers", "creancier"),
    Column.LABEL: ("libelle", "objet", "designation", "libelle engagement", "description", "objet de la commande"),
    Column.SIRET: ("siret", "n siret", "siret tiers", "siret fournisseur", "numero siret", "siren"),
    Column.NUMBER: ("numero", "n engagement", "engagement", "n commande", "numero commande", "bon de commande", "n bc", "n"),
    Column.FAMILY: ("famille", "code famille", "nomenclature", "code nomenclature", "famille homogene", "code nacres"),
    Column.DEPARTMENT: ("service", "direction", "service gestionnaire", "gestionnaire", "service demandeur"),
    Column.PLACE: ("lieu", "site", "lieu de livraison", "equipement", "batiment"),
    Column.CURRENCY: ("devise", "monnaie"),
}
WITH_VAT = re.compile(r"\bttc\b|toutes taxes")
EUROS = {"", "€", "eur", "euro", "euros"}
FOREIGN = re.compile(r"\$|£|¥|\b(usd|gbp|chf|dollars?|livres?)\b", re.IGNORECASE)
FRENCH_DAY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?:\s.*)?")
ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T\s].*)?")
EPOCH = date(1899, 12, 30)
FIRST_YEAR, LAST_YEAR = 2000, 2100
LENGTHS = {"number": 60, "supplier": 200, "label": 300, "family": 20, "department": 120, "place": 120}
MAX_CENTS = 10**13
Named = TypeVar("Named", bound=StrEnum)


class Unreadable(ValueError):
    """Why a line cannot be read, in French."""


class OrderLine(NamedTuple):
    """An order as the export tells it; `line` is its number in the file, `siret` empty or 14 digits (9 for a SIREN)."""

    line: int
    on: date
    amount_cents: int
    siret: str
    number: str
    supplier: str
    label: str
    family: str
    department: str
    place: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A line left out: its number, its first cells as they stand, and why."""

    line: int
    text: str
    why: str


def guess(headings: Row) -> dict[Column, int]:
    """The columns of an export of orders that its headings name."""
    return columns_named(headings, HEADINGS)


def columns_named(headings: Row, named: Mapping[Named, tuple[str, ...]]) -> dict[Named, int]:
    """The columns that the headings name; the first of the words of a column that is found wins."""
    folded = [re.sub(r"[^a-z0-9]+", " ", fold(str(cell or ""))).strip() for cell in headings]
    found: dict[Named, int] = {}
    for column, words in named.items():
        place = next(
            (folded.index(word) for word in words if word in folded and folded.index(word) not in found.values()), None
        )
        if place is not None:
            found[column] = place
    return found


def headings_key(headings: Row, of: str = "") -> str:
    """What makes two files alike: the same headings in the same order, and the same things `of` them. 64 hexadecimal digits."""
    return sha256(canonical([fold(text(cell)) for cell in headings] + [of] * bool(of))).hexdigest()


def says_vat(heading: Cell) -> bool:
    """The heading of the amounts says that they include VAT."""
    return bool(WITH_VAT.search(fold(str(heading or ""))))


def unread(line: int, row: Row, error: Unreadable) -> Unread:
    """The line as it stands, with why it cannot be read."""
    return Unread(line, " ; ".join(text(cell) for cell in row if text(cell))[:200], str(error))


class Lines:
    """Lines read column by column: days, firms, families and departments come back all the year, and are read once.

    `columns` tells the place of each; those of `REQUIRED` must be among them.
    """

    def __init__(self, columns: Mapping[Column, int]) -> None:
        self.columns, self.width = columns, max(columns.values()) + 1
        self.currency = _once(check_currency)
        self.readers = (  # in the order of `OrderLine`
            (Column.ON, _once(read_day)),
            (Column.AMOUNT, _or_why(read_amount)),
            (Column.SIRET, _once(lambda cell: read_siret(text(cell)))),
            (Column.NUMBER, _words(Column.NUMBER)),
            (Column.SUPPLIER, _once(_words(Column.SUPPLIER, "Le fournisseur n'est pas dit."))),
            (Column.LABEL, _once(_words(Column.LABEL, "L'objet n'est pas dit."))),
            (Column.FAMILY, _once(_words(Column.FAMILY))),
            (Column.DEPARTMENT, _once(_words(Column.DEPARTMENT))),
            (Column.PLACE, _once(_words(Column.PLACE))),
        )

    def read(self, lines: Sequence[tuple[int, Row]]) -> tuple[list[OrderLine], list[Unread]]:
        """What the lines say, and those that cannot be read, each with the first reason in the order of `OrderLine`."""
        numbers = [number for number, _ in lines]
        rows = [row if len(row) >= self.width else row + [None] * (self.width - len(row)) for _, row in lines]
        said: dict[Column, Iterable[Any]] = {column: map(read, self._cells(rows, column)) for column, read in self.readers}
        if Column.CURRENCY in self.columns:
            foreign = map(self.currency, self._cells(rows, Column.CURRENCY))
            amounts = zip(foreign, said[Column.AMOUNT], strict=True)
            said[Column.AMOUNT] = (why or cents for why, cents in amounts)
        read = list(map(OrderLine._make, zip(numbers, *said.values(), strict=True)))
        if Unreadable not in set(map(type, chain.from_iterable(read))):
            return read, []
        whys = [next((value for value in line if isinstance(value, Unreadable)), None) for line in read]
        return (
            [line for line, why in zip(read, whys, strict=True) if not why],
            [self._unread(number, row, why) for (number, row), why in zip(lines, whys, strict=True) if why],
        )

    def _cells(self, rows: Sequence[Row], column: Column) -> Iterable[Cell]:
        return map(itemgetter(self.columns[column]), rows) if column in self.columns else repeat(None, len(rows))

    def _unread(self, line: int, row: Row, why: Unreadable) -> Unread:
        places = (self.columns[Column.ON], self.columns[Column.AMOUNT])
        if len(row) < self.width and all(place >= len(row) or row[place] in (None, "") for place in places):
            why = Unreadable("La ligne est incomplète.")
        return unread(line, row, why)


def _words(column: Column, missing: str = "") -> Callable[[Cell], str]:
    return lambda cell: read_words(cell, LENGTHS[column], missing)


def _or_why(read: Callable[[Cell], Any]) -> Callable[[Cell], Any]:
    """The same reader, which returns why a cell cannot be read."""

    def read_or_why(cell: Cell) -> Any:
        try:
            return read(cell)
        except Unreadable as why:
            return why.with_traceback(None)

    return read_or_why


def _once(read: Callable[[Cell], Any]) -> Callable[[Cell], Any]:
    """The same, for cells that come back: each is read once. A yes is no 1."""
    return lru_cache(maxsize=50_000, typed=True)(_or_why(read))


def text(cell: Cell) -> str:
    """The cell as a person reads it, on one line; a number kept as a quantity has no decimals."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, str):
        return " ".join(cell.replace("\x00", "").split())
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return f"{cell:%d/%m/%Y}"
    return str(cell)


def read_day(cell: Cell) -> date:
    """A date cell (the workbook's own epoch, 1900 or 1904, is the reader's business), « 3/5/2026 » or « 2026-05-03 »."""
    if isinstance(cell, datetime):
        found = cell.date()
    elif isinstance(cell, date):
        found = cell
    elif isinstance(cell, int | float) and not isinstance(cell, bool) and 30_000 <= cell <= 80_000:
        found = EPOCH + timedelta(days=int(cell))  # a day left as a number
    else:
        found = _typed_day(text(cell))
    if not FIRST_YEAR <= found.year < LAST_YEAR:
        raise Unreadable(
            f"La date {found:%d/%m/%Y} n'est pas vraisemblable : le classeur compte peut-être les jours depuis 1904."
        )
    return found


def _typed_day(typed: str) -> date:
    if not typed:
        raise Unreadable("La date manque.")
    french, iso = FRENCH_DAY.fullmatch(typed), ISO_DAY.fullmatch(typed)
    try:
        if iso:
            return date(*map(int, iso.groups()))
        if french:
            day, month, year = map(int, french.groups())
            return date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        pass
    raise Unreadable(f"« {typed[:30]} » n'est pas une date : écrivez par exemple 31/12/2026.")


def check_currency(cell: Cell) -> None:
    """Raises `Unreadable` unless the cell says euros, or nothing."""
    if text(cell).casefold() not in EUROS:
        raise Unreadable(f"Le montant est en {text(cell)[:10]} : convertissez-le en euros.")


def read_amount(cell: Cell) -> int:
    """Cents before tax, not zero."""
    if not (cents := read_cents(cell)):
        raise Unreadable("Le montant est nul.")
    return cents


def read_cents(cell: Cell) -> int:
    """Cents before tax; « (12,50) » and « 12,50- » are below zero, as finance software writes credits."""
    if isinstance(cell, bool):
        raise Unreadable("Le montant manque.")
    if isinstance(cell, int | float) and not abs(cell) * 100 <= MAX_CENTS:  # nor infinite, nor no number at all
        raise Unreadable("Le montant est trop grand pour une commande.")
    cents = round(cell * 100) if isinstance(cell, int | float) else _typed_amount(text(cell))
    if abs(cents) > MAX_CENTS:
        raise Unreadable("Le montant est trop grand pour une commande.")
    return cents


def _typed_amount(typed: str) -> int:
    if not typed:
        raise Unreadable("Le montant manque.")
    if FOREIGN.search(typed):
        raise Unreadable(f"« {typed[:30]} » n'est pas en euros : convertissez-le.")
    bare, below = typed, False
    if bare.startswith("(") and bare.endswith(")"):
        bare, below = bare[1:-1], True
    elif bare.endswith("-"):
        bare, below = bare[:-1], True
    if bare.count(",") == 1 and "." in bare.partition(",")[0]:
        bare = bare.replace(".", "")  # « 1.234,56 »
    try:
        cents = to_cents(parse_decimal(bare))
    except NotANumber:
        raise Unreadable(f"« {typed[:30]} » n'est pas un montant.") from None
    return -cents if below else cents


def read_siret(typed: str) -> str:
    """Fourteen digits, or nine when only a SIREN is given; anything else is left out, since the name stays."""
    for parse in (parse_siret, parse_siren):
        try:
            return parse(typed.zfill(14) if parse is parse_siret and 12 <= len(typed) < 14 and typed.isdecimal() else typed)
        except InvalidIdentifier:
            continue
    return ""


def read_words(cell: Cell, length: int, missing: str = "") -> str:
    """The words of a cell, cut; `missing` is why a line without them is not read."""
    words = text(cell)[:length]
    if missing and not words:
        raise Unreadable(missing)
    return words
