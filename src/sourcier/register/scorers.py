"""Why an establishment is proposed: small named scorers in one list, each with its sentence.

Each gives 0 to 100; the whole is their product, so that none makes up for another. None looks at size, popularity or past
wins: a micro-firm opened last month starts level with the largest.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from sourcier.kernel.activities import Activity
from sourcier.kernel.correspondence import Correspondence
from sourcier.kernel.french import format_date
from sourcier.kernel.geodesy import format_distance
from sourcier.register.establishment import Establishment

RANK_STEP = 8
"""Points lost by each activity ticked after the first."""

LOWEST = 20
"""No scorer alone throws a firm out: the radius and the activities already chose."""


UNKNOWN_FRESHNESS = 60
"""Points of a row whose last update is not told."""

NEUTRAL = 90
"""Points of a firm that says nothing of itself, or nothing on this need: all but a few. Good words are worth one rank of
activity at most: nobody checked them, and silence is no fault."""


def fit_points(rank: Any) -> Any:
    """Points of an activity by its rank among those searched, from 0: for one, or for an array of them, like all three."""
    return np.maximum(LOWEST, 100 - RANK_STEP * rank)


def nearness_points(metres: Any, uncertainty_m: Any, radius_m: float) -> Any:
    """Points of the middle of what the distance may be: from 100 at the place itself to `LOWEST` at the radius and beyond."""
    middle = (np.maximum(0, metres - uncertainty_m) + metres + uncertainty_m) / 2
    return np.rint(100 - (100 - LOWEST) * np.minimum(1.0, middle / max(1, radius_m)))


def freshness_points(days: Any) -> Any:
    """Points of a row treated so many days ago."""
    return np.maximum(50, 100 - 5 * np.maximum(0, days // 365))


def product(*points: Any) -> Any:
    """The whole of what the scorers gave, 0 to 100."""
    result: Any = 100.0
    for given in points:
        result = result * given / 100
    return np.rint(result)


@dataclass(frozen=True, slots=True)
class Said:
    """What a firm says of itself that answers the need: `NEUTRAL` to 100 points, and its own words.

    `also`: what is kept beside these points and gives none.
    """

    points: int
    words: tuple[str, ...]
    also: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """What the firms were searched for: activities in the order of the page, radius in metres, the day, and where.

    `said`: SIRET → what those firms say that answers the need; all others are neutral. `correspondence`: the search's.
    """

    activities: Sequence[Activity]
    radius_m: int
    on: date
    place: str = "du lieu de livraison le plus proche"
    said: Mapping[str, Said] = field(default_factory=dict)
    correspondence: Correspondence = field(default_factory=Correspondence)


@dataclass(frozen=True, slots=True)
class Why:
    """What one scorer gave: its name on the page, a French sentence, 0 to 100 points."""

    name: str
    sentence: str
    points: int


def activity_fit(establishment: Establishment, context: Context) -> Why:
    """The best rank, among the activities searched, of one that the establishment declares, or that its own stands for."""
    for rank, activity in enumerate(context.activities):
        own = context.correspondence.met_by(activity, establishment.activities)
        if own is not None:
            which = f"la {'première' if rank == 0 else f'{rank + 1}e'} des activités cherchées"
            sentence = f"Son activité déclarée, {activity.code}, est {which}."
            if own != activity:
                sentence = f"Son activité déclarée est {context.correspondence.sentence(own, activity)}. C'est {which}."
            return Why("Activité", sentence, int(fit_points(rank)))
    return Why("Activité", "Son activité déclarée n'est pas parmi celles que vous cherchez.", LOWEST)


def nearness(establishment: Establishment, context: Context) -> Why:
    """The distance as an interval: when only the commune is known, what is sure is between two distances.

    The doubt of the place of delivery is the same for all: it is told, and gives or takes no point.
    """
    if establishment.distance_m is None:
        return Why("Distance", "Sa distance n'est pas connue.", LOWEST)
    low, high = establishment.between_m
    points = int(nearness_points(establishment.distance_m, establishment.uncertainty_m, context.radius_m))
    if establishment.vague:
        known = "Place connue à la commune près" if establishment.approximate else "Lieu connu à peu près"
        sentence = f"{known} : entre {format_distance(low)} et {format_distance(high)} {context.place}."
    else:
        sentence = f"À {format_distance(establishment.distance_m)} {context.place}, à vol d'oiseau."
    return Why("Distance", sentence, points)


def freshness(establishment: Establishment, context: Context) -> Why:
    """How long ago INSEE last treated the row: an old one may describe a firm that no longer works."""
    seen = establishment.updated_on or establishment.created_on
    if seen is None:
        return Why("Fraîcheur", "Le répertoire ne dit pas quand cette fiche a été mise à jour.", UNKNOWN_FRESHNESS)
    sentence = f"Sa fiche a été mise à jour par l'INSEE le {format_date(seen)}."
    return Why("Fraîcheur", sentence, int(freshness_points((context.on - seen).days)))


def own_words(establishment: Establishment, context: Context) -> Why:
    """What the firm says of itself, where it answers the need. Those who say nothing lose nothing."""
    said = context.said.get(establishment.siret)
    if said is not None and not said.words:
        return Why("Ses mots", "Ce qu'elle dit d'elle ne donne ici ni avantage ni reproche.", NEUTRAL)
    if said is None:
        return Why("Ses mots", "Elle n'a rien dit d'elle sur ce besoin : ni avantage ni reproche.", NEUTRAL)
    return Why("Ses mots", f"Elle dit : {' ; '.join(said.words)}.", said.points)


SCORERS: tuple[Callable[[Establishment, Context], Why], ...] = (activity_fit, nearness, freshness, own_words)


def explain(establishment: Establishment, context: Context) -> list[Why]:
    """What each scorer gave, in the order of the list."""
    return [scorer(establishment, context) for scorer in SCORERS]


def score(establishment: Establishment, context: Context) -> int:
    """The product of what the scorers gave, 0 to 100."""
    return int(product(*(why.points for why in explain(establishment, context))))
