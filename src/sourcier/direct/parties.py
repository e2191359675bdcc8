"""Who sells: one firm by its SIRET, from the register or those that the city knows; several by a name, the nearest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sourcier.accounts.agents import Agent
from sourcier.kernel.geodesy import distance_m
from sourcier.kernel.identifiers import InvalidIdentifier, format_siret, parse_siret
from sourcier.kernel.transitions import refuse
from sourcier.register import search as register
from sourcier.register.establishment import Establishment
from sourcier.register.search import RegisterMissing
from sourcier.sourcing.known_firms import hidden_firms
from sourcier.suppliers import queries as suppliers
from sourcier.suppliers.actions.firms import UNDISCLOSED
from sourcier.suppliers.models import Firm

SUGGESTED = 4
SHORTEST = 3
READ = 40
Centre = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Party:
    """A firm to buy from. `source` is what `suppliers.actions.meet` copies; `known`: the city has met it."""

    siret: str
    name: str
    address: str
    known: bool
    distance_m: int | None
    source: Any

    @property
    def shown_siret(self) -> str:
        return format_siret(self.siret)


def siret_in(text: str) -> str:
    """The SIRET that was typed, in any spacing; empty when it is a name."""
    try:
        return parse_siret(text)
    except InvalidIdentifier:
        return ""


def party(agent: Agent, siret: str, around: Sequence[Centre] = ()) -> Party:
    """The firm of these 14 digits. Raises `Refused` when nobody knows it, or when it is closed."""
    known = _known(agent).filter(siret=siret).first()
    try:
        found = register.by_siret(siret)
    except RegisterMissing:
        found = None
    if found is not None:
        made = _of_register(found, known, around)
    elif known is not None:
        made = _of_city(known, around)
    else:
        raise refuse("unknown_siret", "Ce SIRET n'est pas dans le répertoire. Vérifiez-le sur le ticket ou la facture.", "who")
    if (found is not None and not found.active) or (known is not None and known.closed_at is not None):
        raise refuse("closed", f"{made.name} est fermée, d'après le répertoire. Vérifiez le SIRET.", "who")
    return made


def suggestions(agent: Agent, text: str, around: Sequence[Centre]) -> list[Party]:
    """The firms of that name, those that the city knows and the nearest first."""
    words = text.strip()[:100]
    if len(words) < SHORTEST:
        return []
    known = {firm.siret: firm for firm in suppliers.search(agent, words).filter(closed_at=None)[:READ]}
    hidden = set(Firm.objects.filter(pk__in=hidden_firms(agent.organisation.pk)).values_list("siret", flat=True))
    found = {siret: _of_city(firm, around) for siret, firm in known.items() if siret not in hidden}
    try:
        for each in register.by_name(words, READ):
            if each.active:
                found[each.siret] = _of_register(each, known.get(each.siret), around)
    except RegisterMissing:
        pass
    far = 10**9
    ranked = sorted(
        found.values(), key=lambda each: (not each.known, far if each.distance_m is None else each.distance_m, each.siret)
    )
    return ranked[:SUGGESTED]


def _known(agent: Agent) -> Any:
    """Not those known only by a notice whose answers are closed: it would tell that they answered."""
    return suppliers.visible(agent).exclude(pk__in=hidden_firms(agent.organisation.pk))


def _of_register(found: Establishment, known: Firm | None, around: Sequence[Centre]) -> Party:
    place = f"{found.address}, {found.postal_code} {found.commune}".strip(" ,")
    name = found.name if found.disclosed else UNDISCLOSED
    return Party(found.siret, name, place if found.disclosed else "", known is not None, _nearest(found, around), found)


def _of_city(firm: Firm, around: Sequence[Centre]) -> Party:
    place = f"{firm.address}, {firm.postal_code} {firm.commune}".strip(" ,")
    return Party(firm.siret, firm.name, place, True, _nearest(firm, around), firm)


def _nearest(placed: Establishment | Firm, around: Sequence[Centre]) -> int | None:
    if placed.lat_e6 is None or placed.lon_e6 is None or not around:
        return None
    return min(distance_m(lat, lon, placed.lat_e6, placed.lon_e6) for lat, lon in around)
