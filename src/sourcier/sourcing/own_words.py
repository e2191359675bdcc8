"""What registered firms say of themselves, compared with the words of a need. Nobody checked it: it is worth little.

Words that meet those of the need give a few points. Constraints of the need, met or not by what a firm says, give and take
none: they inform, and may narrow the list (docs/decisions/0014-constraints-inform.md).
"""

import re
from collections.abc import Collection, Iterable
from itertools import chain

from sourcier.kernel.french import fold
from sourcier.matching.words import COMMON, words
from sourcier.needs.models import Need
from sourcier.needs.refining.answers import given
from sourcier.register.scorers import NEUTRAL, Said
from sourcier.sourcing import constraints
from sourcier.suppliers.models import FirmPlace
from sourcier.suppliers.queries import ticked

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
    described = (need.sentence, need.title, need.what, need.how_much)
    wanted = (*described, *given(need.details), *need.lots.values_list("title", flat=True))
    asked = constraints.of(need)
    told = FirmPlace.objects.filter(firm__organisation=need.organisation_id, saved_at__isnull=False).select_related("firm")
    found = {}
    for place in told:
        texts = (place.words, place.hours, place.quantities, place.labels, *ticked(place))
        answered = constraints.answers(asked, place)
        said = compare(wanted, texts, constraints.refusing(answered))
        if said or answered:
            points, quoted = (said.points, said.words) if said else (NEUTRAL, ())
            found[place.firm.siret] = Said(points, quoted, constraints.kept(answered, place))
    return found


def compare(wanted: Iterable[str], told: Iterable[str], against: Collection[str] = ()) -> Said | None:
    """The clauses that share a word or an hour with the need, in the firm's own words; None when none does.

    A clause that denies (« pas de livraison », « sauf le dimanche »), or is among the words `against`, is never one of them;
    nor does the need ask for what it denies (« sans minimum de commande »).
    Pure.
    """
    asked: set[str] = set().union(*(_terms(_UNLESS.split(fold(each))[0]) for text in wanted for each in _CLAUSE.split(text)))
    shared: set[str] = set()
    quoted = []
    for clause in chain.from_iterable(_CLAUSE.split(text) for text in told):
        denies = _UNLESS.search(fold(clause)) or any(_short(clause) in quote for quote in against)
        common = set() if denies else _terms(clause) & asked
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
