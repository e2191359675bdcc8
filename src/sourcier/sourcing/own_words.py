"""What registered firms say of themselves, compared with the words of a need. Nobody checked it: it is worth little."""

import re
from collections.abc import Iterable
from itertools import chain

from sourcier.kernel.french import fold
from sourcier.matching.words import COMMON, words
from sourcier.needs.models import Need
from sourcier.register.scorers import NEUTRAL, Said
from sourcier.suppliers.models import FirmPlace

QUOTED = 3
LONGEST = 80
ONE, MORE = (NEUTRAL + 100) // 2, 100
"""Points of one thing said that the need asks for, and of two or more: stuffing a page with words brings nothing more."""

_CLAUSE = re.compile(r"[.;:!?\n•]|,(?!\d)| - ")
_HOUR = re.compile(r"\b(\d{1,2}) ?h(?:\b|(?=\d\d\b)|eures?\b)")
_UNLESS = re.compile(r"\b(?:ne|n|ni|non|pas|plus de|sans|sauf|aucune?|jamais|hors)\b")
# « Jours », « rue »… apart, these are what every trade says: they answer no need.
_SAYS_LITTLE = COMMON | {"entrepris", "societ", "client", "qualit", "equip", "ouvert", "sur"}


def of(need: Need) -> dict[str, Said]:
    """SIRET → what the firm says that answers the need, among those that described themselves to this city."""
    wanted = (need.sentence, need.title, need.what, need.how_much, *need.lots.values_list("title", flat=True))
    told = FirmPlace.objects.filter(firm__organisation=need.organisation_id, saved_at__isnull=False)
    found = {}
    for siret, *texts in told.values_list("firm__siret", "words", "hours", "quantities", "labels"):
        if said := compare(wanted, texts):
            found[siret] = said
    return found


def compare(wanted: Iterable[str], told: Iterable[str]) -> Said | None:
    """The clauses that share a word or an hour with the need, in the firm's own words; None when none does.

    A clause that denies (« pas de livraison », « sauf le dimanche ») is never one of them. Pure.
    """
    asked: set[str] = set().union(*(_terms(text) for text in wanted))
    shared: set[str] = set()
    quoted = []
    for clause in chain.from_iterable(_CLAUSE.split(text) for text in told):
        common = set() if _UNLESS.search(fold(clause)) else _terms(clause) & asked
        if common - shared:
            quoted.append(_short(clause))
        shared |= common
    return Said(MORE if len(shared) > 1 else ONE, tuple(quoted[:QUOTED])) if shared else None


def _terms(text: str) -> set[str]:
    """Stems that tell something, and hours."""
    stems = {word.stem for word in words(text)} - _SAYS_LITTLE
    return stems | {f"{int(hour)} h" for hour in _HOUR.findall(fold(text))}


def _short(clause: str) -> str:
    text = " ".join(clause.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rsplit(' ', 1)[0]}…"
