"""What higher rooms add to their messages as they leave, and want to know of them afterwards."""

from collections.abc import Callable

from sourcier.mail.models import OutgoingMessage

Handler = Callable[[OutgoingMessage], object]
Proof = Callable[[OutgoingMessage], tuple[str, str] | None]
_HANDLERS: dict[str, list[Handler]] = {}
_PROOFS: dict[str, Proof] = {}


def on_result(kind: str, handler: Handler) -> None:
    """Call `handler(message)` when a message of that kind is SENT or FAILED, in the transaction that records it.

    It may write rows and journal entries.
    """
    handlers = _HANDLERS.setdefault(kind, [])
    if handler not in handlers:
        handlers.append(handler)


def handlers(kind: str) -> tuple[Handler, ...]:
    """The handlers of a kind, in the order they came."""
    return tuple(_HANDLERS.get(kind, ()))


def prove_with(kind: str, proof: Proof) -> None:
    """Join `(name, text)` to each message of that kind as it leaves: a signature is made for the tree of that moment."""
    _PROOFS[kind] = proof


def proof_for(message: OutgoingMessage) -> tuple[str, str] | None:
    """The proof to join to this message, if its kind has one."""
    proof = _PROOFS.get(message.kind)
    return proof(message) if proof else None
