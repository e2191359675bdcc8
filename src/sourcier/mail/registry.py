"""What higher rooms add to their messages as they leave, and want to know of them afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sourcier.mail.incoming import Incoming
from sourcier.mail.models import IncomingMessage, OutgoingMessage


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whose reply address it is: its operation, the key that seals what comes, how the firm is named, from where it writes."""

    organisation_id: UUID
    operation_id: UUID
    sealed_under: UUID
    subject_id: UUID
    author_id: UUID
    named: str
    address: str


Finder = Callable[[str], Addressee | None]
Arrival = Callable[[IncomingMessage, Incoming], object]
_FINDERS: list[Finder] = []
_ARRIVALS: list[Arrival] = []
Handler = Callable[[OutgoingMessage], object]
Proof = Callable[[OutgoingMessage], tuple[str, str] | None]
Address = Callable[[OutgoingMessage], str]
_STOPS: dict[str, Address] = {}
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


def stop_with(kind: str, address: Address) -> None:
    """The messages of that kind say how not to get them any more, in one tap (RFC 8058): `address(message)` takes a POST."""
    _STOPS[kind] = address


def stop_headers(message: OutgoingMessage) -> dict[str, str]:
    """What makes a mail program show its own button."""
    address = _STOPS[message.kind](message) if message.kind in _STOPS else ""
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if address else {}


def find_addressees_with(finder: Finder) -> None:
    """`finder(token)` says whose reply address holds that token."""
    if finder not in _FINDERS:
        _FINDERS.append(finder)


def addressee(token: str) -> Addressee | None:
    """Whose reply address holds that token; None when nobody knows it."""
    return next((found for finder in _FINDERS if token and (found := finder(token))), None)


def on_arrival(handler: Arrival) -> None:
    """Call `handler(row, message)` once a message to an operation is kept; it has its own transactions and marks the row done.

    What it raises loses nothing: it is called again at the next tick.
    """
    if handler not in _ARRIVALS:
        _ARRIVALS.append(handler)


def arrivals() -> tuple[Arrival, ...]:
    return tuple(_ARRIVALS)
