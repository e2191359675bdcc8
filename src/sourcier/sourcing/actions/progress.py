"""The states that the room above moves on (opening, choice, end). No entry of their own: the caller puts the row in `rows=`."""

from datetime import datetime

from django.db.models import Model

from sourcier.accounts.models import User
from sourcier.kernel.transitions import refuse
from sourcier.needs.models import Need
from sourcier.sourcing import rules
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.queries import ALIVE
from sourcier.sourcing.rules import Verb


def _move(sourcing: Sourcing, verb: Verb) -> None:
    state = rules.after(sourcing.state, verb)
    if state is None:
        raise refuse("wrong_state", rules.WRONG_STATE[verb])
    sourcing.state = state
    sourcing.next_check = None


def mark_opened(sourcing: Sourcing, at: datetime) -> Sourcing:
    """The answers are open; `sourcing` is already locked by the caller. Raises `Refused`."""
    _move(sourcing, Verb.OPEN_ANSWERS)
    sourcing.opened_at = at
    sourcing.save()
    return sourcing


def mark_chosen(sourcing: Sourcing, at: datetime) -> Sourcing:
    """A choice is made, for one lot or for the whole; again for each lot. Raises `Refused`."""
    _move(sourcing, Verb.CHOOSE)
    sourcing.chosen_at = sourcing.chosen_at or at
    sourcing.save()
    return sourcing


def mark_done(sourcing: Sourcing, at: datetime) -> Sourcing:
    """Everyone is told (or, for information, everything is read). Raises `Refused`."""
    _move(sourcing, Verb.FINISH)
    sourcing.ended_at = at
    sourcing.save()
    return sourcing


def mark_ended(sourcing: Sourcing, at: datetime, reason: str) -> Sourcing:
    """Ended without a choice, after the opening. Raises `Refused`."""
    _move(sourcing, Verb.END_OPENED)
    sourcing.ended_at = at
    sourcing.ending_reason = reason
    sourcing.save()
    return sourcing


def give_lead(need: Need, buyer: User) -> list[Model]:
    """The consultations in progress of a need go to its new buyer. For the room below, which puts the rows in its entry."""
    found = list(Sourcing.objects.select_for_update().filter(need=need, state__in=ALIVE).order_by("created_at"))
    for sourcing in found:
        sourcing.buyer = buyer
        sourcing.save(update_fields=["buyer"])
    return list(found)
