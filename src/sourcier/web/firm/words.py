"""Sentences of the firm's pages: who asks, where, when, until when."""

from collections.abc import Sequence
from datetime import datetime

from sourcier.accounts.models import Organisation
from sourcier.kernel.french import DAYS, MONTHS, PARIS, format_date, format_hour
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
        return f"{who} cherche {sourcing.trade}"
    return f"{who} se renseigne" if sourcing.kind == Sourcing.Kind.RFI else f"{who} vous demande un prix"


def short_moment(moment: datetime | None) -> str:
    """« mercredi 30 septembre, 12 h »: the year goes without saying."""
    if moment is None:
        return ""
    local = moment.astimezone(PARIS)
    number = "1er" if local.day == 1 else str(local.day)
    return f"{DAYS[local.weekday()]} {number} {MONTHS[local.month - 1]}, {format_hour(moment)}"


def received_words(moment: datetime | None) -> str:
    """« 24 septembre à 5 h 12 »."""
    if moment is None:
        return ""
    local = moment.astimezone(PARIS)
    number = "1er" if local.day == 1 else str(local.day)
    return f"{number} {MONTHS[local.month - 1]} à {format_hour(moment)}"


def when(sourcing: Sourcing, places: Sequence[AskedPlace]) -> str:
    """« de 6 h 30 à 7 h, à partir du 4 janvier 2027 »; empty when the need does not say."""
    need = sourcing.need
    hours = {place.hours for place in places}
    parts = [hours.pop()] if len(hours) == 1 else []
    if need.starts_on:
        parts.append(f"à partir du {format_date(need.starts_on)}")
    if need.ends_on:
        parts.append(f"jusqu'au {format_date(need.ends_on)}")
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
    return f"Appelez {sourcing.contact_name or 'la mairie'} au {phone}" + (f", {hours}" if hours else "")
