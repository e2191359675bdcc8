"""What higher rooms tell needs from their `apps.py`: where the asking of firms is, and what forbids to close a need."""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from django.db.models import Model

from sourcier.accounts.models import User
from sourcier.kernel.transitions import Refusal
from sourcier.needs.models import Need
from sourcier.needs.standing_rules import Asking

Reader = Callable[[Collection[UUID]], Mapping[UUID, Asking]]
_READERS: list[Reader] = []
Guard = Callable[[UUID], Refusal | None]
_CLOSE_GUARDS: list[Guard] = []


def register_asking(reader: Reader) -> None:
    """`reader` maps the ids of needs to their consultation in progress, else the last one; it leaves out those with none."""
    if reader not in _READERS:
        _READERS.append(reader)


def askings(need_ids: Collection[UUID]) -> dict[UUID, Asking]:
    """Where the asking is for these needs, in one query whatever their number."""
    if not need_ids:
        return {}
    return {need_id: asking for reader in _READERS for need_id, asking in reader(need_ids).items()}


def is_live(need_id: UUID) -> bool:
    """A consultation is in progress for this need, prepared or sent."""
    asking = askings([need_id]).get(need_id)
    return asking is not None and asking.live


Lead = Callable[[Need, User], list[Model]]
_LEADS: list[Lead] = []


def register_lead(lead: Lead) -> None:
    """`lead(need, buyer)` gives what is in progress for this need to its new buyer, and the rows that changed."""
    if lead not in _LEADS:
        _LEADS.append(lead)


def lead_given(need: Need, buyer: User) -> list[Model]:
    """The new buyer leads what higher rooms have in progress too."""
    return [row for lead in _LEADS for row in lead(need, buyer)]


def guard_close(guard: Guard) -> None:
    """Ask `guard(need_id)` before a need is closed by hand."""
    if guard not in _CLOSE_GUARDS:
        _CLOSE_GUARDS.append(guard)


def close_refusal(need_id: UUID) -> Refusal | None:
    """Why this need may not be closed yet, whoever asks."""
    return next((refusal for guard in _CLOSE_GUARDS if (refusal := guard(need_id))), None)
