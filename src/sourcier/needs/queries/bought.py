"""How France buys what a need asks for, when published contracts were learned: information, which gives no firm a point."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sourcier.matching.learned import Bought
from sourcier.needs import learned
from sourcier.needs.models import Need
from sourcier.needs.queries.reading import words


@dataclass(frozen=True, slots=True)
class Won:
    """SIRET → published contracts like a need, for the firms that won some; and the day when the file was read."""

    contracts: dict[str, int]
    read_on: date | None


def bought(need: Need) -> tuple[Bought, ...]:
    """What those who won published contracts like this need do, most contracts first; empty when nothing was learned."""
    found = learned.usable()
    return found.index.activities(words(need), need.family.cpv if need.family else "") if found else ()


def won(need: Need, sirets: Collection[str]) -> Won:
    """Which of these firms won published contracts like this need."""
    found = learned.usable()
    if found is None:
        return Won({}, None)
    return Won(found.index.won(words(need), sirets), found.report.learned_at.date())
