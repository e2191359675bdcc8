"""Working days of a place: what a firm may fairly be given to answer. Pure: the day is an argument."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sourcier.kernel.french import PARIS, format_moment

NOON = time(12)
SATURDAY = 5
PROPOSED_DAYS = {"rfi": 10, "rfq": 10, "direct": 3}
LEAST_DAYS = {"rfi": 5, "rfq": 5, "direct": 1}
# Printed and posted the day after, and the two to three working days of an ordinary letter.
POST_DAYS = 4
REMINDED_AT = time(9)
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


def propose_deadline(kind: str, now: datetime, postal_code: str, zone: ZoneInfo = PARIS, *, letters: bool = False) -> datetime:
    """Noon of a working day that leaves the usual time: ten working days for quotes, three for one firm.

    With `letters`, the days of the post come on top, for all: who is reached on paper has as long as the others.
    """
    count = PROPOSED_DAYS[kind] + (POST_DAYS if letters else 0)
    return datetime.combine(add_working_days(now.astimezone(zone).date(), count, postal_code), NOON, tzinfo=zone)


def warning(
    kind: str, deadline: datetime, now: datetime, postal_code: str, zone: ZoneInfo = PARIS, *, letters: bool = False
) -> str:
    """What to tell the buyer about a deadline that is lawful but unkind; empty when there is nothing to say."""
    day = deadline.astimezone(zone).date()
    left = working_days_between(now.astimezone(zone).date(), day, postal_code)
    plural = "s" if left > 1 else ""
    if left < LEAST_DAYS[kind]:
        return f"Cela ne laisse que {left} jour{plural} ouvré{plural} pour répondre : c'est court pour une petite entreprise."
    if letters and left < LEAST_DAYS[kind] + POST_DAYS:
        fair = format_moment(propose_deadline(kind, now, postal_code, zone, letters=True))
        return (
            f"Des entreprises seront jointes par courrier : la poste prend {POST_DAYS} jours, et il ne reste que {left} "
            f"jour{plural} ouvré{plural}. Pour leur laisser le même temps qu'aux autres : {fair}."
        )
    if not is_working(day, postal_code):
        return "Ce jour est un samedi, un dimanche ou un jour férié : personne ne pourra vous appeler juste avant."
    return ""


def reminders(sent: datetime, deadline: datetime, postal_code: str, zone: ZoneInfo = PARIS) -> list[datetime]:
    """When those silent are reminded: at most twice, half way and two working days before the deadline, at nine.

    Once only when the time to answer is short, and not at all when it is too short for a reminder to help.
    """
    first, last = sent.astimezone(zone).date(), deadline.astimezone(zone).date()
    given = working_days_between(first, last, postal_code)
    counts = [given // 2, given - 2] if given >= 8 else [given - 2] if given >= 4 else []
    return [datetime.combine(add_working_days(first, count, postal_code), REMINDED_AT, tzinfo=zone) for count in counts]
