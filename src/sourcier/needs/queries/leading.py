"""Who carries a purchase: a buyer, or, on a lane of the department, its author. The one place where this is decided."""

from uuid import UUID

from django.db.models import BooleanField, Case, F, Q, Value, When

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.accounts.queries import in_scope, still_holds
from sourcier.needs import rules
from sourcier.needs.lanes import BY_AUTHOR
from sourcier.needs.models import Need

BUYER = frozenset({str(Role.BUYER)})


def roles_for(agent: Agent, department_id: UUID) -> frozenset[str]:
    """The roles this agent holds for a department."""
    return frozenset(str(m.role) for m in agent.memberships if m.department_id in (None, department_id))


def leads(agent: Agent, need: Need) -> bool:
    """Whether this agent leads this need as its author: he still asks for its department, and nobody took it from him."""
    return (
        need.lane in BY_AUTHOR
        and need.author_id == need.buyer_id == agent.id
        and need.organisation_id == agent.organisation.pk
        and need.state not in rules.BEFORE_A_BUYER
        and agent.covers(need.department_id, Role.REQUESTER)
    )


def roles_on(agent: Agent, need: Need) -> frozenset[str]:
    """What the guards ask for: the roles held for the need's department; who leads the need is a buyer of it, of it alone."""
    held = roles_for(agent, need.department_id)
    return held | BUYER if leads(agent, need) else held


def buys(agent: Agent, need: Need) -> bool:
    """Whether this agent does a buyer's steps on this need."""
    return not rules.BUYERS.isdisjoint(roles_on(agent, need))


def only_leads(agent: Agent, need: Need) -> bool:
    """Whether he does them as its author alone: what the lane asks of him is then due."""
    return leads(agent, need) and rules.BUYERS.isdisjoint(roles_for(agent, need.department_id))


def led_by(agent: Agent, need: str = "") -> Q:
    """The rows whose need this agent leads; `need` is the path to it, « need__ »."""
    own = Q(**{f"{need}lane__in": BY_AUTHOR, f"{need}author": agent.user, f"{need}buyer": agent.user})
    sent = ~Q(**{f"{need}state__in": rules.BEFORE_A_BUYER})
    return own & sent & in_scope(agent, Role.REQUESTER, department=f"{need}department")


def buyer_holds(need: str = "", person: str = "buyer") -> Case:
    """Whether whom a row names as its buyer may still carry it: he buys for that department, or leads it as its author."""
    where = {"person": person, "organisation": f"{need}organisation", "department": f"{need}department"}
    authors = Q(**{f"{need}lane__in": BY_AUTHOR, f"{need}author": F(person), f"{need}buyer": F(person)})
    held = Q(still_holds(Role.BUYER, Role.HEAD_BUYER, **where)) | authors & Q(still_holds(Role.REQUESTER, **where))
    return Case(When(held, then=Value(True)), default=Value(False), output_field=BooleanField())
