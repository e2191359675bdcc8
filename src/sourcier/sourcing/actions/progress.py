"""What happens to a sourcing after its deadline, moved by `quotes`, whose entries carry the row: none is written here."""

from datetime import datetime

from sourcier.kernel.transitions import refuse
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.rules import WRONG_STATE, Verb, after


def mark_opened(sourcing: Sourcing, at: datetime) -> Sourcing:
    """CLOSED → OPENED. Raises `Refused`."""
    return _move(sourcing, Verb.OPEN_ANSWERS, opened_at=at)


def mark_chosen(sourcing: Sourcing, at: datetime) -> Sourcing:
    """OPENED → CHOSEN, once every lot is decided. Raises `Refused`."""
    return _move(sourcing, Verb.CHOOSE, chosen_at=at)


def mark_done(sourcing: Sourcing) -> Sourcing:
    """CHOSEN → DONE, once everyone is told. Raises `Refused`."""
    return _move(sourcing, Verb.FINISH)


def mark_ended(sourcing: Sourcing, at: datetime, reason: str) -> Sourcing:
    """OPENED → ENDED, without a choice. Raises `Refused`."""
    return _move(sourcing, Verb.END_OPENED, ended_at=at, ending_reason=reason)


def _move(sourcing: Sourcing, verb: Verb, **fields: object) -> Sourcing:
    state = after(sourcing.state, verb)
    if state is None:
        raise refuse("wrong_state", WRONG_STATE[verb])
    sourcing.state = state
    for name, value in fields.items():
        setattr(sourcing, name, value)
    sourcing.save(update_fields=["state", *fields])
    return sourcing
