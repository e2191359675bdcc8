"""« Pas toujours la même » : of each family, who was bought from and asked over three years, and who never was, nearby."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Max

from sourcier.accounts.models import Organisation
from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.kernel.geodesy import distance_m
from sourcier.register import search as register
from sourcier.register.search import RegisterMissing
from sourcier.sourcing.known_firms import left_to_firms
from sourcier.spend.firms import SIREN
from sourcier.spend.models import Family
from sourcier.spend.rotation import FirmShare, Rotation, rotations

RADIUS_M = 5_000


@dataclass(frozen=True, slots=True)
class Asked:
    """How often a firm was asked in a family, and when last."""

    times: int
    last: datetime


@dataclass(frozen=True, slots=True)
class FamilyRotation:
    """A family with its firms; `never` is how many nearby were never asked, None without register or activity."""

    family: Family
    rotation: Rotation
    asked: Mapping[str, Asked]
    never: int | None
    percent: int

    @property
    def first(self) -> FirmShare:
        """The firm with the largest share."""
        return self.rotation.shares[0]

    @property
    def over(self) -> bool:
        return self.first.over(self.percent)

    @property
    def lines(self) -> list[tuple[FirmShare, Asked | None, bool]]:
        """Each firm: its share, when it was asked, whether it is over the city's limit."""
        return [(share, self.asked.get(share.key), share.over(self.percent)) for share in self.rotation.shares]


def family_rotations(city: Organisation, today: date, department_id: UUID | None = None) -> list[FamilyRotation]:
    """Every family with purchases, those over the city's limit first."""
    found = rotations(city, today, department_id=department_id)
    asked = _asked(city, None)
    never = Nearby(city, (city.lat_e6, city.lon_e6), RADIUS_M)
    families = Family.objects.filter(organisation=city, pk__in=found)
    listed = [
        FamilyRotation(family, found[family.pk], asked.get(family.pk, {}), never.asked_never(family), city.rotation_percent)
        for family in families
        if found[family.pk].cents > 0
    ]
    return sorted(listed, key=lambda one: (not one.over, -one.rotation.cents, one.family.code))


def family_rotation(organisation: Organisation, family: Family, today: date) -> FamilyRotation | None:
    """One family; None when nothing was bought in it."""
    found = rotations(organisation, today, family=family).get(family.pk)
    if found is None or found.cents <= 0:
        return None
    never = Nearby(organisation, (organisation.lat_e6, organisation.lon_e6), RADIUS_M)
    asked = _asked(organisation, family).get(family.pk, {})
    return FamilyRotation(family, found, asked, never.asked_never(family), organisation.rotation_percent)


def _asked(organisation: Organisation, family: Family | None) -> dict[UUID, dict[str, Asked]]:
    """By family, then by SIREN: those asked for something that left."""
    left = left_to_firms(organisation.pk).filter(sourcing__need__family__isnull=False)
    if family:
        left = left.filter(sourcing__need__family=family)
    rows = left.values_list("sourcing__need__family", "firm__siret").annotate(Count("pk"), Max("sourcing__sent_at"))
    found: dict[UUID, dict[str, Asked]] = {}
    for key, siret, times, last in rows.order_by("sourcing__need__family", "firm__siret"):
        firms, siren = found.setdefault(key, {}), siret[:SIREN]
        before = firms.get(siren)
        firms[siren] = Asked(times + before.times, max(last, before.last)) if before else Asked(times, last)
    return found


class Nearby:
    """The firms around a place, by activity: one look at the register, and those that were asked already."""

    def __init__(self, organisation: Organisation, centre: tuple[int, int], radius_m: int) -> None:
        try:
            self.exist: Mapping[str, tuple[int, int]] | None = register.around(centre, radius_m)
        except RegisterMissing:
            self.exist = None
        asked = left_to_firms(organisation.pk).filter(firm__lat_e6__isnull=False)
        said = asked.values_list("firm_id", "firm__nomenclature", "firm__activity", "firm__lat_e6", "firm__lon_e6")
        known = register.followed()
        self.asked: dict[str, set[UUID]] = {}
        for firm_id, nomenclature, code, lat, lon in said.distinct():
            if distance_m(*centre, lat, lon) <= radius_m:
                for each in known.within(NAF_REV2, Activity(nomenclature, code)):
                    self.asked.setdefault(each.code, set()).add(firm_id)

    def asked_never(self, family: Family) -> int | None:
        codes = {code for nomenclature, code in family.activities if nomenclature == NAF_REV2}
        if self.exist is None or not codes:
            return None
        known = self.exist
        return max(0, sum(known.get(code, (0, 0))[0] - len(self.asked.get(code, ())) for code in codes))
