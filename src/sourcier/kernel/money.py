"""Money as integers: totals in cents, unit prices in ten-thousandths of a euro, quantities in thousandths, VAT in basis points.

Integers travel unchanged into the journal, whose canonical JSON refuses floats.
"""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"
MAX_DIGITS = 16


class NotANumber(ValueError):
    """The text is not a number a French reader would write."""


def parse_decimal(text: str) -> Decimal:
    """Read « 1 234,56 », « 1234.56 » or « 1 234,56 € ». Raises `NotANumber` (with a French sentence)."""
    cleaned = text.strip().removesuffix("€").removesuffix("EUR")
    for space in (" ", NARROW_SPACE, NO_BREAK_SPACE):
        cleaned = cleaned.replace(space, "")
    try:
        number = Decimal(cleaned.replace(",", "."))
    except InvalidOperation:
        raise NotANumber("Écrivez un nombre, par exemple 1 234,56.") from None
    if not number.is_finite():
        raise NotANumber("Écrivez un nombre, par exemple 1 234,56.")
    if number and not -MAX_DIGITS < number.adjusted() < MAX_DIGITS:  # « 1e999999999 » overflows every later computation
        raise NotANumber("Ce nombre est trop grand ou trop petit. Écrivez-le en chiffres, par exemple 1 234,56.")
    return number


def round_half_up(number: Decimal) -> int:
    """Round to the nearest integer, halves away from zero, as commercial rounding does."""
    return int(number.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def to_cents(number: Decimal) -> int:
    """Euros to cents."""
    return round_half_up(number * 100)


def to_unit_price(number: Decimal) -> int:
    """Euros to ten-thousandths of a euro (`_e4` fields)."""
    return round_half_up(number * 10_000)


def to_milli(number: Decimal) -> int:
    """A quantity to thousandths (`_milli` fields)."""
    return round_half_up(number * 1_000)


def line_total(unit_price_e4: int, quantity_milli: int) -> int:
    """Cents of one price line, rounded once: ten-thousandths of a euro × thousandths of a unit."""
    return round_half_up(Decimal(unit_price_e4 * quantity_milli) / 100_000)


def without_vat(amount: int, vat_bp: int) -> int:
    """Amount before tax of an amount that includes it, in the same unit; `vat_bp` in basis points (5,5 % = 550)."""
    return round_half_up(Decimal(amount * 10_000) / (10_000 + vat_bp))


def with_vat(amount: int, vat_bp: int) -> int:
    """Amount including tax of an amount before tax, in the same unit."""
    return round_half_up(Decimal(amount * (10_000 + vat_bp)) / 10_000)


def _group(integer: int) -> str:
    return f"{integer:,}".replace(",", NARROW_SPACE)


def format_cents(cents: int) -> str:
    """« 18 240 € » or « 18 240,50 € »."""
    sign = "−" if cents < 0 else ""
    euros, rest = divmod(abs(cents), 100)
    return f"{sign}{_group(euros)}{f',{rest:02d}' if rest else ''}{NO_BREAK_SPACE}€"


def format_unit_price(price_e4: int) -> str:
    """« 0,95 € », « 0,0125 € »: two decimals at least, four at most."""
    sign = "−" if price_e4 < 0 else ""
    euros, rest = divmod(abs(price_e4), 10_000)
    decimals = f"{rest:04d}"
    decimals = decimals[:2] + decimals[2:].rstrip("0")
    return f"{sign}{_group(euros)},{decimals}{NO_BREAK_SPACE}€"


def format_milli(quantity_milli: int) -> str:
    """« 60 », « 1 200,5 »."""
    units, rest = divmod(abs(quantity_milli), 1000)
    decimals = f"{rest:03d}".rstrip("0")
    return ("−" if quantity_milli < 0 else "") + _group(units) + (f",{decimals}" if decimals else "")


def format_vat(vat_bp: int) -> str:
    """« 5,5 % »."""
    whole, rest = divmod(vat_bp, 100)
    decimals = f"{rest:02d}".rstrip("0")
    return f"{whole}{f',{decimals}' if decimals else ''}{NO_BREAK_SPACE}%"
