"""People that leave: their address and telephone go after the term; their name stays in the files where they acted."""

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db.models import Q
from django.utils import timezone

from sourcier.accounts.models import Membership, User
from sourcier.law.retention import ACCOUNT
from sourcier.retention import clocks
from sourcier.retention.models import Clock
from sourcier.retention.registry import Emptied, Scope, Trace


def gone(organisation_id: UUID, user_id: UUID) -> list[Clock]:
    """The clock of somebody whose account closes today."""
    return [clocks.begin(organisation_id, ACCOUNT, user_id, on=timezone.localdate())]


def back(organisation_id: UUID, user_id: UUID) -> list[Clock]:
    """Somebody came back: the term waits for the next departure."""
    return clocks.stop(organisation_id, ACCOUNT, user_id)


def give_up(scope: Scope) -> Emptied:
    """Address, telephone, password; the account of somebody who still works elsewhere on this instance stays."""
    made = Emptied(verbs=("user.created", "user.updated"))
    if not Membership.objects.filter(user_id=scope.subject_id, active=True).exists():
        users = User.objects.filter(pk=scope.subject_id)
        made.empty(users, email=lambda user: f"{user.pk.hex}@efface.invalid", phone="", password=_no_password)
        for related in ("emailaddress_set", "authenticator_set"):
            made.gone += [row for user in users if hasattr(user, related) for row in getattr(user, related).all()]
    return made


def _no_password(user: User) -> str:
    """One that no word opens."""
    return make_password(None)


def named(organisation_id: UUID, users: Collection[UUID]) -> Mapping[UUID, str]:
    """Their names, for the page."""
    return dict(User.objects.filter(pk__in=users).values_list("pk", "name"))


def traces(organisation_id: UUID, text: str) -> Iterator[Trace]:
    """Agents of the city by name, address or telephone."""
    known = Membership.objects.filter(organisation=organisation_id).values("user")
    asked = Q(name__icontains=text) | Q(email__icontains=text) | Q(phone__icontains=text)
    for user in User.objects.filter(asked, pk__in=known).order_by("name"):
        said = ", ".join(part for part in (user.name, user.email, user.phone) if part)
        kept = "Le journal doit dire qui a fait quoi. L'adresse et le téléphone s'effacent un an après le départ."
        yield Trace("Compte d'un agent", said, user.date_joined, kept=kept)
