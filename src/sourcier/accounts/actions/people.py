"""People: created, given roles, deactivated. Nobody is ever deleted: the journal and the files name them by their random id."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from sourcier.accounts import registry
from sourcier.accounts.agents import Agent
from sourcier.accounts.changes import to_write
from sourcier.accounts.models import Department, Membership, Organisation, Role, User
from sourcier.accounts.rules import insist, may_govern, may_grant, may_take_away
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse


@transaction.atomic
def create_user(
    organisation: Organisation,
    *,
    email: str,
    name: str,
    password: str | None = None,
    phone: str = "",
    actor: UUID | None = None,
) -> User:
    """Create a person and write it in the journal of the organisation that asked."""
    user = User.objects.create_user(email=email, password=password, name=name, phone=phone)
    append(organisation.pk, None, "user.created", {"user": user.pk, "name": user.name, "email": user.email}, actor=actor)
    return user


@transaction.atomic
def grant(
    organisation: Organisation, user: User, role: Role, department: Department | None = None, *, actor: UUID | None = None
) -> Membership:
    """Give a role, for one department or for all. The program's own door (first administrator, demonstration)."""
    membership, _ = Membership.objects.update_or_create(
        user=user,
        organisation=organisation,
        department=department,
        role=role,
        defaults={"active": True, "suspended": False},
    )
    _journal_role(membership, "role.granted", actor)
    return membership


@transaction.atomic
def invite_user(
    agent: Agent, *, email: str, name: str, phone: str = "", role: str, department_id: UUID | None = None
) -> tuple[User, bool]:
    """Open the city to a person with a first role. Returns the user, and True when the account is new (a password to choose).

    Somebody who already works for another organisation of this instance keeps his one account, his name and his password.
    """
    insist(may_govern(agent.roles, "people"))
    address = User.objects.normalize_email(email).lower()
    user = User.objects.select_for_update().filter(email=address).first()
    if user and agent.organisation.memberships.filter(user=user).exists():
        raise refuse("known", "Cette personne a déjà un compte ici : ouvrez sa fiche pour changer ses droits.", "email")
    insist(may_grant((), role, for_department=bool(department_id), oneself=False), "role")
    department = _department(agent, department_id)
    new = user is None
    if user is None:
        user = create_user(agent.organisation, email=address, name=name, phone=phone, actor=agent.id)
    elif not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
    grant(agent.organisation, user, Role(role), department, actor=agent.id)
    return user, new


@transaction.atomic
def grant_role(agent: Agent, user_id: UUID, role: str, department_id: UUID | None = None) -> Membership:
    """Add a role to a person of this organisation."""
    insist(may_govern(agent.roles, "people"))
    user = _person(agent, user_id)
    held = agent.organisation.memberships.filter(user=user, active=True)
    if agent.organisation.memberships.filter(user=user, suspended=True).exists():
        raise refuse("deactivated", "Ce compte est désactivé : réactivez-le d'abord.", "role")
    insist(
        may_grant(
            set(held.values_list("role", flat=True)), role, for_department=bool(department_id), oneself=user.pk == agent.id
        ),
        "role",
    )
    if held.filter(role=role, department_id=department_id).exists():
        raise refuse("already_held", "Cette personne a déjà ce rôle.", "role")
    return grant(agent.organisation, user, Role(role), _department(agent, department_id), actor=agent.id)


@transaction.atomic
def revoke(agent: Agent, membership_id: int) -> Membership:
    """Take one role away."""
    insist(may_govern(agent.roles, "people"))
    membership = agent.organisation.memberships.select_for_update().get(pk=membership_id, active=True)
    insist(may_take_away(membership.role, administrators=_administrators(agent), oneself=membership.user_id == agent.id))
    membership.active = False
    membership.save(update_fields=["active"])
    _journal_role(membership, "role.revoked", agent.id)
    return membership


@transaction.atomic
def deactivate_user(agent: Agent, user_id: UUID) -> User:
    """Close the city to a person, at once. The account itself closes when no other organisation keeps it open."""
    insist(may_govern(agent.roles, "people"))
    user = _person(agent, user_id)
    held = list(agent.organisation.memberships.select_for_update().filter(user=user, active=True))
    if not held:
        raise refuse("already_done", "Ce compte est déjà désactivé.")
    for membership in held:
        insist(may_take_away(membership.role, administrators=_administrators(agent), oneself=user.pk == agent.id))
    for membership in held:
        membership.active, membership.suspended = False, True
        membership.save(update_fields=["active", "suspended"])
    if not user.memberships.filter(active=True).exists():
        user.is_active = False
        user.save(update_fields=["is_active"])
    append(
        agent.organisation.pk,
        None,
        "user.deactivated",
        {"user": user.pk, "name": user.name},
        actor=agent.id,
        rows=[*held, *registry.departed(agent.organisation.pk, user.pk)],
    )
    return user


@transaction.atomic
def reactivate_user(agent: Agent, user_id: UUID) -> User:
    """Open the city again to a person, with the roles held when the account was deactivated."""
    insist(may_govern(agent.roles, "people"))
    user = _person(agent, user_id)
    suspended = list(agent.organisation.memberships.select_for_update().filter(user=user, suspended=True))
    if not suspended:
        raise refuse("not_deactivated", "Ce compte n'est pas désactivé : donnez-lui un rôle.")
    for membership in suspended:
        membership.active, membership.suspended = True, False
        membership.save(update_fields=["active", "suspended"])
    user.is_active = True
    user.save(update_fields=["is_active"])
    append(
        agent.organisation.pk,
        None,
        "user.reactivated",
        {"user": user.pk, "name": user.name},
        actor=agent.id,
        rows=[*suspended, *registry.returned(agent.organisation.pk, user.pk)],
    )
    return user


@transaction.atomic
def update_person(agent: Agent, user_id: UUID, *, shown: Mapping[str, Any] | None = None, **fields: str) -> User:
    """Correct the name or telephone of a person whom no other organisation knows (`shown`: see `changes.to_write`)."""
    insist(may_govern(agent.roles, "people"))
    user = _person(agent, user_id)
    if user.memberships.exclude(organisation=agent.organisation).exists():
        raise refuse("shared", "Cette personne travaille aussi pour un autre organisme : elle seule change ses coordonnées.")
    return _update(agent, user, fields, shown)


@transaction.atomic
def update_self(agent: Agent, *, shown: Mapping[str, Any] | None = None, **fields: str) -> User:
    """Change one's own name or telephone (`shown`: see `changes.to_write`)."""
    return _update(agent, _person(agent, agent.id), fields, shown)


def _update(agent: Agent, user: User, fields: Mapping[str, str], shown: Mapping[str, Any] | None) -> User:
    changed = to_write(agent, user, fields, shown)
    for name in changed:
        setattr(user, name, fields[name])
    user.save(update_fields=changed)
    append(agent.organisation.pk, None, "user.updated", {"user": user.pk, "name": user.name}, actor=agent.id)
    return user


def _person(agent: Agent, user_id: UUID) -> User:
    """A person of this organisation, locked. Raises `User.DoesNotExist` for anybody else."""
    if not agent.organisation.memberships.filter(user_id=user_id).exists():
        raise User.DoesNotExist
    return User.objects.select_for_update().get(pk=user_id)


def _department(agent: Agent, department_id: UUID | None) -> Department | None:
    return agent.organisation.departments.get(pk=department_id) if department_id else None


def _administrators(agent: Agent) -> int:
    return agent.organisation.memberships.filter(role=Role.ADMIN, active=True).values("user").distinct().count()


def _journal_role(membership: Membership, verb: str, actor: UUID | None) -> None:
    append(
        membership.organisation_id,
        None,
        verb,
        {
            "user": membership.user_id,
            "name": membership.user.name,
            "role": Role(membership.role).label,
            "department": membership.department.name if membership.department else None,
        },
        actor=actor,
        rows=[membership],
    )
