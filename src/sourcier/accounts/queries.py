"""Reading accounts, always within the agent's organisation."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import DeliveryPlace, Department, Membership, Organisation, User


@dataclass(frozen=True, slots=True)
class Person:
    """A user as his organisation sees him: `active` when one role at least is."""

    user: User
    memberships: tuple[Membership, ...]
    suspended: bool

    @property
    def active(self) -> bool:
        return bool(self.memberships)


def people(agent: Agent) -> list[Person]:
    """Everybody who has or had a role here, by name; the deactivated last."""
    found = [_person(user) for user in _users(agent)]
    return sorted(found, key=lambda person: (not person.active, person.user.name))


def person(agent: Agent, user_id: UUID) -> Person:
    """Raises `User.DoesNotExist` for somebody of another organisation."""
    return _person(_users(agent).get(pk=user_id))


def _users(agent: Agent) -> QuerySet[User]:
    here = Membership.objects.filter(organisation=agent.organisation).select_related("department").order_by("role", "pk")
    return (
        User.objects.filter(memberships__organisation=agent.organisation)
        .distinct()
        .prefetch_related(Prefetch("memberships", queryset=here, to_attr="here"))
    )


def _person(user: User) -> Person:
    here: list[Membership] = user.here  # type: ignore[attr-defined]
    return Person(user, tuple(m for m in here if m.active), any(m.suspended for m in here))


def departments(agent: Agent) -> QuerySet[Department]:
    return agent.organisation.departments.order_by("name")


def places(agent: Agent, *, active_only: bool = False) -> QuerySet[DeliveryPlace]:
    """The delivery places, by name; those no longer offered too unless `active_only`."""
    found = agent.organisation.places.order_by("-active", "name")
    return found.filter(active=True) if active_only else found


def organisations(user: User) -> QuerySet[Organisation]:
    """Where this person has a role: what the sign-in may switch between."""
    return Organisation.objects.filter(memberships__user=user, memberships__active=True).distinct().order_by("name")


def organisation(agent: Agent) -> Organisation:
    """The agent's organisation as it is now, free of what a form may have put on the agent's own copy."""
    return Organisation.objects.get(pk=agent.organisation.pk)
