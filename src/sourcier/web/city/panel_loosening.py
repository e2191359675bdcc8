"""One click that takes a filter away or goes further, and what each would find when a search finds nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from sourcier.kernel.activities import Activity
from sourcier.kernel.geodesy import format_distance
from sourcier.register.establishment import Filters
from sourcier.sourcing import finding
from sourcier.sourcing.actions.panel import MAX_RADIUS_M
from sourcier.sourcing.models import Search
from sourcier.web.city.panel_forms import RADII, TRUE, chosen_in, filters_of, in_use, without

ALL = "all:"
"""Of a button that takes away every filter, and goes as far as it says."""

Loosened = tuple[list[Activity], int, Filters, bool | None]
"""What `panel.search` takes: activities, metres, filters, known to the city."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to find somebody: the button's name and value, what it does in words, and how many firms it finds."""

    name: str
    value: str
    words: str
    count: int


def loosened(last: Search, post: Mapping[str, str]) -> Loosened:
    """The kept search without the filter `without`, or as far as `wider` says."""
    key, wider = post.get("without", ""), post.get("wider", "")
    if key.startswith(ALL):
        wider, chosen = key.removeprefix(ALL), chosen_in({})
    else:
        chosen = without(last.filters, key)
    metres = int(wider) if wider.isdecimal() and len(wider) < 7 else last.radius_m
    activities = [Activity(nomenclature, code) for nomenclature, code in last.activities]
    return activities, metres, filters_of(chosen, timezone.localdate()), TRUE.get(chosen["known"])


def ways(last: Search) -> list[Way]:
    """Each single change that would find a firm: the filter to take away, and the next distance that has one.

    When no single one does: no filter at all, as near as that finds somebody.
    """
    found = []
    for each in in_use(last.filters):
        _, _, filters, known = loosened(last, {"without": each.key})
        if count := finding.total_with(last, finding.filters_to_json(filters, known)).total:
            found.append(Way("without", each.key, f"Sans « {each.words} »", count))
    for metres in (metres for metres in RADII if last.radius_m < metres <= MAX_RADIUS_M):
        if count := finding.total_with(last, last.filters, metres).total:
            found.append(Way("wider", str(metres), f"Jusqu'à {format_distance(metres)}", count))
            break
    if found or not last.filters:
        return found
    for metres in (last.radius_m, *(metres for metres in RADII if metres > last.radius_m)):
        if count := finding.total_with(last, {}, metres).total:
            return [Way("without", f"{ALL}{metres}", f"Sans aucun filtre, jusqu'à {format_distance(metres)}", count)]
    return []


def context(last: Search, *, empty: bool) -> dict[str, Any]:
    """What the page shows above its list: filters in use, and the ways out of an empty one."""
    return {"in_use": in_use(last.filters), "ways": ways(last) if empty else []}
