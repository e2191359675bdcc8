"""Reading accounts, always within the agent's organisation."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import DeliveryPlace, Department, Membership, Organisation, Role, User, UsualPlace


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
    """By name, each with its usual places."""
    usual = Prefetch("usual_places", queryset=UsualPlace.objects.select_related("place").order_by("place__name"))
    return agent.organisation.departments.order_by("name").prefetch_related(usual)


def places(agent: Agent, *, active_only: bool = False) -> QuerySet[DeliveryPlace]:
    """The delivery places, by name; those no longer offered too unless `active_only`."""
    found = agent.organisation.places.order_by("-active", "name")
    return found.filter(active=True) if active_only else found


def usual_places(department: Department) -> QuerySet[DeliveryPlace]:
    """Where this department is usually delivered, among the places still offered."""
    return DeliveryPlace.objects.filter(active=True, pk__in=department.usual_places.values("place"))


def organisations(user: User) -> QuerySet[Organisation]:
    """Where this person has a role: what the sign-in may switch between."""
    return Organisation.objects.filter(memberships__user=user, memberships__active=True).distinct().order_by("name")


def organisation(agent: Agent) -> Organisation:
    """The agent's organisation as it is now, free of what a form may have put on the agent's own copy."""
    return Organisation.objects.get(pk=agent.organisation.pk)


def in_scope(agent: Agent, *roles: Role, department: str = "department") -> Q:
    """Rows whose `department` is among those for which this agent holds one of these roles (every one, when for all)."""
    covered = [membership.department_id for membership in agent.memberships if membership.role in roles]
    # Not an empty `Q`, which « or » forgets.
    return Q(pk__isnull=False) if None in covered else Q(**{f"{department}__in": covered})


def still_holds(*roles: Role, person: str, organisation: str = "organisation", department: str = "department") -> Exists:
    """Whether the one whom a row names as `person` still holds one of these roles for the row's department."""
    held = Membership.objects.filter(
        Q(department=None) | Q(department=OuterRef(department)),
        user=OuterRef(person), organisation=OuterRef(organisation), user__is_active=True, active=True, role__in=roles,
    )  # fmt: skip
    return Exists(held)


def may_be_openers(organisation: Organisation) -> QuerySet[User]:
    """Who may be named: the active buyers, who see the page of the opening."""
    active = organisation.memberships.filter(active=True, user__is_active=True, role__in=(Role.BUYER, Role.HEAD_BUYER))
    return User.objects.filter(pk__in=active.values("user")).order_by("name")
