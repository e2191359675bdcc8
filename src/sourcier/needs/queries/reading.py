"""Which needs an agent reads, and what he may do with them."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import DeliveryPlace, Department, Role
from sourcier.accounts.queries import in_scope
from sourcier.kernel.transitions import Refusal
from sourcier.needs import registry, rules
from sourcier.needs.models import Need
from sourcier.needs.queries.apart import abstention
from sourcier.needs.queries.leading import roles_for, roles_on

READERS = (Role.REQUESTER, Role.BUYER, Role.HEAD_BUYER, Role.AUDITOR)


def visible(agent: Agent) -> QuerySet[Need]:
    """The needs this agent may read: those of the departments his roles cover. An administrator reads none."""
    return Need.objects.filter(in_scope(agent, *READERS), organisation=agent.organisation)


def get(agent: Agent, need_id: UUID) -> Need:
    """One need with its department, people and family. Raises `Need.DoesNotExist`, also for another city's."""
    return (
        visible(agent)
        .select_related("organisation", "department", "author", "buyer", "family", "unit", "saved_by")
        .get(pk=need_id)
    )


def may(agent: Agent, need: Need, verb: rules.Verb) -> bool:
    """Whether the button is shown: the guard of the action itself."""
    return refusal(agent, need, verb) is None


def refusal(agent: Agent, need: Need, verb: rules.Verb) -> Refusal | None:
    """Why this agent may not do `verb` now; None when he may."""
    closing = verb is rules.Verb.CLOSE
    live = closing and registry.is_live(need.pk)
    held = roles_for(agent, need.department_id) if verb in rules.BETWEEN_TWO else roles_on(agent, need)
    refused = rules.refusal(need.state, verb, held, live)
    return refused or abstention(agent, need) or (registry.close_refusal(need.pk) if closing else None)


def side(agent: Agent, need: Need) -> rules.Side:
    """On which side of the talk this agent writes."""
    return rules.side(roles_for(agent, need.department_id), need.author_id == agent.id)


def writable_departments(agent: Agent) -> QuerySet[Department]:
    """The departments for which this agent describes needs."""
    return Department.objects.filter(in_scope(agent, Role.REQUESTER, department="pk"), organisation=agent.organisation)


def served_departments(agent: Agent) -> QuerySet[Department]:
    """The departments for which this agent describes needs or buys."""
    served = in_scope(agent, Role.REQUESTER, Role.BUYER, Role.HEAD_BUYER, department="pk")
    return Department.objects.filter(served, organisation=agent.organisation)


def readable_departments(agent: Agent) -> list[Department]:
    """The departments whose needs this agent reads, by name."""
    return list(Department.objects.filter(in_scope(agent, *READERS, department="pk"), organisation=agent.organisation))


def unanswered(need: Need, unknown: Sequence[str] | None = None) -> tuple[str, ...]:
    """The questions still open; `unknown` stands for the need's own « je ne sais pas »."""
    answers = {field: getattr(need, field) for fields in rules.QUESTIONS.values() for field in fields}
    return rules.unanswered(answers, need.places.count(), need.unknown if unknown is None else unknown)


def places(agent: Agent) -> QuerySet[DeliveryPlace]:
    """The city's places of delivery in use."""
    return DeliveryPlace.objects.filter(organisation=agent.organisation, active=True)


def to_take_over(agent: Agent) -> QuerySet[Need]:
    """Purchases that can be started again: those of the agent's departments that reached the firms, latest first."""
    return (
        visible(agent)
        .filter(department__in=writable_departments(agent), state__in=(Need.State.ASKED, Need.State.AWARDED, Need.State.CLOSED))
        .exclude(state=Need.State.CLOSED, submitted_at=None)
        .order_by("-created_at")
    )


def words(need: Need) -> str:
    """What the matching reads: the sentence, then what it is precisely."""
    return f"{need.sentence}\n{need.what}".strip()
