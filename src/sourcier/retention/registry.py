"""What higher rooms declare: what an erasure empties, what keeps an address, when a firm was last asked, how to name things."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet

from sourcier.kernel.transitions import Refusal

ERASED = "(effacé)"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is erased: of an operation, the answers not chosen alone (`losing`), or the whole; else a firm or a person."""

    organisation_id: UUID
    kind: str
    subject_id: UUID
    losing: bool = False


@dataclass(slots=True)
class Emptied:
    """What one room gives up: values to write over rows, rows that leave, files let go, entries whose content goes.

    `wholesale` and `removed` are of rows that no entry vouches for, however many.

    `entries` are asked of what vouches for the rows: `whole` says that every content of the operation goes.
    """

    changes: list[tuple[Model, dict[str, Any]]] = field(default_factory=list)
    gone: list[Model] = field(default_factory=list)
    files: set[UUID] = field(default_factory=set)
    verbs: tuple[str, ...] = ()
    wholesale: list[tuple[QuerySet[Any], dict[str, Any]]] = field(default_factory=list)
    removed: list[QuerySet[Any]] = field(default_factory=list)

    def empty_all(self, rows: QuerySet[Any], **values: Any) -> None:
        """Write the same values over all of these rows."""
        self.wholesale.append((rows, values))

    def empty(self, rows: Iterable[Model], **values: Any) -> None:
        """Write these values over each row; a function makes the value from the row."""
        for row in rows:
            self.changes.append((row, {name: made(row) if callable(made) else made for name, made in values.items()}))


@dataclass(frozen=True, slots=True)
class Trace:
    """One place where a person's data stand: in which words, since when, in which purchase, and why they stay, if they must.

    `contact_id`: the address or telephone that may be corrected, or erased when `kept` is empty. `page`: where it is erased.
    """

    what: str
    words: str
    at: datetime | None = None
    operation_id: UUID | None = None
    contact_id: UUID | None = None
    firm_id: UUID | None = None
    kept: str = ""
    page: str = ""


Finder = Callable[[UUID, str], Iterable[Trace]]
Eraser = Callable[[Scope], Emptied]
Keeper = Callable[[UUID, str], Refusal | None]
LastContact = Callable[[UUID, Collection[UUID]], Mapping[UUID, date]]
Namer = Callable[[UUID, Collection[UUID]], Mapping[UUID, str]]

ERASERS: dict[str, list[Eraser]] = {}
KEEPERS: list[Keeper] = []
LAST_CONTACTS: list[LastContact] = []
NAMERS: dict[str, Namer] = {}
FINDERS: list[Finder] = []


def register_eraser(eraser: Eraser, *kinds: str) -> None:
    """Ask `eraser(scope)` what it gives up when a record of one of these kinds is erased. It writes nothing itself."""
    for kind in kinds:
        if eraser not in (known := ERASERS.setdefault(kind, [])):
            known.append(eraser)


def register_keeper(keeper: Keeper) -> None:
    """Ask `keeper(organisation, address)` why an address may not be forgotten yet."""
    if keeper not in KEEPERS:
        KEEPERS.append(keeper)


def register_last_contact(reader: LastContact) -> None:
    """`reader(organisation, firms)` gives the day of the last contact of those it knows; it tells nothing that is sealed."""
    if reader not in LAST_CONTACTS:
        LAST_CONTACTS.append(reader)


def register_namer(namer: Namer, *kinds: str) -> None:
    """`namer(organisation, subjects)` gives the words by which people know the subjects of these kinds."""
    for kind in kinds:
        NAMERS[kind] = namer


def register_finder(finder: Finder) -> None:
    """`finder(organisation, text)` gives where this text stands in what people read; nothing that is sealed."""
    if finder not in FINDERS:
        FINDERS.append(finder)


def names(organisation_id: UUID, kind: str, subjects: Collection[UUID]) -> Mapping[UUID, str]:
    """How people know these subjects; those whose room no longer knows them are left out."""
    return NAMERS[kind](organisation_id, subjects) if subjects and kind in NAMERS else {}
