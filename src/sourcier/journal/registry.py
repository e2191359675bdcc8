"""What higher rooms tell the journal about themselves, from their `apps.py`: verbs, and rows that entries vouch for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Model


@dataclass(frozen=True, slots=True)
class Verb:
    """One kind of entry. `sentence` is French with `{keys}` of the payload; `sealed` entries are hidden until the opening.

    `anchored`: a third party is asked to stamp the time right after it, without waiting for the next day. `overrules`: somebody
    goes past what the tool refused or advised, and says why.
    """

    id: str
    sentence: str
    personal: tuple[str, ...] = ()
    sealed: bool = False
    anchored: bool = False
    overrules: bool = False


@dataclass(frozen=True, slots=True)
class RowKind:
    """Fields of a model whose last journalled values must equal those of the database.

    `settled` (a filter) leaves aside rows that no entry vouches for yet: a message that waits, a draft. `strays` says that one
    without an entry is no fault: a file kept on the disk for an action that was then refused.
    """

    kind: str
    model: type[Model]
    organisation: str
    fields: tuple[str, ...]
    settled: Mapping[str, Any] = field(default_factory=dict)
    strays: bool = False


VERBS: dict[str, Verb] = {}
ROWS: dict[type[Model], RowKind] = {}
# `(log, sha256) -> fault`: `missing`, `damaged`, or empty when the document is whole.
DOCUMENTS: list[Callable[[UUID, str], str]] = []


class Unknown(LookupError):
    """A verb or a row kind that no room has registered."""


def register_verbs(verbs: Iterable[Verb]) -> None:
    """Add the verbs of a room; an id may be registered once."""
    for verb in verbs:
        if VERBS.setdefault(verb.id, verb) != verb:
            raise ValueError(f"verb {verb.id} registered twice")


def register_rows(
    kind: str,
    model: type[Model],
    *,
    organisation: str,
    fields: Iterable[str],
    settled: Mapping[str, Any] | None = None,
    strays: bool = False,
) -> None:
    """Declare the fields of `model` that entries vouch for; `organisation` is the lookup path to the organisation's id."""
    if any(known.kind == kind and known.model is not model for known in ROWS.values()):
        raise ValueError(f"kind {kind} registered twice")
    ROWS[model] = RowKind(kind, model, organisation, tuple(fields), settled or {}, strays)


def register_documents(fault: Callable[[UUID, str], str]) -> None:
    """Declare who keeps the documents that entries cite, and can read one again."""
    if fault not in DOCUMENTS:
        DOCUMENTS.append(fault)


def plain(value: Any) -> Any:
    """A field value as the journal writes it: UUID as 32 hex digits, moments as UTC milliseconds, dates in ISO form."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def key_of(field: str) -> str:
    """The key of a column in a snapshot: « kind_ » for a column named like one of the snapshot's own keys."""
    return f"{field}_" if field in ("kind", "id", "gone") else field


def snapshot(row: Model) -> dict[str, Any]:
    """`{"kind", "id", field: value…}` of a registered row. Raises `Unknown`."""
    known = _kind(row)
    values = {key_of(field): plain(row._meta.get_field(field).to_python(getattr(row, field))) for field in known.fields}
    return {"kind": known.kind, "id": str(plain(row.pk)), **values}


def key_of_row(row: Model) -> tuple[str, str]:
    """`(kind, id)` by which entries name a registered row. Raises `Unknown`."""
    return _kind(row).kind, str(plain(row.pk))


def departure(row: Model) -> dict[str, Any]:
    """`{"kind", "id", "gone": true}` of a registered row that is deleted. Raises `Unknown`."""
    if row.pk is None:
        raise ValueError("the row has forgotten its id: delete it by a queryset")
    return {"kind": _kind(row).kind, "id": str(plain(row.pk)), "gone": True}


def _kind(row: Model) -> RowKind:
    try:
        return ROWS[type(row)]
    except KeyError:
        raise Unknown(f"rows of {type(row).__name__} are not registered") from None
