"""What is open to a firm: the public notices of its city, in its trade or in all, the nearest first. It is asked nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sourcier.kernel.activities import Activity
from sourcier.kernel.geodesy import distance_m
from sourcier.register.search import followed
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.queries import open_notices
from sourcier.suppliers.models import Firm


@dataclass(frozen=True, slots=True)
class Notice:
    """An open notice with its activities, and the places of delivery (the city hall when none is said), in micro-degrees."""

    sourcing: Sourcing
    activities: frozenset[Activity]
    around: tuple[tuple[int, int], ...]

    def metres_from(self, firm: Firm) -> int | None:
        """To the nearest place of delivery; None for a firm that is placed nowhere."""
        if firm.lat_e6 is None or firm.lon_e6 is None:
            return None
        return min(distance_m(lat, lon, firm.lat_e6, firm.lon_e6) for lat, lon in self.around)


@dataclass(frozen=True, slots=True)
class OpenNeed:
    """A notice as one firm sees it."""

    sourcing: Sourcing
    distance_m: int | None
    same_trade: bool


def notices_of(organisation_id: UUID, at: datetime) -> list[Notice]:
    """The open notices of a city; the number of queries does not grow with theirs."""
    found = open_notices(at).filter(organisation=organisation_id)
    return [_notice(sourcing) for sourcing in found.prefetch_related("need__activities", "need__places__place")]


def _notice(sourcing: Sourcing) -> Notice:
    city = sourcing.organisation
    around = tuple((row.place.lat_e6, row.place.lon_e6) for row in sourcing.need.places.all())
    activities = frozenset(Activity(row.nomenclature, row.code) for row in sourcing.need.activities.all())
    return Notice(sourcing, activities, around or ((city.lat_e6, city.lon_e6),))


def open_to(firm: Firm, notices: Iterable[Notice], *, trade_only: bool, within_km: int | None) -> list[OpenNeed]:
    """The nearest first, then the soonest deadline. A firm placed nowhere is kept away from none by distance."""
    own, met_by = (Activity(firm.nomenclature, firm.activity),), followed().met_by
    found = []
    for notice in notices:
        metres, same = notice.metres_from(firm), any(met_by(wanted, own) for wanted in notice.activities)
        if (same or not trade_only) and (metres is None or within_km is None or metres <= within_km * 1000):
            found.append(OpenNeed(notice.sourcing, metres, same))
    far = 100_000_000
    return sorted(found, key=lambda each: (far if each.distance_m is None else each.distance_m, each.sourcing.deadline))
