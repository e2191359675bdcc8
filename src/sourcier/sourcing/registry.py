"""What a higher room tells this one: how a price may become a mark, in the words that the firms will read."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PriceFormula:
    """A formula as announced: `label` for the buyer's list, `sentence` for the firms."""

    label: str
    sentence: str


PRICE_FORMULAS: dict[str, PriceFormula] = {}


def register_price_formulas(formulas: Mapping[str, tuple[str, str]]) -> None:
    """Add formulas, `{id: (label, sentence)}`. The first one registered is the one proposed."""
    for identifier, (label, sentence) in formulas.items():
        PRICE_FORMULAS[identifier] = PriceFormula(label, sentence)
