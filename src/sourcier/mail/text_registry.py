"""What higher rooms want to know of their SMS afterwards, and tell of those that come."""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Model

from sourcier.mail.models import IncomingText, OutgoingText
from sourcier.mail.registry import Addressee

Finder = Callable[[str], Addressee | None]
Arrival = Callable[[IncomingText], object]
Stop = Callable[[UUID, str, datetime], Iterable[Model]]
_FINDERS: list[Finder] = []
_ARRIVALS: list[Arrival] = []
_STOPS: list[Stop] = []
TextHandler = Callable[[OutgoingText], object]
_HANDLERS: dict[str, list[TextHandler]] = {}


def on_text_result(kind: str, handler: TextHandler) -> None:
    """Call `handler(text)` when a text of that kind is sent, has failed, or is told to be lost, in the same transaction."""
    handlers = _HANDLERS.setdefault(kind, [])
    if handler not in handlers:
        handlers.append(handler)


def handlers(kind: str) -> tuple[TextHandler, ...]:
    """The handlers of a kind, in the order they came."""
    return tuple(_HANDLERS.get(kind, ()))


def find_asked_with(finder: Finder) -> None:
    """`finder(number)` says which firm was asked last at that number."""
    if finder not in _FINDERS:
        _FINDERS.append(finder)


def asked_at(number: str) -> Addressee | None:
    """Who was asked last at that number; None when nobody was."""
    return next((found for finder in _FINDERS if (found := finder(number))), None)


def on_text_arrival(handler: Arrival) -> None:
    """Call `handler(text)` once an SMS to an operation is kept, in the same transaction."""
    if handler not in _ARRIVALS:
        _ARRIVALS.append(handler)


def arrivals() -> tuple[Arrival, ...]:
    return tuple(_ARRIVALS)


def on_stop(handler: Stop) -> None:
    """Call `handler(organisation_id, number, at)` when a number says « STOP »; it returns the rows that it changed."""
    if handler not in _STOPS:
        _STOPS.append(handler)


def stops() -> tuple[Stop, ...]:
    return tuple(_STOPS)
