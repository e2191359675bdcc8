"""The verbs of accounts. An organisation is born with its journal."""

from typing import Any

from django.db import transaction

from sourcier.accounts.models import Department, Membership, Organisation, Role, User
from sourcier.journal.actions import append, open_log


@transaction.atomic
def create_organisation(**fields: Any) -> Organisation:
    """Create the buyer and its journal. `fields` are those of `Organisation`."""
    organisation = Organisation.objects.create(**fields)
    open_log(organisation.pk, f"sourcier/{organisation.slug}")
    append(organisation.pk, None, "organisation.created", {"name": organisation.name, "siret": organisation.siret})
    return organisation


@transaction.atomic
def create_user(organisation: Organisation, *, email: str, name: str, password: str | None = None, phone: str = "") -> User:
    """Create a person and write it in the journal of the organisation that asked."""
    user = User.objects.create_user(email=email, password=password, name=name, phone=phone)
    append(organisation.pk, None, "user.created", {"user": user.pk, "name": user.name, "email": user.email})
    return user


@transaction.atomic
def grant(organisation: Organisation, user: User, role: Role, department: Department | None = None) -> Membership:
    """Give a role, for one department or for all."""
    membership, _ = Membership.objects.update_or_create(
        user=user, organisation=organisation, department=department, role=role, defaults={"active": True}
    )
    append(
        organisation.pk,
        None,
        "role.granted",
        {"user": user.pk, "name": user.name, "role": role, "department": department.name if department else None},
    )
    return membership
