"""How France buys what a need asks for, when published contracts were learned: information, which gives no firm a point."""

from collections.abc import Collection
from datetime import date

from django.utils import timezone

from sourcier.kernel.activities import NAF_REV2
from sourcier.matching.learned import Bought
from sourcier.needs import learned
from sourcier.needs.models import Need
from sourcier.needs.queries.reading import words
from sourcier.register.search import followed


def bought(need: Need, nomenclature: str = NAF_REV2) -> tuple[Bought, ...]:
    """What those who won published contracts like this need do, most contracts first; empty when nothing was learned.

    A firm that bears the other nomenclature alone counts for each activity that corresponds to its own.
    """
    found = learned.usable()
    if found is None:
        return ()
    cpv = need.family.cpv if need.family else ""
    return found.index.activities(words(need), cpv, nomenclature=nomenclature, followed=followed())


def learned_on() -> date | None:
    """The day when the published contracts were read, None when nothing was learned."""
    found = learned.usable()
    return timezone.localdate(found.report.learned_at) if found else None


def won(need: Need, sirets: Collection[str]) -> dict[str, int]:
    """SIRET → published contracts like this need, for those of these firms that won some."""
    found = learned.usable()
    return found.index.won(words(need), sirets) if found else {}
