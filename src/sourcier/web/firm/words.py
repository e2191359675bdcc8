"""Sentences of the firm's pages: who asks, where, when, until when."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sourcier.accounts.models import Organisation
from sourcier.kernel.french import DAYS, MONTHS, PARIS, format_date, format_hour, format_moment
from sourcier.sourcing.models import AskedPlace, Sourcing

TOWN_WORDS = ("ville", "commune", "mairie")


def city_hall(organisation: Organisation) -> str:
    """« La mairie de Rosny-sous-Bois » for « Ville de Rosny-sous-Bois »; any other body keeps its name."""
    first, _, rest = organisation.name.partition(" ")
    return f"La mairie {rest}" if rest and first.lower() in TOWN_WORDS else organisation.name


def title(sourcing: Sourcing) -> str:
    """« La mairie de Rosny-sous-Bois cherche un boulanger »."""
    who = city_hall(sourcing.organisation)
    if sourcing.trade:
        return _("%(who)s cherche %(trade)s") % {"who": ltr(who), "trade": ltr(sourcing.trade)}
    said = _("%(who)s se renseigne") if sourcing.kind == Sourcing.Kind.RFI else _("%(who)s vous demande un prix")
    return said % {"who": ltr(who)}


# --- in the language of the page -------------------------------------------------------------------------------------------

COMMA_FOR_POINT = str.maketrans(",.", ".,")
# Weekday, day, month: the order of each language.
DAY = {"en": "l j F", "pt": "l, j \\d\\e F", "ar": "l j F", "tr": "j F l"}


def in_french() -> bool:
    return not _language() or _language().startswith("fr")


def tag(code: str) -> str:
    """The BCP 47 tag of one of our languages: easy French is French."""
    return code.partition("-")[0]


def ltr(text: str) -> str:
    """Digits in groups read from left to right, in a page that reads from right to left too."""
    return f"\u2066{text}\u2069" if translation.get_language_bidi() else text


def amount(cents: int) -> str:
    """« 14 820,00 € » as the language writes numbers."""
    number = f"{Decimal(cents) / 100:,.2f}"
    return f"€{number}" if _language() == "en" else ltr(f"{number.translate(COMMA_FOR_POINT)}\u00a0€")


def _language() -> str:
    return translation.get_language() or ""


def _foreign(moment: datetime, *, year: bool = False) -> str:
    local = moment.astimezone(PARIS)
    pattern = DAY[tag(_language())]
    return f"{date_format(local, pattern)}{f' {local.year}' if year else ''}, {ltr(f'{local:%H:%M}')}"


def said_moment(moment: datetime | None) -> str:
    """« mercredi 30 septembre 2026 à 12 h »."""
    if moment is None:
        return ""
    return format_moment(moment) if in_french() else _foreign(moment, year=True)


def said_date(day: date) -> str:
    """« 4 janvier 2027 »."""
    return format_date(day) if in_french() else f"{date_format(day, 'j F')} {day.year}"


def short_moment(moment: datetime | None) -> str:
    """« mercredi 30 septembre, 12 h »: the year goes without saying."""
    if moment is None:
        return ""
    if not in_french():
        return _foreign(moment)
    local = moment.astimezone(PARIS)
    number = "1er" if local.day == 1 else str(local.day)
    return f"{DAYS[local.weekday()]} {number} {MONTHS[local.month - 1]}, {format_hour(moment)}"


def received_words(moment: datetime | None) -> str:
    """« 24 septembre à 5 h 12 »."""
    if moment is None:
        return ""
    if not in_french():
        return _foreign(moment)
    local = moment.astimezone(PARIS)
    number = "1er" if local.day == 1 else str(local.day)
    return f"{number} {MONTHS[local.month - 1]} à {format_hour(moment)}"


def when(sourcing: Sourcing, places: Sequence[AskedPlace]) -> str:
    """« de 6 h 30 à 7 h, à partir du 4 janvier 2027 »; empty when the need does not say."""
    need = sourcing.need
    hours = {place.hours for place in places}
    parts = [ltr(each) for each in hours if each] if len(hours) == 1 else []
    if need.starts_on:
        parts.append(_("à partir du %(day)s") % {"day": said_date(need.starts_on)})
    if need.ends_on:
        parts.append(_("jusqu'au %(day)s") % {"day": said_date(need.ends_on)})
    return ", ".join(part for part in parts if part)


def criteria(sourcing: Sourcing) -> str:
    """« prix 40, qualité 40, livraison 20 »."""
    labels = [(c.label[:1].lower() + c.label[1:], c.weight) for c in sourcing.criteria.all()]
    return ", ".join(f"{label} {weight}" for label, weight in labels)


def caller(sourcing: Sourcing) -> str:
    """« Appelez Bruno Rosny au 01 00 00 00 00, de 9 h à 17 h »; empty without a number."""
    organisation = sourcing.organisation
    phone = sourcing.contact_phone or organisation.phone
    if not phone:
        return ""
    hours = sourcing.contact_hours or ("" if sourcing.contact_phone else organisation.phone_hours)
    whom = {"name": sourcing.contact_name or _("la mairie"), "phone": ltr(phone)}
    return _("Appelez %(name)s au %(phone)s") % whom + (f", {ltr(hours)}" if hours else "")
