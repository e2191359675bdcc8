"""« Rappelez-moi »: a firm leaves a number and an hour; an agent calls, and says whether somebody answered.

Sealed like an answer: a call asked for tells that this firm was asked, and thinks of answering.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.quotes.actions.after_opening import sealed
from sourcier.quotes.actions.heard import hear_price
from sourcier.quotes.models import CallBack
from sourcier.sourcing import limits
from sourcier.sourcing.models import Invitation, Sourcing
from sourcier.suppliers.actions import cleaned
from sourcier.suppliers.models import Contact

CALLS_BY_INVITATION = 5
REACHED, MISSED, LEFT = "reached", "missed", "left"
HOW = "Au téléphone, en rappelant une entreprise qui l'avait demandé."


@transaction.atomic
def ask(invitation: Invitation, number: str, when: str) -> CallBack:
    """Ask to be called (`call.asked`, sealed); asked again before the call, number and hour change. Raises `Refused`."""
    sourcing = Sourcing.objects.select_for_update().get(pk=invitation.sourcing_id)
    if sourcing.state == Sourcing.State.DRAFT:
        raise refuse("not_asked_yet", "Cette demande n'est pas encore partie. Revenez plus tard.")
    if when not in CallBack.When.values:
        raise refuse("no_hour", "Dites quand vous appeler.", "when")
    number = cleaned(Contact.Kind.PHONE, number)
    limits.take("call", invitation.pk.hex, CALLS_BY_INVITATION, timezone.now())
    asked = {"number": number, "when": when, "asked_at": timezone.now()}
    call, _ = CallBack.objects.update_or_create(invitation=invitation, state=CallBack.State.WAITING, defaults=asked)
    told = {"firm": invitation.named, "siret": invitation.firm.siret, "number": number, "when": when, "call": call.pk}
    append(sourcing.organisation_id, sourcing.need_id, "call.asked", told, actor=invitation.author_id, rows=[call])
    return call


@transaction.atomic
def record(agent: Agent, call_id: UUID, outcome: str, *, price_heard: bool = False) -> CallBack:
    """Say how a call went: `call.reached`, `call.missed` (it waits for another), `call.left` after some; all sealed.

    Who heard a price before the opening is recorded as knowing it, at once. Raises `Refused`, `CallBack.DoesNotExist`.
    """
    if not agent.has(Role.BUYER, Role.HEAD_BUYER):
        raise refuse("not_a_buyer", "Seuls les acheteurs rappellent les entreprises.")
    mine = CallBack.objects.select_related("invitation__sourcing", "invitation__firm")
    call = mine.select_for_update(of=("self",)).get(pk=call_id, invitation__sourcing__organisation=agent.organisation)
    if call.state != CallBack.State.WAITING:
        raise refuse("already_called", "Quelqu'un a déjà noté cet appel.")
    if outcome == LEFT and not call.tries:
        raise refuse("not_tried", "Appelez au moins une fois avant de laisser ce numéro.")
    sourcing = call.invitation.sourcing
    if price_heard and sealed(sourcing):
        hear_price(agent, sourcing.pk, HOW)
    if outcome != LEFT:
        call.tries, call.tried_at, call.tried_by = call.tries + 1, timezone.now(), agent.user
    if outcome != MISSED:
        call.state = CallBack.State(outcome)
    call.save()
    told = {"name": agent.user.name, "firm": call.invitation.named, "call": call.pk, "tries": call.tries}
    append(agent.organisation.pk, sourcing.need_id, f"call.{outcome}", told, actor=agent.id, rows=[call])
    return call
