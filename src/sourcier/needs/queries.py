"""The read side of needs, always through the eyes of an agent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
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


def readable_departments(agent: Agent) -> list[Department]:
    """The departments whose needs this agent reads, by name."""
    covered = [m.department_id for m in agent.memberships if m.role in READERS]
    departments = Department.objects.filter(organisation=agent.organisation)
    return list(departments if None in covered else departments.filter(pk__in=covered))


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


def awaiting(agent: Agent) -> list[Awaiting]:
    """What a need expects of this person: to finish or complete it, to read it, to begin the search."""
    mine = Q(author=agent.user, state__in=(Need.State.DRAFT, Need.State.RETURNED))
    received, accepted = Q(state=Need.State.SUBMITTED), Q(state=Need.State.ACCEPTED, sourcings=None)
    if not agent.has(Role.HEAD_BUYER):
        received &= Q(buyer=None) | Q(buyer=agent.user)
        accepted &= Q(buyer=agent.user)
    wanted = mine if agent.has(Role.REQUESTER) else Q(pk=None)
    if agent.has(Role.BUYER, Role.HEAD_BUYER):
        wanted |= received | accepted
    found = visible(agent).filter(wanted).select_related("department").annotate(ticked=Count("activities"))
    return [_line(need) for need in found.order_by("waiting_since")]


def _line(need: Need) -> Awaiting:
    """The words of one line, and the page where the next step is."""
    words, button, view = {
        Need.State.DRAFT: ("À finir", "Continuer", "need_edit"),
        Need.State.RETURNED: ("À compléter", "Compléter", "need"),
        Need.State.SUBMITTED: ("Besoin reçu", "Lire ce besoin", "need"),
        Need.State.ACCEPTED: ("À préparer", "Continuer", "activities"),
    }[Need.State(need.state)]
    if need.state == Need.State.ACCEPTED and need.ticked:  # type: ignore[attr-defined]
        button, view = "Voir la règle du jour", "rule"
    sentence = f"{words} : {need.title or need.sentence}"
    return Awaiting(need.waiting_since, sentence, button, reverse(view, args=[need.pk]), need.department.name)
