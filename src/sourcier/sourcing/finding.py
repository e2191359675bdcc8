"""Questions put to the register for a panel: around which places, with which filters, and why each firm is proposed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils import timezone

from sourcier.kernel.activities import Activity
from sourcier.kernel.transitions import refuse
from sourcier.register import search as register
from sourcier.register.establishment import Establishment, Facets, Filters, SearchResult
from sourcier.register.scorers import Context, explain, score
from sourcier.sourcing import around, known_firms, own_words
from sourcier.sourcing.around import Centre
from sourcier.sourcing.models import Search, Sourcing

ORDERS = {"pertinence": "par pertinence, puis par distance", "distance": "par distance"}
"""In which order a list may be read, in words."""
WILLING = "sans celles qui disent non à une contrainte du besoin"
"""How a list was narrowed by what firms say of themselves, in words."""


def run(
    activities: Sequence[Activity], centres: Sequence[Centre], radius_m: int, filters: Filters, *, limit: int, offset: int = 0
) -> SearchResult:
    """One query of the register. Raises `RegisterMissing`."""
    return register.search(activities, centres, radius_m, limit=limit, offset=offset, filters=filters)


def rows(kept: Search, *, limit: int, offset: int = 0) -> tuple[Establishment, ...]:
    """What a kept query finds today, nearest first."""
    return again(kept, limit=limit, offset=offset).rows


def again(kept: Search, *, limit: int, offset: int = 0, scored: Context | None = None) -> SearchResult:
    """Run a kept query once more, nearest first or by a score; its build differs when the register was replaced."""
    filters = filters_from_json(kept.filters, kept.sourcing)
    said = {siret: each.points for siret, each in scored.said.items()} if scored else None
    found = register.search(
        *_where(kept), limit=limit, offset=offset, filters=filters, scored_on=scored.on if scored else None, said=said
    )
    return replace(found, rows=around.of(kept).all_placed(found.rows))


def ordered(kept: Search, searched: Context, order: str, *, limit: int) -> SearchResult:
    """What a kept query finds, in one of `ORDERS`."""
    return again(kept, limit=limit, scored=searched if order == "pertinence" else None)


def total_with(kept: Search, filters: Mapping[str, Any], radius_m: int | None = None) -> SearchResult:
    """How many a kept query would find with other filters (as kept), or at another distance: counts and facets, no rows."""
    activities, centres, metres = _where(kept)
    return run(activities, centres, radius_m or metres, filters_from_json(filters, kept.sourcing), limit=0)


def facets(kept: Search, found: Facets) -> Facets:
    """How many there would be with each value of a filter: a filter in use is not counted against its own other values."""
    counted: dict[str, Any] = {}
    for name in set(FACETS).intersection(kept.filters):
        without = {other: value for other, value in kept.filters.items() if other != name}
        counted[name] = getattr(total_with(kept, without).facets, name)
    return replace(found, **counted)


def _where(kept: Search) -> tuple[list[Activity], list[Centre], int]:
    activities = [Activity(nomenclature, code) for nomenclature, code in kept.activities]
    return activities, list(around.of(kept).centres), kept.radius_m


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


def context(sourcing: Sourcing, kept: Search | None = None) -> Context:
    """What the scorers compare with: the last query, else all that was ticked."""
    if kept is not None:
        activities = [Activity(nomenclature, code) for nomenclature, code in kept.activities]
    else:
        activities = [Activity(row.nomenclature, row.code) for row in sourcing.need.activities.order_by("pk")]
    radius_m = kept.radius_m if kept else sourcing.radius_m
    place = {"place": f"de {kept.around}"} if kept and kept.around else {}
    said, day = own_words.of(sourcing.need), timezone.localdate()
    return Context(activities, radius_m, day, said=said, correspondence=register.followed(), **place)


def why(placed: Establishment, searched: Context) -> list[dict[str, Any]]:
    """What each scorer gave, as it is kept with the candidate and written in the journal."""
    told = [{"name": item.name, "sentence": item.sentence, "points": item.points} for item in explain(placed, searched)]
    if said := searched.said.get(placed.siret):
        told[-1] |= said.also  # the last scorer reads the firm's own words
    return told


def points(establishment: Establishment, searched: Context) -> int:
    """The whole of the scorers, 0 to 100."""
    return score(establishment, searched)


FACETS = ("size_classes", "categories", "employer", "social_economy", "legal_forms", "sole_trader", "departments")
"""The filters whose values are counted, by the same name."""


def filters_to_json(filters: Filters, known: bool | None = None) -> dict[str, Any]:
    """What is kept of the filters: only those in use. `known`: the firms that the city knows already, the others, or all."""
    found = {
        "size_classes": sorted(filters.size_classes),
        "categories": sorted(filters.categories),
        "social_economy": filters.social_economy,
        "employer": filters.employer,
        "created_since": filters.created_since.isoformat() if filters.created_since else None,
        "legal_forms": sorted(filters.legal_forms),
        "sole_trader": filters.sole_trader,
        "departments": sorted(filters.departments),
        "known": known,
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def filters_from_json(kept: Mapping[str, Any], sourcing: Sourcing) -> Filters:
    """The inverse of `filters_to_json`; whom the city knows is read today."""
    since, known = kept.get("created_since"), kept.get("known")
    met = known_firms.met(sourcing.organisation_id) if known is not None else frozenset()
    return Filters(
        size_classes=tuple(kept.get("size_classes", ())),
        categories=tuple(kept.get("categories", ())),
        social_economy=kept.get("social_economy"),
        employer=kept.get("employer"),
        created_since=date.fromisoformat(since) if since else None,
        legal_forms=tuple(kept.get("legal_forms", ())),
        sole_trader=kept.get("sole_trader"),
        departments=tuple(kept.get("departments", ())),
        among=met if known else None,
        except_for=met if known is False else (),
    )
