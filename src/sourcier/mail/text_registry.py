"""What higher rooms want to know of their SMS afterwards."""

from collections.abc import Callable

from sourcier.mail.models import OutgoingText

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
