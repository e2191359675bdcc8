"""A buyer's glance at the request of a department, on the lane that asks for it: nothing leaves before « C'est bon »."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.kernel.transitions import Refused, refuse
from sourcier.needs import queries as needs
from sourcier.needs.lanes import Lane
from sourcier.sourcing import carrying, queries, rules
from sourcier.sourcing.actions.common import entry, load, words
from sourcier.sourcing.actions.invite import check_limit
from sourcier.sourcing.models import Glance
from sourcier.sourcing.rules import Verb


@transaction.atomic
def ask_glance(agent: Agent, sourcing_id: UUID) -> Glance:
    """The author asks a buyer to look at a request that is ready to leave."""
    sourcing = load(agent, sourcing_id, Verb.SEND)
    if sourcing.need.lane != Lane.GLANCE or not needs.only_leads(agent, sourcing.need):
        raise refuse("no_glance", "Cette demande ne passe pas par le regard d'un acheteur.")
    if carrying.glance(sourcing):
        raise refuse("asked", "Le regard d'un acheteur est déjà demandé.")
    if refused := rules.guard_send(queries.facts(sourcing, len(queries.to_invite(sourcing))), timezone.now()):
        raise Refused(refused[1], refused[0])
    check_limit(sourcing)
    glance = Glance.objects.create(sourcing=sourcing, asked_by=agent.user, asked_at=timezone.now())
    entry(agent, sourcing, "glance.asked", {"title": sourcing.title}, [glance])
    return glance


@transaction.atomic
def give_glance(agent: Agent, sourcing_id: UUID, *, good: bool, reason: str = "") -> Glance:
    """« C'est bon », or « À reprendre » with the reason: by a buyer of this department, who did not ask for it."""
    sourcing = load(agent, sourcing_id, Verb.SEND)
    if needs.only_leads(agent, sourcing.need):
        raise refuse("not_a_buyer", "Seul un acheteur donne ce regard.")
    glance = carrying.glance(sourcing)
    if glance is None or glance.seen_at:
        raise refuse("not_asked", "Aucun regard n'est demandé pour cette demande.")
    why = "Dites ce qu'il faut reprendre : le service lira votre raison."
    glance.reason = "" if good else words(reason, 1_000, "reason", required=why)
    glance.good, glance.seen_by, glance.seen_at = good, agent.user, timezone.now()
    glance.save()
    entry(agent, sourcing, "glance.good" if good else "glance.again", {"reason": glance.reason}, [glance])
    return glance


@transaction.atomic
def take_back(agent: Agent, sourcing_id: UUID) -> Glance:
    """The author takes his request back to change it: a new glance will be needed."""
    sourcing = load(agent, sourcing_id, Verb.SEND)
    glance = carrying.glance(sourcing)
    if glance is None:
        raise refuse("not_asked", "Aucun regard n'est demandé pour cette demande.")
    glance.taken_back_at = timezone.now()
    glance.save(update_fields=["taken_back_at"])
    entry(agent, sourcing, "glance.taken_back", {}, [glance])
    return glance
