"""Questions put to the register for a panel: around which places, with which filters, and why each firm is proposed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils import timezone

from sourcier.kernel.activities import Activity
from sourcier.kernel.geodesy import distance_m
from sourcier.kernel.transitions import refuse
from sourcier.register import search as register
from sourcier.register.establishment import Establishment, Filters, SearchResult
from sourcier.register.scorers import Context, explain, score
from sourcier.sourcing.models import Search, Sourcing

Centre = tuple[int, int]


def centres(sourcing: Sourcing) -> list[Centre]:
    """The places of delivery of the need, in micro-degrees; the city hall when none was given."""
    city = sourcing.organisation
    found = sourcing.need.places.order_by("pk").values_list("place__lat_e6", "place__lon_e6")
    return list(dict.fromkeys(found)) or [(city.lat_e6, city.lon_e6)]


def run(
    activities: Sequence[Activity], around: Sequence[Centre], radius_m: int, filters: Filters, *, limit: int, offset: int = 0
) -> SearchResult:
    """One query of the register. Raises `RegisterMissing`."""
    return register.search(activities, around, radius_m, limit=limit, offset=offset, filters=filters)


def rows(kept: Search, *, limit: int, offset: int = 0) -> tuple[Establishment, ...]:
    """What a kept query finds today, nearest first."""
    return again(kept, limit=limit, offset=offset).rows


def again(kept: Search, *, limit: int, offset: int = 0) -> SearchResult:
    """Run a kept query once more; its build differs when the register was replaced since."""
    activities = [Activity(nomenclature, code) for nomenclature, code in kept.activities]
    around = [(lat_e6, lon_e6) for lat_e6, lon_e6 in kept.centres]
    return run(activities, around, kept.radius_m, filters_from_json(kept.filters), limit=limit, offset=offset)


def by_siret(siret: str) -> Establishment:
    """An establishment that may be asked. Raises `Refused` when unknown, closed, or not to be named."""
    establishment = register.by_siret(siret)
    if establishment is None:
        raise refuse("unknown_siret", "Ce SIRET n'est pas dans le répertoire. Vérifiez-le sur une facture.", "siret")
    if not establishment.disclosed:
        raise refuse(
            "undisclosed", "Cette entreprise ne peut être ni nommée ni écrite (INSEE). L'avis public lui reste ouvert.", "siret"
        )
    if not establishment.active:
        raise refuse("closed", f"{establishment.name} est fermée, d'après le répertoire.", "siret")
    return establishment


def nearest_m(sourcing: Sourcing, establishment: Establishment, around: Sequence[Centre] = ()) -> int | None:
    """Metres to the nearest place of delivery; None when the establishment is placed nowhere."""
    if establishment.lat_e6 is None or establishment.lon_e6 is None:
        return None
    lat_e6, lon_e6 = establishment.lat_e6, establishment.lon_e6
    return min(distance_m(lat, lon, lat_e6, lon_e6) for lat, lon in around or centres(sourcing))


def context(sourcing: Sourcing, kept: Search | None = None) -> Context:
    """What the scorers compare with: the last query, else all that was ticked."""
    if kept is not None:
        activities = [Activity(nomenclature, code) for nomenclature, code in kept.activities]
    else:
        activities = [Activity(row.nomenclature, row.code) for row in sourcing.need.activities.order_by("pk")]
    return Context(activities, kept.radius_m if kept else sourcing.radius_m, timezone.localdate())


def why(establishment: Establishment, distance: int | None, searched: Context) -> list[dict[str, Any]]:
    """What each scorer gave, as it is kept with the candidate and written in the journal."""
    placed = replace(establishment, distance_m=distance)
    return [{"name": item.name, "sentence": item.sentence, "points": item.points} for item in explain(placed, searched)]


def points(establishment: Establishment, searched: Context) -> int:
    """The whole of the scorers, 0 to 100."""
    return score(establishment, searched)


def filters_to_json(filters: Filters) -> dict[str, Any]:
    """What is kept of the filters: only those in use."""
    found = {
        "size_classes": sorted(filters.size_classes),
        "categories": sorted(filters.categories),
        "social_economy": filters.social_economy,
        "employer": filters.employer,
        "created_since": filters.created_since.isoformat() if filters.created_since else None,
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def filters_from_json(kept: Mapping[str, Any]) -> Filters:
    """The inverse of `filters_to_json`."""
    since = kept.get("created_since")
    return Filters(
        size_classes=tuple(kept.get("size_classes", ())),
        categories=tuple(kept.get("categories", ())),
        social_economy=kept.get("social_economy"),
        employer=kept.get("employer"),
        created_since=date.fromisoformat(since) if since else None,
    )
