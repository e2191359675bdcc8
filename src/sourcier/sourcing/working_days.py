"""Working days of a place: what a firm may fairly be given to answer. Pure: the day is an argument."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sourcier.kernel.french import PARIS

NOON = time(12)
SATURDAY = 5
PROPOSED_DAYS = {"rfi": 10, "rfq": 10, "direct": 3}
LEAST_DAYS = {"rfi": 5, "rfq": 5, "direct": 1}
# Alsace and Moselle, and overseas, have holidays of their own.
_REGIONS = {"57": "57", "67": "6AE", "68": "6AE", "971": "971", "972": "972", "973": "973", "974": "974", "976": "976"}


def region(postal_code: str) -> str | None:
    """The calendar of a postal code in the `holidays` package; None for the common one."""
    return _REGIONS.get(postal_code[:3]) or _REGIONS.get(postal_code[:2])


@lru_cache(maxsize=64)
def _holidays(year: int, subdivision: str | None) -> frozenset[date]:
    import holidays  # a third of a second, which every other command would wait for

    return frozenset(holidays.country_holidays("FR", subdiv=subdivision, years=year))


def is_working(day: date, postal_code: str) -> bool:
    """Monday to Friday, holidays excepted."""
    return day.weekday() < SATURDAY and day not in _holidays(day.year, region(postal_code))


def add_working_days(day: date, count: int, postal_code: str) -> date:
    """The `count`-th working day after `day`."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_working(day, postal_code)
    return day


def working_days_between(start: date, end: date, postal_code: str) -> int:
    """Working days after `start` up to `end` included; 0 when `end` is not later."""
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(is_working(day, postal_code) for day in days)


def propose_deadline(kind: str, now: datetime, postal_code: str, zone: ZoneInfo = PARIS) -> datetime:
    """Noon of a working day that leaves the usual time: ten working days for quotes, three for one firm."""
    day = add_working_days(now.astimezone(zone).date(), PROPOSED_DAYS[kind], postal_code)
    return datetime.combine(day, NOON, tzinfo=zone)


def warning(kind: str, deadline: datetime, now: datetime, postal_code: str, zone: ZoneInfo = PARIS) -> str:
    """What to tell the buyer about a deadline that is lawful but unkind; empty when there is nothing to say."""
    day = deadline.astimezone(zone).date()
    left = working_days_between(now.astimezone(zone).date(), day, postal_code)
    if left < LEAST_DAYS[kind]:
        plural = "s" if left > 1 else ""
        return f"Cela ne laisse que {left} jour{plural} ouvré{plural} pour répondre : c'est court pour une petite entreprise."
    if not is_working(day, postal_code):
        return "Ce jour est un samedi, un dimanche ou un jour férié : personne ne pourra vous appeler juste avant."
    return ""
