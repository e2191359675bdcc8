"""What the panel page shows of its balanced proposals, and the form that asks for one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from sourcier.kernel.geodesy import format_distance
from sourcier.sourcing.balanced import FEWEST, MOST, USUAL
from sourcier.sourcing.models import Candidate, Draw, Sourcing

OF_ONE = {
    "near": "proche", "far": "plus loin", "young": "moins de cinq ans", "old": "plus ancienne",
    "micro": "moins de dix salariés", "larger": "plus grande", "new": "jamais interrogée",
}  # fmt: skip
NOBODY_NEW = "la ville a déjà interrogé toutes celles de la liste"


class DrawForm(forms.Form):
    """« Proposez-m'en 12 »; `again` when there was a draw already."""

    count = forms.IntegerField(label="Combien d'entreprises ?", min_value=FEWEST, max_value=MOST, initial=USUAL)
    reason = forms.CharField(
        label="Pourquoi tirer de nouveau ?", max_length=500, required=False,
        help_text="Le dossier gardera votre raison, et tous les tirages.",
    )  # fmt: skip

    def __init__(self, again: bool, *args: Any) -> None:
        super().__init__(*args)
        wrong = f"Demandez de {FEWEST} à {MOST} entreprises."
        self.fields["count"].error_messages |= dict.fromkeys(("required", "invalid", "min_value", "max_value"), wrong)
        if not again:
            del self.fields["reason"]


@dataclass(frozen=True, slots=True)
class Line:
    """One firm proposed: where it stands, in words, and what was decided of it since."""

    siret: str
    name: str
    words: str
    state: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A draw as the page tells it. `to_keep`: how many of its firms nobody has decided on."""

    draw: Draw
    fair: str
    lines: tuple[Line, ...]
    to_keep: int


def draws_of(sourcing: Sourcing, candidates: Sequence[Candidate]) -> list[Shown]:
    """Every draw of the consultation, the first one first."""
    states = {candidate.firm.siret: candidate.state for candidate in candidates}
    return [_shown(draw, states) for draw in sourcing.draws.select_related("made_by")]


def _shown(draw: Draw, states: Mapping[str, str]) -> Shown:
    lines = tuple(_line(each, states.get(each["siret"], "")) for each in draw.proposed)
    return Shown(draw, _fair(draw), lines, sum(not line.state for line in lines))


def _line(each: Mapping[str, Any], state: str) -> Line:
    far = [format_distance(each["distance_m"])] if each["distance_m"] is not None else []
    return Line(each["siret"], each["name"], " · ".join([*far, *(OF_ONE[group] for group in each["groups"])]), state)


def _fair(draw: Draw) -> str:
    """How many of each side, and whether those never asked have their third."""
    has = {group: sum(group in each["groups"] for each in draw.proposed) for group in OF_ONE}
    seats, never = len(draw.proposed), has["new"]
    third = "" if never * 3 >= seats else "\N{NO-BREAK SPACE}: toutes celles de la liste"
    asked = f"{never} jamais interrogée{'s' if never > 1 else ''} par la ville{third}" if never else NOBODY_NEW
    told = (
        f"{has['near']} parmi les plus proches, {has['far']} plus loin",
        f"{has['young']} de moins de cinq ans, {has['old']} plus ancienne{'s' * (has['old'] > 1)}",
        f"{has['micro']} de moins de dix salariés, {has['larger']} plus grande{'s' * (has['larger'] > 1)}",
        asked,
    )
    return "\N{NO-BREAK SPACE}; ".join(told) + "."
