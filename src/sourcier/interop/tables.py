"""A table as a page shows it, ready for any office format."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sourcier.kernel.french import PARIS, format_date, format_moment
from sourcier.kernel.money import format_cents, format_milli, format_unit_price


class Kind(StrEnum):
    """What a column holds; integers are those of `kernel.money`."""

    TEXT = "text"
    CENTS = "cents"
    UNIT_PRICE = "unit_price"
    QUANTITY = "quantity"
    INTEGER = "integer"
    MARK = "mark"
    DATE = "date"
    MOMENT = "moment"


DIVISORS = {Kind.CENTS: 100, Kind.UNIT_PRICE: 10_000, Kind.QUANTITY: 1_000, Kind.MARK: 100}
DECIMALS = {Kind.CENTS: 2, Kind.UNIT_PRICE: 4, Kind.QUANTITY: 3, Kind.MARK: 2}


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and what its cells hold. None is an empty cell whatever the kind."""

    label: str
    kind: Kind = Kind.TEXT

    @property
    def numeric(self) -> bool:
        return self.kind not in (Kind.TEXT, Kind.DATE, Kind.MOMENT)


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` have one value per column. `notes` are the sentences that say what was filtered, when, by whom."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    notes: Sequence[str] = field(default_factory=tuple)


def number(kind: Kind, value: int) -> Decimal | int:
    """The value in euros, units or points, exact."""
    return Decimal(value) / DIVISORS[kind] if kind in DIVISORS else value


def in_words(kind: Kind, value: Any) -> str:
    """The value as a French reader reads it."""
    if value is None:
        return ""
    match kind:
        case Kind.CENTS:
            return format_cents(value)
        case Kind.UNIT_PRICE:
            return format_unit_price(value)
        case Kind.QUANTITY:
            return format_milli(value)
        case Kind.MARK:
            return f"{Decimal(value) / 100:.2f}".rstrip("0").rstrip(".").replace(".", ",")
        case Kind.DATE:
            return format_date(value)
        case Kind.MOMENT:
            return format_moment(value, weekday=False)
        case _:
            return str(value)


def local(value: date | datetime) -> date | datetime:
    """A moment in the city's zone without its offset: spreadsheets know no zone."""
    return value.astimezone(PARIS).replace(tzinfo=None, microsecond=0) if isinstance(value, datetime) else value
