"""What a higher room tells accounts: what to write when somebody leaves, or comes back."""

from collections.abc import Callable
from uuid import UUID

from django.db.models import Model

# `(organisation, user) -> rows`, which the entry of the departure or of the return vouches for.
Writer = Callable[[UUID, UUID], list[Model]]
_DEPARTURES: list[Writer] = []
_RETURNS: list[Writer] = []


def on_departure(writer: Writer) -> None:
    """Write with the deactivation of a person, in its transaction."""
    if writer not in _DEPARTURES:
        _DEPARTURES.append(writer)


def on_return(writer: Writer) -> None:
    """Write with the reactivation of a person, in its transaction."""
    if writer not in _RETURNS:
        _RETURNS.append(writer)


def departed(organisation_id: UUID, user_id: UUID) -> list[Model]:
    """The rows written as this person leaves."""
    return [row for writer in _DEPARTURES for row in writer(organisation_id, user_id)]


def returned(organisation_id: UUID, user_id: UUID) -> list[Model]:
    """The rows written as this person comes back."""
    return [row for writer in _RETURNS for row in writer(organisation_id, user_id)]
