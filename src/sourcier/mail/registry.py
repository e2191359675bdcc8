"""What higher rooms want to know of their messages: called in the transaction that records the result."""

from collections.abc import Callable

from sourcier.mail.models import OutgoingMessage

Handler = Callable[[OutgoingMessage], object]
_HANDLERS: dict[str, list[Handler]] = {}


def on_result(kind: str, handler: Handler) -> None:
    """Call `handler(message)` when a message of that kind is SENT or FAILED; it may write rows and journal entries."""
    handlers = _HANDLERS.setdefault(kind, [])
    if handler not in handlers:
        handlers.append(handler)


def handlers(kind: str) -> tuple[Handler, ...]:
    """The handlers of a kind, in the order they came."""
    return tuple(_HANDLERS.get(kind, ()))
