"""The keys that a log had one after the other, and what links each to the one before.

A renewal is signed by the key that goes: who knows that one may believe the next. A key lost or stolen signs nothing: who
compared it must compare the next one too.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sourcier.kernel.french import format_moment
from sourcier.kernel.notes import BadNote, decode_base64, open_note

RENEWED, LOST, STOLEN = "key.renewed", "key.lost", "key.stolen"
CHANGES = frozenset({RENEWED, LOST, STOLEN})
KEY_LENGTH = 32


class Span(NamedTuple):
    """From which size of the tree a key signs its checkpoints."""

    since: int
    public_key: bytes


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What an entry says of a change of key. `doubtful_since`: milliseconds, of a stolen one."""

    index: int
    verb: str
    old: bytes
    new: bytes
    statement: str = ""
    doubtful_since: int = 0


def statement(origin: str, old: bytes, new: bytes) -> str:
    """The text that the key that goes signs."""
    return f"{origin}\nkey.renewed\n{_text(old)}\n{_text(new)}\n"


def payload(old: bytes, new: bytes, **more: Any) -> dict[str, Any]:
    """What the entry of a change says to programs."""
    return {"old_key": _text(old), "new_key": _text(new), **more}


def read(index: int, verb: str, said: Mapping[str, Any]) -> Change:
    """The change that an entry tells. Raises `ValueError`, `KeyError` or `TypeError` for what is none."""
    old, new = decode_base64(said["old_key"]), decode_base64(said["new_key"])
    if len(old) != KEY_LENGTH or len(new) != KEY_LENGTH:
        raise ValueError("a key has 32 bytes")
    return Change(index, verb, old, new, str(said.get("statement", "")), int(said.get("since", 0)))


def line_of(current: bytes, changes: Sequence[Change]) -> Line:
    """The keys in order, from what their changes say; without any, the only one."""
    first = changes[0].old if changes else current
    return (Span(0, first), *(Span(change.index + 1, change.new) for change in changes))


def key_at(line: Line, size: int) -> bytes:
    """The key that signs a checkpoint of that size."""
    return next(span.public_key for span in reversed(line) if span.since <= size or span.since == 0)


def linked(change: Change, origin: str) -> bool:
    """Did the key that went sign the one that came?"""
    if change.verb != RENEWED:
        return False
    try:
        return open_note(change.statement, origin, change.old) == statement(origin, change.old, change.new)
    except BadNote:
        return False


def vouched(known: bytes, line: Line, changes: Iterable[Change], origin: str) -> bool:
    """Is the last key of the line known, to who knows that one?"""
    sure = known == line[0].public_key
    for change in changes:
        sure = change.new == known or (sure and linked(change, origin))
    return sure


def told(change: Change) -> str:
    """How this key came to an end. Without the number of its entry, which would count closed answers on a page."""
    if change.verb == RENEWED:
        return "renouvelée, et la suivante est signée par elle"
    if change.verb == LOST:
        return "déclarée perdue : comparez aussi l'empreinte de la suivante"
    since = format_moment(datetime.fromtimestamp(change.doubtful_since / 1000, UTC))
    return f"déclarée volée, ses signatures sont douteuses depuis le {since} : comparez aussi l'empreinte de la suivante"


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()
