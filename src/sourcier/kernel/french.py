"""French dates as the pages write them: « mercredi 30 septembre 2026 à 12 h »."""

import re
import unicodedata
from datetime import date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip

_MARK = re.compile(r" (?=[:;!?»])|(?<=«) ")
_HOUR = re.compile(r"(?<=\d) (?=h\b)|(?<=\d h) (?=\d\d\b)")


def format_date(day: date, *, weekday: bool = False) -> str:
    """« 30 septembre 2026 », with its weekday on request; the first of a month is « 1er »."""
    number = "1er" if day.day == 1 else str(day.day)
    text = f"{number} {MONTHS[day.month - 1]} {day.year}"
    return f"{DAYS[day.weekday()]} {text}" if weekday else text


def format_hour(moment: datetime, zone: ZoneInfo = PARIS) -> str:
    """« 12 h », « 7 h 05 », in the city's zone."""
    local = moment.astimezone(zone)
    return f"{local.hour}\u00a0h" + (f"\u00a0{local.minute:02d}" if local.minute else "")


def format_moment(moment: datetime, zone: ZoneInfo = PARIS, *, weekday: bool = True) -> str:
    """« mercredi 30 septembre 2026 à 12 h », in the city's zone."""
    return f"{format_date(moment.astimezone(zone).date(), weekday=weekday)} à {format_hour(moment, zone)}"


def format_lately(moment: datetime, now: datetime, zone: ZoneInfo = PARIS) -> str:
    """« à 11 h 52 » the same day, else « le 24 septembre 2026 à 11 h 52 »."""
    if moment.astimezone(zone).date() == now.astimezone(zone).date():
        return f"à {format_hour(moment, zone)}"
    return f"le {format_moment(moment, zone, weekday=False)}"


def tie(text: str) -> str:
    """The text with its marks and hours tied to their words, that no line breaks there: « : ; ! ? », guillemets, « 6 h 45 »."""
    return _HOUR.sub("\u00a0", _MARK.sub("\u00a0", text))


def plural(unit: str, quantity_milli: int) -> str:
    """« pièces » for more than one; symbols (« kg », « m² ») and words in s, x, z do not change."""
    grows = abs(quantity_milli) >= 2000 and len(unit) > 2 and unit.isalpha() and unit[-1] not in "sxz"
    return unit + "s" if grows else unit


def format_number(number: int) -> str:
    """« 1 234 567 », its groups tied."""
    return f"{number:,}".replace(",", "\u00a0")


def fold(text: str) -> str:
    """Lower case without accents, ligatures opened: what searches and comparisons of names use."""
    opened = text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("Æ", "AE")
    return "".join(c for c in unicodedata.normalize("NFKD", opened) if not unicodedata.combining(c)).lower()
