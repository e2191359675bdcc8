"""Where firms are searched: around the places of delivery of a need, or around a place that the buyer typed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sourcier.kernel.geodesy import distance_m
from sourcier.register.establishment import Establishment
from sourcier.sourcing.models import Search, Sourcing

Centre = tuple[int, int]
"""Latitude and longitude in micro-degrees."""

NEGLIGIBLE_M = 100
"""A distance is told to a hundred metres: a doubt of no more changes nothing in it."""

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Around:
    """`doubts[i]`: metres within which the real place of `centres[i]` lies; `typed`: the place typed, in words, or empty."""

    centres: tuple[Centre, ...]
    doubts: tuple[int, ...]
    typed: str = ""

    def placed(self, establishment: Establishment) -> Establishment:
        """With its distance to the nearest centre, and the doubt of those that may be the nearest."""
        if establishment.lat_e6 is None or establishment.lon_e6 is None:
            return establishment
        metres = [distance_m(*centre, establishment.lat_e6, establishment.lon_e6) for centre in self.centres]
        # The register's own distance stays: a metre of rounding must not part it from its place in the list.
        nearest = min(metres) if establishment.distance_m is None else establishment.distance_m
        reach = min(far + doubt for far, doubt in zip(metres, self.doubts, strict=True))
        doubt = max((each for far, each in zip(metres, self.doubts, strict=True) if far - each <= reach), default=0)
        return replace(establishment, distance_m=nearest, place_doubt_m=doubt if doubt > NEGLIGIBLE_M else 0)

    def all_placed(self, found: Iterable[Establishment]) -> tuple[Establishment, ...]:
        """Each of them."""
        sure = max(self.doubts, default=0) <= NEGLIGIBLE_M
        return tuple(each if sure and each.distance_m is not None else self.placed(each) for each in found)


def of_delivery(sourcing: Sourcing) -> Around:
    """The places of delivery of the need; the city hall when none was given."""
    rows = sourcing.need.places.order_by("pk").values_list("place__lat_e6", "place__lon_e6", "place__uncertainty_m")
    found = {(latitude, longitude): doubt for latitude, longitude, doubt in rows}
    city = sourcing.organisation
    return Around(tuple(found), tuple(found.values())) if found else Around(((city.lat_e6, city.lon_e6),), (0,))


def of(kept: Search) -> Around:
    """Where a kept search looked; one made before doubts were kept has none."""
    centres = tuple((latitude, longitude) for latitude, longitude in kept.centres)
    return Around(centres, tuple(kept.doubts) or (0,) * len(centres), kept.around)


def last_or_delivery(sourcing: Sourcing, last: Search | None) -> Around:
    """Where the last search looked, else the places of delivery."""
    return of(last) if last else of_delivery(sourcing)
