"""A purchase as the sums and the search for splits read it: an order, a commitment or a need, whatever it came from."""

from dataclasses import dataclass
from datetime import date

from sourcier.law.book import WORKS

ORDER, COMMITMENT, NEED = "order", "commitment", "need"


@dataclass(frozen=True, slots=True)
class Purchase:
    """`amount_cents` before tax; empty text where nothing is known. `operation` explains it: competition was made there."""

    id: str
    source: str
    on: date
    kind: str
    family: str
    supplier: str
    words: str
    place: str
    department: str
    amount_cents: int
    operation: str = ""

    @property
    def is_works(self) -> bool:
        return self.kind == WORKS


def in_order(purchase: Purchase) -> tuple[date, str, str, int, str, str, str]:
    """By day; then by what cannot depend on the order they were given in."""
    return (
        purchase.on, purchase.source, purchase.id, purchase.amount_cents, purchase.words, purchase.family, purchase.supplier
    )  # fmt: skip
