"""A person acting for an organisation: what every action takes first."""

from dataclasses import dataclass
from uuid import UUID

from sourcier.accounts.models import Membership, Organisation, Role, User


@dataclass(frozen=True)
class Agent:
    """A user in one organisation, with the active memberships that give the rights. `id` is the `actor` of entries."""

    user: User
    organisation: Organisation
    memberships: tuple[Membership, ...]

    @property
    def id(self) -> UUID:
        return self.user.id

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(Role(membership.role) for membership in self.memberships)

    def has(self, *roles: Role) -> bool:
        """True with one of these roles, in any department."""
        return not self.roles.isdisjoint(roles)

    def covers(self, department_id: UUID, *roles: Role) -> bool:
        """True with one of these roles for that department (or for all)."""
        return any(
            membership.role in roles and membership.department_id in (None, department_id) for membership in self.memberships
        )


def agent_for(user: User, organisation_id: UUID | None = None) -> Agent | None:
    """The agent that `user` is in that organisation (else in his first one); None when he has no active membership."""
    memberships = list(
        Membership.objects.filter(user=user, active=True, user__is_active=True)
        .select_related("organisation", "department")
        .order_by("organisation__name", "pk")
    )
    if organisation_id is not None:
        memberships = [m for m in memberships if m.organisation_id == organisation_id]
    if not memberships:
        return None
    organisation = memberships[0].organisation
    return Agent(user, organisation, tuple(m for m in memberships if m.organisation_id == organisation.pk))
