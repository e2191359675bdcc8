"""Signing in from tests."""

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from sourcier.accounts.agents import Agent


def signed_in(agent: Agent, *, enforce_csrf_checks: bool = False) -> Client:
    """A browser in which this person is signed in."""
    client = Client(enforce_csrf_checks=enforce_csrf_checks)
    client.force_login(agent.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def code_now(secret: str) -> str:
    """The six digits that a telephone shows now."""
    counters = list(yield_hotp_counters_from_time())  # those allowed, the former and the next included
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))
