"""What higher rooms tell spend: the references of the operations, which finance software repeats on its orders."""

from collections.abc import Callable, Mapping
from uuid import UUID

References = Callable[[UUID], Mapping[str, UUID]]
_SOURCES: list[References] = []


def register_references(source: References) -> None:
    """`source(organisation id)` gives `{reference of an operation: its id}`."""
    _SOURCES.append(source)


def references(organisation_id: UUID) -> dict[str, UUID]:
    """All of them."""
    return {reference: key for source in _SOURCES for reference, key in source(organisation_id).items()}
