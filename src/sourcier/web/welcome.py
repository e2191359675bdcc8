"""Welcoming a person: the account and the letter that opens it, in one transaction."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from sourcier.accounts.actions import invite_user
from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation, Role, User
from sourcier.mail.actions import enqueue
from sourcier.mail.rules import SECRET_MARK
from sourcier.web.sign_in import password_link


@transaction.atomic
def welcome(agent: Agent, *, email: str, name: str, phone: str, role: str, department_id: UUID | None) -> User:
    """Open an account and write to the person, with the link that sets the password. Raises `Refused`."""
    user, new = invite_user(agent, email=email, name=name, phone=phone, role=role, department_id=department_id)
    _write(agent.organisation, agent, user, Role(role), new=new)
    return user


@transaction.atomic
def send_link_again(agent: Agent, user: User) -> None:
    """A new link for a person who never chose a password."""
    _write(agent.organisation, agent, user, None, new=True)


def _write(organisation: Organisation, agent: Agent, user: User, role: Role | None, *, new: bool) -> None:
    words = {"organisation": organisation, "agent": agent, "user": user, "role": role, "new": new, "link": SECRET_MARK}
    enqueue(
        organisation,
        kind="account",
        to_address=user.email,
        to_name=user.name,
        subject=f"Votre compte Sourcier, {organisation.name}",
        body=render_to_string("account/email/welcome.txt", words),
        reply_to=organisation.email,
        secret=password_link(user) if new else settings.SITE_URL + "/",
    )
