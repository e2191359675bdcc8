"""What a higher room tells this one: how a price may become a mark, and what forbids to begin another request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sourcier.kernel.transitions import Refusal


@dataclass(frozen=True, slots=True)
class PriceFormula:
    """A formula as announced: `label` for the buyer's list, `sentence` for the firms."""

    label: str
    sentence: str


PRICE_FORMULAS: dict[str, PriceFormula] = {}


Guard = Callable[[UUID], Refusal | None]
START_GUARDS: list[Guard] = []


def guard_start(guard: Guard) -> None:
    """Ask `guard(need_id)` before another request of a need begins."""
    if guard not in START_GUARDS:
        START_GUARDS.append(guard)


def register_price_formulas(formulas: Mapping[str, tuple[str, str]]) -> None:
    """Add formulas, `{id: (label, sentence)}`. The first one registered is the one proposed."""
    for identifier, (label, sentence) in formulas.items():
        PRICE_FORMULAS[identifier] = PriceFormula(label, sentence)
