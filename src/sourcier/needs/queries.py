"""The read side of needs, always through the eyes of an agent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import DeliveryPlace, Department, Role
from sourcier.needs import rules
from sourcier.needs.models import Need

READERS = (Role.REQUESTER, Role.BUYER, Role.HEAD_BUYER, Role.AUDITOR)


def visible(agent: Agent) -> QuerySet[Need]:
    """The needs this agent may read: those of the departments his roles cover. An administrator reads none."""
    needs = Need.objects.filter(organisation=agent.organisation)
    covered = [membership.department_id for membership in agent.memberships if membership.role in READERS]
    if None in covered:
        return needs
    return needs.filter(department__in=covered)


def get(agent: Agent, need_id: UUID) -> Need:
    """One need with its department, people and family. Raises `Need.DoesNotExist`, also for another city's."""
    return visible(agent).select_related("organisation", "department", "author", "buyer", "family", "saved_by").get(pk=need_id)


def roles_for(agent: Agent, department_id: UUID) -> frozenset[str]:
    """The roles this agent holds for a department: what the guards of `rules` ask for."""
    return frozenset(str(m.role) for m in agent.memberships if m.department_id in (None, department_id))


def may(agent: Agent, need: Need, verb: rules.Verb) -> bool:
    """Whether the button is shown: the guard of the action itself."""
    return rules.refusal(need.state, verb, roles_for(agent, need.department_id)) is None


def writable_departments(agent: Agent) -> QuerySet[Department]:
    """The departments for which this agent describes needs."""
    departments = Department.objects.filter(organisation=agent.organisation)
    covered = [m.department_id for m in agent.memberships if m.role == Role.REQUESTER]
    return departments if None in covered else departments.filter(pk__in=covered)


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


@dataclass(frozen=True, slots=True)
class Standing:
    """Who has a need now, since when, and the next date: what its author is told at each step."""

    sentence: str
    next_words: str = ""
    next_on: date | None = None


def standing(need: Need, deadline: date | None = None) -> Standing:
    """Read from the row alone; `deadline` is that of the request in progress, which a higher room knows."""
    buyer = need.buyer.name if need.buyer else "le service achats"
    sentences = {
        Need.State.DRAFT: f"{need.author.name} prépare ce besoin.",
        Need.State.RETURNED: f"{need.author.name} complète ce besoin.",
        Need.State.SUBMITTED: "Le besoin est chez le service achats, qui le lit.",
        Need.State.ACCEPTED: f"Le besoin est chez {buyer}, qui prépare la demande aux entreprises.",
        Need.State.ASKED: f"Les entreprises sont interrogées. Votre interlocuteur : {buyer}.",
        Need.State.AWARDED: f"Le choix est fait. Votre interlocuteur : {buyer}.",
        Need.State.CLOSED: "Ce besoin est clos.",
    }
    dated = rules.next_date(need.state, need.waiting_since.date(), need.starts_on, deadline)
    return Standing(sentences[Need.State(need.state)], *(dated or ()))


def buyers_of(organisation_id: UUID, department_id: UUID) -> Sequence[tuple[str, str]]:
    """(e-mail, name) of the buyers who may accept a need of that department."""
    from sourcier.accounts.models import User

    return list(
        User.objects.filter(
            Q(memberships__department=None) | Q(memberships__department_id=department_id),
            is_active=True,
            memberships__organisation_id=organisation_id,
            memberships__active=True,
            memberships__role=Role.BUYER,
        )
        .distinct()
        .order_by("name")
        .values_list("email", "name")
    )
