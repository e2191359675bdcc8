"""Pure decisions about firms: what is an address, whom one may write to, how a table of contacts is read."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Any

from sourcier.kernel.french import fold
from sourcier.kernel.identifiers import InvalidIdentifier, parse_siret
from sourcier.kernel.phones import NotMobile, mobile
from sourcier.kernel.transitions import Refusal
from sourcier.matching.capacities import catalogue

WRITERS = frozenset({"buyer", "head_buyer"})
MAX_LINES = 1_000
MAX_COLUMNS = 60
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_PHONE_SIGNS = re.compile(r"[\s.\-/()\u00a0\u202f]")
_LENGTHS = {"value": 200, "person": 120, "source": 120, "name": 200, "how": 200}
OWN_SOURCE = "L'entreprise elle-même, dans son espace"
CAN = "can_"
"""Begins the name of a capacity among what a firm says of itself."""
WEEKS = ("du lundi au vendredi", "du lundi au samedi", "du mardi au samedi", "du mardi au dimanche", "tous les jours")
"""Usual days of work, to tick; others are written in words."""
MOST = 1_000_000
"""The largest number that a capacity may have: pieces, or hours of a delay."""
REACH = {"email": "adresse électronique", "phone": "téléphone"}


class Column(StrEnum):
    """What a column of an imported table may hold."""

    SIRET = "siret"
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"
    PERSON = "person"


_HEADINGS: Mapping[Column, tuple[str, ...]] = {
    Column.SIRET: ("siret", "n siret", "no siret", "numero siret", "code siret", "siret tiers", "identifiant"),
    Column.EMAIL: ("e mail", "email", "mail", "courriel", "adresse electronique", "adresse mail", "adresse e mail", "mel"),
    Column.PHONE: ("telephone", "tel", "no telephone", "numero de telephone", "portable", "mobile"),
    Column.NAME: ("nom", "raison sociale", "entreprise", "fournisseur", "tiers", "denomination", "libelle", "nom du tiers"),
    Column.PERSON: ("contact", "interlocuteur", "nom du contact", "personne"),
}


class Invalid(ValueError):
    """A value that cannot be kept; the message is a French sentence."""


def writer_refusal(roles: Collection[str]) -> Refusal | None:
    """Contacts are kept by the buyers, once for the city."""
    if WRITERS.isdisjoint(roles):
        return Refusal("wrong_role", "Seul un acheteur modifie les entreprises et leurs contacts.")
    return None


def may_write(*, unsubscribed: bool, closed: bool) -> Refusal | None:
    """Whether the city may still write to a firm, by any channel."""
    if unsubscribed:
        return Refusal("unsubscribed", "Cette entreprise a demandé à ne plus recevoir de courrier de la ville.")
    if closed:
        return Refusal("closed", "Cette entreprise a dit avoir fermé ou vendu.")
    return None


def why_no_letter(
    *, unsubscribed: bool, closed: bool, trade_left: bool, returned: bool, placed: bool, lately: bool, deliverable: bool
) -> str:
    """Why a firm gets no letter of a campaign, as the page counts it; empty when it gets one."""
    reasons = (
        (unsubscribed, "ne veulent plus de courrier"),
        (closed, "ont fermé ou vendu"),
        (trade_left, "ont changé de métier"),
        (placed, "ont déjà ouvert leur place"),
        (lately, "ont déjà reçu cette lettre depuis six mois"),
        (returned, "dont un courrier est revenu"),
        (not deliverable, "sans adresse postale en France"),
    )
    return next((words for holds, words in reasons if holds), "")


def absence_refusal(away_from: date | None, away_until: date | None) -> Refusal | None:
    """An absence has a first day and a last one, in that order."""
    if (away_from is None) != (away_until is None):
        return Refusal("half_absence", "Dites le premier et le dernier jour de votre absence.")
    if away_from and away_until and away_until < away_from:
        return Refusal("absence", "Le dernier jour vient avant le premier. Corrigez les dates.")
    return None


def link_mail(city: str, firm: str, link: str) -> tuple[str, str]:
    """Who holds a known address asked for the link of the firm's own place."""
    body = [
        "Bonjour,",
        f"Vous avez demandé à ouvrir la place de {firm} auprès de : {city}.",
        f"Elle est ici (le lien vaut deux jours) :\n{link}",
        "C'est gratuit, et vous n'êtes pas obligé d'y écrire quoi que ce soit.",
        "Si ce n'est pas vous, ne faites rien.",
        city,
    ]
    return "Votre place auprès de la mairie", "\n\n".join(body)


def clean_email(text: str) -> str:
    """The address in lower case. Raises `Invalid`."""
    value = text.strip().removeprefix("mailto:").lower()
    if len(value) > _LENGTHS["value"] or not _EMAIL.fullmatch(value):
        raise Invalid("Cette adresse électronique n'est pas complète. Exemple : contact@boulangerie.fr")
    return value


def clean_phone(text: str) -> str:
    """« +33 1 48 12 34 56 » → « 01 48 12 34 56 »; a foreign number keeps its plus sign. Raises `Invalid`."""
    digits = _PHONE_SIGNS.sub("", text.strip())
    for prefix in ("+33", "0033"):
        if digits.startswith(prefix):
            digits = "0" + digits.removeprefix(prefix).removeprefix("0")
    if len(digits) == 9 and digits.isdecimal() and digits[0] != "0":
        digits = "0" + digits  # a spreadsheet took the number for a quantity
    if re.fullmatch(r"0[1-9][0-9]{8}", digits):
        return " ".join(digits[start : start + 2] for start in range(0, 10, 2))
    if re.fullmatch(r"\+[1-9][0-9]{7,14}", digits):
        return digits
    raise Invalid("Un numéro de téléphone compte dix chiffres, par exemple 01 48 12 34 56.")


def clean_reach(text: str, *, texts: bool) -> str:
    """An e-mail, or, when SMS are sent, a mobile in E.164. Raises `Invalid`."""
    if not texts or "@" in text:
        return clean_email(text)
    try:
        return mobile(text)
    except NotMobile as error:
        raise Invalid(str(error)) from None


def clean_capacity(code: str, value: Any) -> str:
    """The value of a capacity of the catalogue as it is kept: « oui », « 06:30 », « du lundi au samedi », « 200 »; or nothing.

    Raises `Invalid` for what the page does not offer.
    """
    capacity = catalogue().get(code)
    if capacity is None or not capacity.may_be_ticked:
        raise Invalid("Cette capacité n'est pas dans la liste.")
    if value in (None, "", False):
        return ""
    if capacity.kind == "yes":
        return "oui"
    if capacity.kind == "hour" and isinstance(value, time):
        return f"{value:%H:%M}"
    if capacity.kind == "days" and value in WEEKS:
        return str(value)
    if capacity.kind in ("least", "most", "delay") and isinstance(value, int) and 0 < value <= MOST:
        return str(value)
    raise Invalid("Cette valeur ne se lit pas. Corrigez-la, ou laissez vide.")


def clean_words(name: str, text: str) -> str:
    """A name on one line, cut to the length of its field."""
    return " ".join(text.replace("\x00", "").split())[: _LENGTHS[name]]


@dataclass(frozen=True, slots=True)
class Line:
    """What one line of a table says, once read."""

    number: int
    siret: str
    email: str
    phone: str
    name: str
    person: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that was not read, and why."""

    number: int
    text: str
    why: str


def guess_columns(row: Sequence[str]) -> dict[Column, int]:
    """The columns that a heading row names; empty when it names no SIRET."""
    found: dict[Column, int] = {}
    for position, cell in enumerate(row):
        heading = " ".join(re.sub(r"[^a-z0-9]+", " ", fold(cell)).split())
        for column, names in _HEADINGS.items():
            if heading in names and column not in found:
                found[column] = position
                break
    return found if Column.SIRET in found else {}


def guess_from_values(row: Sequence[str]) -> dict[Column, int]:
    """Columns of a table without headings, from what its first line looks like: a SIRET, an address, a number, then words."""
    found: dict[Column, int] = {}
    for position, cell in enumerate(row):
        for column, read in ((Column.SIRET, parse_siret), (Column.EMAIL, clean_email), (Column.PHONE, clean_phone)):
            if column in found or not cell.strip():
                continue
            try:
                read(cell)
            except (Invalid, InvalidIdentifier):
                continue
            found[column] = position
            break
        else:
            if cell.strip() and Column.NAME not in found:
                found[Column.NAME] = position
    return found if Column.SIRET in found else {}


def read_line(number: int, row: Sequence[str], columns: Mapping[Column, int]) -> Line | Unread:
    """One line of the table, whole, or why not: nothing of a bad line is kept."""

    def cell(column: Column) -> str:
        position = columns.get(column)
        return row[position].strip() if position is not None and position < len(row) else ""

    try:
        siret = parse_siret(cell(Column.SIRET))
        email = clean_email(cell(Column.EMAIL)) if cell(Column.EMAIL) else ""
        phone = clean_phone(cell(Column.PHONE)) if cell(Column.PHONE) else ""
    except (Invalid, InvalidIdentifier) as error:
        return Unread(number, shown(row), str(error))
    if not email and not phone:
        return Unread(number, shown(row), "Ni adresse électronique, ni téléphone.")
    name, person = clean_words("name", cell(Column.NAME)), clean_words("person", cell(Column.PERSON))
    return Line(number, siret, email, phone, name, person)


def shown(row: Sequence[str]) -> str:
    """A line as the report repeats it, cut when it is long."""
    text = " ; ".join(cell.strip() for cell in row)
    return text if len(text) <= 120 else text[:119] + "…"
