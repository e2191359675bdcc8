"""Constraints of a need against what a registered firm says: met, not met, unknown. It informs, and gives no point.

docs/decisions/0014-constraints-inform.md says why.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from sourcier.kernel.french import format_date
from sourcier.matching.capacities import Answer, Constraint, State, claimed, compare, spoken, stated
from sourcier.needs.models import Need
from sourcier.needs.refining.answers import given
from sourcier.register.scorers import Said
from sourcier.suppliers.models import FirmPlace
from sourcier.suppliers.queries import ticked


def of(need: Need) -> list[Constraint]:
    """What the need states that a firm may claim: an hour, days, a label…"""
    asked = [need.sentence, need.title, need.what, need.where_note, *given(need.details)]
    asked += need.lots.values_list("title", flat=True)
    return stated([*asked, *need.places.values_list("place__hours", flat=True)], [need.how_much])


def answers(asked: Sequence[Constraint], place: FirmPlace) -> list[Answer]:
    """What the firm says of each, in its own words and by what it ticked."""
    if not asked:
        return []
    reach = spoken("rayon", str(place.zone_km)) if place.zone_km else ""
    texts = [place.words, place.quantities, place.labels, reach, *ticked(place)]
    return compare(asked, claimed(texts, place.hours))


def refusing(answered: Iterable[Answer]) -> list[str]:
    """The firm's words that say no to a constraint: they earn no point."""
    return [quote for each in answered if each.state == State.NOT_MET for quote in each.told]


def kept(answered: Sequence[Answer], place: FirmPlace) -> dict[str, Any]:
    """What is kept with a reason: each constraint with both quotes, and the day the firm wrote; nothing without constraint."""
    rows = [{"label": each.label, "state": str(each.state), "asked": each.asked, "told": list(each.told)} for each in answered]
    return {"constraints": rows, "said_on": timezone.localdate(place.saved_at).isoformat()} if rows else {}


def says_no(said: Said | None) -> bool:
    """Whether the firm's own words say no to a constraint of the need; silence says nothing."""
    return said is not None and any(row["state"] == State.NOT_MET for row in said.also.get("constraints", ()))


_FEW = {State.MET: ("tenue", "tenues"), State.NOT_MET: ("non tenue", "non tenues"), State.UNKNOWN: ("inconnue", "inconnues")}


def state_words(state: str) -> str:
    """« tenue », « non tenue », « inconnue »."""
    return _FEW[State(state)][0]


def counts(why: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The states that the constraints of these reasons have, each with « 3 tenues »."""
    found = Counter(row["state"] for reason in why for row in reason.get("constraints", ()))
    return [(str(state), f"{found[state]} {words[found[state] > 1]}") for state, words in _FEW.items() if found[state]]


def in_words(why: Iterable[Mapping[str, Any]]) -> str:
    """All the reasons kept with a candidate as one text, with what it says of the constraints and both quotes."""
    told = []
    for reason in why:
        told.append(reason.get("sentence", ""))
        if rows := reason.get("constraints"):
            day = format_date(date.fromisoformat(reason["said_on"]))
            told.append(f"Contraintes, d'après elle seule ({day}) : {' ; '.join(map(_row_in_words, rows))}.")
    return " ".join(told)


def _row_in_words(row: Mapping[str, Any]) -> str:
    quoted = f", elle dit « {' » et « '.join(row['told'])} »" if row["told"] else ""
    return f"{row['label']} {state_words(row['state'])} (demandé : « {row['asked']} »{quoted})"
