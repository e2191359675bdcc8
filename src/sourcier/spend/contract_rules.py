"""Pure decisions about running contracts: what is left, who is recognised, what ends soon, what may still be ordered."""

from datetime import date

from sourcier.kernel.french import fold
from sourcier.kernel.money import format_cents
from sourcier.kernel.transitions import Refusal

# A contract that ends within four months is asked again now: a procedure takes two to three.
MONTHS_BEFORE = 4
ALMOST = 80


def left(maximum_cents: int | None, used_cents: int) -> int | None:
    """Cents still to be ordered; None without a maximum."""
    return None if maximum_cents is None else max(0, maximum_cents - used_cents)


def percent(maximum_cents: int | None, used_cents: int) -> int | None:
    """Whole percent used, rounded down; None without a maximum."""
    return None if not maximum_cents else 100 * max(0, used_cents) // maximum_cents


def serves(left_cents: int | None, amount_cents: int | None) -> bool:
    """What is left is enough for this amount; when it is not known, something is left."""
    return left_cents is None or left_cents >= max(1, amount_cents or 0)


def same_number(number: str) -> str:
    """Numbers written otherwise are one: « 2026-014 », « 2026 014 »."""
    return "".join(character for character in fold(number) if character.isalnum())


def same_contract(holder: str, siret: str, words: str) -> tuple[str, str]:
    """What makes two contracts without number the same: the holder and the object."""
    return siret[:9] or fold(holder), " ".join(fold(words).split())


def soon(on: date) -> date:
    """The last day of the contracts that end soon."""
    month = on.month - 1 + MONTHS_BEFORE
    year, month = on.year + month // 12, month % 12 + 1
    return date(year, month, min(on.day, 28))


def first_thought(ends_on: date) -> date:
    """The day from which a contract ends soon."""
    month = ends_on.month - 1 - MONTHS_BEFORE
    return date(ends_on.year + month // 12, month % 12 + 1, min(ends_on.day, 28))


def order_refusal(left_cents: int | None, amount_cents: int | None) -> Refusal | None:
    """Why this amount cannot be ordered: beyond its maximum, a framework contract has no effect any more."""
    if amount_cents is None or amount_cents <= 0:
        return Refusal("amount", "Écrivez le montant de la commande hors taxes, par exemple 1 200.")
    if left_cents is not None and amount_cents > left_cents:
        return Refusal(
            "beyond_maximum",
            f"Il ne reste que {format_cents(left_cents)} HT sur ce marché : au-delà de son maximum, on n'y commande plus. "
            "Baissez le montant, ou continuez votre achat. Rien n'est perdu.",
        )
    return None
