"""Refusals and state tables: the same guard answers the button, the action and the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

State = TypeVar("State")
Verb = TypeVar("Verb")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an act is not possible now: a stable code for programs, a French sentence for the person."""

    code: str
    sentence: str


class Refused(Exception):
    """An action was refused; nothing was written. Carries the `Refusal`, and the field it concerns if any."""

    def __init__(self, refusal: Refusal, field: str | None = None) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.field = field

    @property
    def sentence(self) -> str:
        return self.refusal.sentence


def refuse(code: str, sentence: str, field: str | None = None) -> Refused:
    """Build the exception to raise: `raise refuse("too_late", "La date limite est passée.")`."""
    return Refused(Refusal(code, sentence), field)


def next_state(table: Mapping[tuple[State, Verb], State], state: State, verb: Verb, sentence: str) -> State:
    """Return the state after `verb`; raise `Refused` with `sentence` when the table has no such transition."""
    try:
        return table[(state, verb)]
    except KeyError:
        raise refuse("wrong_state", sentence) from None
