"""Price lines and criteria proposed from the words of a need. Pure; the buyer completes them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sourcier.sourcing.working_days import is_working

_RHYTHM = re.compile(
    r"(?P<number>\d[\d\s\u00a0\u202f]*(?:[.,]\d+)?)\s*(?P<unit>[^\W\d][\w'’\- ]*?)\s*"
    r"(?:(?:par|chaque|/)\s*(?P<period>jour|semaine|mois|an|année)|(?:tous|toutes) les (?P<each>jours|semaines|mois|ans))?"
    r"\s*(?:[,;.(]|\bdu lundi\b|\bpour\b|\bpendant\b|$)",
    re.IGNORECASE,
)
_EVERY_DAY = re.compile(r"sept jours|7 jours|7j/7|week-?ends?|dimanche", re.IGNORECASE)
ALREADY_SINGULAR = {"repas", "colis", "tapis", "devis", "fois", "mois", "jus", "noix", "prix", "croix", "cours", "relais"}
UNIT_LENGTH = 40
LUMP_SUM = "forfait"
MOST_MILLI = 10**12
DESIGNATION_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A proposed line; `lot` is the number of the lot, None without lots. `reckoning` says how the quantity came."""

    designation: str
    unit: str
    quantity_milli: int
    lot: int | None = None
    reckoning: str = ""


@dataclass(frozen=True, slots=True)
class Weighted:
    """A proposed criterion."""

    kind: str
    label: str
    weight: int
    detail: str = ""


CRITERIA: dict[str, tuple[Weighted, ...]] = {
    "supplies": (
        Weighted("price", "Prix", 40),
        Weighted("judged", "Qualité", 40, "Ce qui est proposé répond au besoin : composition, fraîcheur, solidité."),
        Weighted("judged", "Livraison", 20, "Les horaires et les lieux que vous pouvez tenir."),
    ),
    "services": (
        Weighted("price", "Prix", 40),
        Weighted("judged", "Qualité de la prestation", 40, "Comment vous ferez, et avec qui."),
        Weighted("judged", "Délais", 20, "Quand vous pouvez commencer, et les délais que vous tiendrez."),
    ),
    "works": (
        Weighted("price", "Prix", 50),
        Weighted("judged", "Qualité technique", 30, "Comment vous ferez, avec quels matériaux."),
        Weighted("judged", "Délais", 20, "Quand vous pouvez commencer, et combien de temps il faudra."),
    ),
}


def criteria(kind: str) -> tuple[Weighted, ...]:
    """The criteria proposed for a kind of purchase (supplies when it is not known)."""
    return CRITERIA.get(kind, CRITERIA["supplies"])


def lines(
    title: str, how_much: str, lots: Sequence[tuple[int, str]], starts_on: date | None, ends_on: date | None, postal_code: str
) -> list[Line]:
    """One line per lot, else one for the need, its quantity over the whole period when the rhythm was said.

    A quantity is said for the whole need: nothing tells which lot it is of, so each lot is priced as one.
    """
    if lots:
        return [Line(name[:DESIGNATION_LENGTH], LUMP_SUM, 1000, number) for number, name in lots]
    unit, quantity_milli, reckoning = quantity(how_much, starts_on, ends_on, postal_code)
    return [Line(title[:DESIGNATION_LENGTH], unit, quantity_milli, None, reckoning)]


def quantity(how_much: str, starts_on: date | None, ends_on: date | None, postal_code: str) -> tuple[str, int, str]:
    """`(unit, thousandths, how it was reckoned)` read from « 60 baguettes par jour »; one unit when nothing can be read."""
    match = _RHYTHM.search(how_much)
    if not match or not (unit := singular(match["unit"].strip())):
        return LUMP_SUM, 1000, ""
    number = round(float(re.sub(r"[\s\u00a0\u202f]", "", match["number"]).replace(",", ".")) * 1000)
    period = (match["period"] or match["each"] or "").lower().rstrip("s")
    times, words = _times(period, starts_on, ends_on, postal_code, bool(_EVERY_DAY.search(how_much)))
    if not 0 < number * times <= MOST_MILLI:
        return LUMP_SUM, 1000, ""
    return unit[:UNIT_LENGTH], number * times, f"{match[0].strip(' ,;.(')} × {times} {words}" if words else ""


def singular(unit: str) -> str:
    """« baguettes » → « baguette »; only a plain final s or x is taken away."""
    first, _, rest = unit.lower().partition(" ")
    if len(first) > 3 and first[-1] in "sx" and first[-2] != "s" and first not in ALREADY_SINGULAR:
        first = first[:-1]
    return f"{first} {rest}".strip()


def _times(period: str, starts_on: date | None, ends_on: date | None, postal_code: str, every_day: bool) -> tuple[int, str]:
    """How many times the rhythm comes back: over the period said, else over a year."""
    if not period:
        return 1, ""
    start = starts_on or ends_on or date(2001, 1, 1)
    end = ends_on if starts_on and ends_on else start + timedelta(days=364)
    days = max((end - start).days + 1, 1)
    if period == "jour":
        if every_day:
            return days, "jours"
        if starts_on is None:
            return 251, "jours ouvrés, un an"
        return max(sum(is_working(start + timedelta(days=n), postal_code) for n in range(days)), 1), "jours ouvrés"
    if period == "semaine":
        return max(round(days / 7), 1), "semaines"
    if period == "moi" or period == "mois":
        return max(round(days / 30.4), 1), "mois"
    return max(round(days / 365), 1), "an" if days < 548 else "ans"
