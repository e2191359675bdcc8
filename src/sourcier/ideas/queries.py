"""The read side of ideas: those of the agent's departments, and of the whole city for who buys or inspects for all."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Membership, Role
from sourcier.accounts.queries import in_scope
from sourcier.ideas import rules
from sourcier.ideas.models import Idea
from sourcier.kernel.french import format_date
from sourcier.kernel.transitions import Refusal
from sourcier.retention.clocks import today
from sourcier.suppliers.models import Firm

READERS = (Role.REQUESTER, Role.BUYER, Role.HEAD_BUYER, Role.AUDITOR)
WRITERS = (Role.REQUESTER, Role.BUYER, Role.HEAD_BUYER)


def visible(agent: Agent) -> QuerySet[Idea]:
    """The soonest to answer first, then those answered, the latest first."""
    found = Idea.objects.filter(in_scope(agent, *READERS), organisation=agent.organisation)
    return found.select_related("department", "family", "firm").order_by("-state", "answer_by", "-received_at")


def get(agent: Agent, idea_id: UUID) -> Idea:
    """Raises `Idea.DoesNotExist`, also for another city's or another department's."""
    return visible(agent).select_related("organisation", "file", "answered_by", "identity_checked_by").get(pk=idea_id)


def refusal(agent: Agent, idea: Idea, verb: rules.Verb) -> Refusal | None:
    """Why this agent may not do `verb` now; the same for the button and the action."""
    if not visible(agent).filter(in_scope(agent, *WRITERS), pk=idea.pk).exists():
        return Refusal("wrong_role", "Seuls la direction concernée et le service des achats répondent à une idée.")
    if (idea.state, verb) not in rules.TRANSITIONS:
        return Refusal("wrong_state", rules.WRONG_STATE[verb])
    return None


def of_firm(firm: Firm) -> QuerySet[Idea]:
    """What was proposed from this firm's own place, the latest first."""
    return Idea.objects.filter(firm=firm).select_related("organisation", "department").order_by("-received_at")


def awaiting(agent: Agent) -> list[Awaiting]:
    """To answer: its department, else the purchasing service, and the head buyer once it is late. To pass on: the same."""
    if not agent.has(*WRITERS):
        return []
    asks = Membership.objects.filter(
        Q(department=OuterRef("department")) | Q(department=None), organisation=OuterRef("organisation"),
        role=Role.REQUESTER, active=True, user__is_active=True,
    )  # fmt: skip
    held = Q(held=True, department__isnull=False)
    mine = held & in_scope(agent, Role.REQUESTER) | ~held & in_scope(agent, Role.BUYER, Role.HEAD_BUYER)
    mine |= Q(answer_by__lt=today()) & in_scope(agent, Role.HEAD_BUYER)
    wanted = Q(state=Idea.State.WAITING) | Q(state=Idea.State.ANSWERED, told_at=None) & (Q(email="") | ~Q(told_how=""))
    found = visible(agent).annotate(held=Exists(asks)).filter(wanted & mine)
    return list(_lines(found))


def _lines(ideas: QuerySet[Idea]) -> Iterator[Awaiting]:
    now = today()
    for idea in ideas:
        department = idea.department.name if idea.department else ""
        page = reverse("idea", args=[idea.pk])
        if idea.state == Idea.State.ANSWERED:
            since = idea.answered_at or idea.received_at
            yield Awaiting(
                since, f"Réponse à une idée, à transmettre autrement : {idea.named}", "Voir comment", page, department
            )
            continue
        day = format_date(idea.answer_by)
        told = f"Idée en retard, réponse promise avant le {day}" if rules.late(idea.state, idea.answer_by, now) else ""
        words = told or f"Une entreprise propose une idée, réponse avant le {day}"
        yield Awaiting(idea.received_at, f"{words} : {idea.named}", "Lire cette idée", page, department)
