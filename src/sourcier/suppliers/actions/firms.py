"""Firms met, and what they say of themselves. Those acts take the `Firm`: the rooms above have checked who speaks."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation
from sourcier.journal.actions import append
from sourcier.kernel.transitions import Refused, refuse
from sourcier.suppliers import queries, rules
from sourcier.suppliers.models import Firm

_COPIED = {
    "name": 200, "address": 200, "postal_code": 5, "commune": 80, "nomenclature": 10, "activity": 6, "size_class": 2,
    "category": 3,
}  # fmt: skip
_PLACED = ("lat_e6", "lon_e6", "created_on")
UNDISCLOSED = "Entreprise non diffusible"


def meet(organisation: Organisation, establishment: Any, origin: str) -> Firm:
    """The city's firm of that SIRET, created the first time from a register row, an object or a mapping of the same names.

    `origin` is "register", "manual" or "notice". A firm already met is returned as it is, with its wishes. No entry of its own:
    the caller, inside its transaction, puts the row in `rows=`.
    """
    return meet_many(organisation, [establishment], origin)[0]


def meet_many(organisation: Organisation, establishments: Iterable[Any], origin: str) -> list[Firm]:
    """`meet` in bulk, in the order given, each SIRET once: the number of queries does not grow with theirs."""
    given = {_fact(item, "siret"): item for item in establishments}
    known = known_firms(organisation, given)
    if missing := [_firm(organisation, item, origin) for siret, item in given.items() if siret not in known]:
        Firm.objects.bulk_create(missing, ignore_conflicts=True)
        known = known_firms(organisation, given)
    return [known[siret] for siret in given]


def unsubscribe(firm: Firm) -> Firm:
    """« Ne plus m'écrire »: for ever, for every purchase, by every channel. Saying it twice changes nothing."""
    return _wish(firm, "unsubscribed_at", "firm.unsubscribed")


def leave_trade(firm: Firm) -> Firm:
    """« Ce n'est plus mon métier »: corrects what the register says. When it is said in an answer, call it at the opening:
    before, the firm's page would tell that it answered."""
    return _wish(firm, "trade_left_at", "firm.trade_left")


def close_firm(firm: Firm) -> Firm:
    """« J'ai fermé ou vendu ». Said in an answer: call it at the opening, as `leave_trade`."""
    return _wish(firm, "closed_at", "firm.closed")


def mail_returned(firm: Firm, at: datetime) -> Firm:
    """« Courrier revenu ». No entry of its own: the caller, inside its transaction, puts the row in `rows=`."""
    locked = Firm.objects.select_for_update().get(pk=firm.pk)
    locked.mail_returned_at = at
    locked.save()
    return locked


@transaction.atomic
def mail_reaches(agent: Agent, firm_id: UUID, how: str, address: tuple[str, str, str] | None = None) -> Firm:
    """« Courrier revenu » no longer holds: `how` it is known; another `address` (street, postal code, town) when it moved."""
    check_writer(agent)
    firm = lock(agent, firm_id)
    if firm.mail_returned_at is None:
        raise refuse("not_returned", "Aucun courrier n'est revenu de cette entreprise.")
    how = rules.clean_words("how", how)
    if not how:
        raise refuse("how", "Dites ce qui a changé : nouvelle adresse trouvée, jointe autrement, erreur de la poste…", "how")
    if address:
        firm.address, firm.postal_code, firm.commune = (" ".join(part.split()) for part in address)
        firm.approximate = True  # its point is that of the former address
        if not firm.can_be_posted_to:
            raise refuse("address", "Écrivez l'adresse entière : rue, code postal et commune, en France.", "address")
    firm.mail_returned_at = None
    firm.save()
    payload = {"name": agent.user.name, "firm": firm.name, "siret": firm.siret, "how": how, "address": firm.address}
    append(agent.organisation.pk, None, "firm.mail_reaches", payload, actor=agent.id, rows=[firm])
    return firm


@transaction.atomic
def _wish(firm: Firm, field: str, verb: str) -> Firm:
    locked = Firm.objects.select_for_update().get(pk=firm.pk)
    if getattr(locked, field) is None:
        setattr(locked, field, timezone.now())
        locked.save()
        append(locked.organisation_id, None, verb, {"firm": locked.name, "siret": locked.siret}, actor=locked.pk, rows=[locked])
    return locked


def check_writer(agent: Agent) -> None:
    """Raise `Refused` for who may not change firms and contacts."""
    if refusal := rules.writer_refusal(agent.roles):
        raise Refused(refusal)


def lock(agent: Agent, firm_id: UUID) -> Firm:
    """The firm of the agent's city, locked. Raises `Firm.DoesNotExist`."""
    return queries.visible(agent).select_for_update().get(pk=firm_id)


def known_firms(organisation: Organisation, sirets: Collection[str]) -> dict[str, Firm]:
    """SIRET → firm, for those already met."""
    return {firm.siret: firm for firm in Firm.objects.filter(organisation=organisation, siret__in=sirets)}


def _fact(establishment: Any, name: str) -> Any:
    if isinstance(establishment, Mapping):
        return establishment.get(name)
    return getattr(establishment, name, None)


def _firm(organisation: Organisation, item: Any, origin: str) -> Firm:
    """A new firm from what is known of it; a non-diffusible one keeps neither its name nor its address."""
    facts: dict[str, Any] = {}
    for name, length in _COPIED.items():
        facts[name] = " ".join(str(_fact(item, name) or "").split())[:length]
    facts |= {name: _fact(item, name) for name in _PLACED}
    if isinstance(facts["created_on"], datetime):
        facts["created_on"] = facts["created_on"].date()
    if _fact(item, "disclosed") is False:
        facts |= {"name": UNDISCLOSED, "address": "", "lat_e6": None, "lon_e6": None}
    return Firm(
        organisation=organisation, siret=_fact(item, "siret"), approximate=bool(_fact(item, "approximate")),
        social_economy=bool(_fact(item, "social_economy")), origin=origin, first_met_at=timezone.now(), **facts,
    )  # fmt: skip
