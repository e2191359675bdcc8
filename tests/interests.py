"""Declarations of interests, made by whoever may act in an operation: what each act of a purchase asks for."""

from uuid import UUID

from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.needs import actions as needs
from sourcier.needs.interest_rules import CHOICE, NO_INTEREST, PANEL, STATEMENTS
from sourcier.needs.models import InterestDeclaration, Need
from tests.cities import City

STEPS = (PANEL, CHOICE)  # a word before the choice counts before the asking too
TYPED = {"interest-statements": list(STATEMENTS)}


def people(city: City) -> tuple[Agent, ...]:
    return city.requester, city.buyer, city.second_buyer, city.head_buyer


def declare_all(city: City, need_id: UUID, *steps: str) -> None:
    """Everybody has no interest, before each of these steps, else before all, as the actions leave it."""
    for agent in people(city):
        for step in steps or STEPS:
            needs.declare(agent, need_id, step, NO_INTEREST)


def declared_rows(city: City, need: Need) -> None:
    """The same, for a scene that is written as its actions leave it."""
    InterestDeclaration.objects.bulk_create(
        InterestDeclaration(need=need, user=agent.user, step=step, interest=False, declared_at=timezone.now())
        for agent in people(city)
        for step in STEPS
    )
