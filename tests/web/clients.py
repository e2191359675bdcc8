"""Signing in from tests."""

from django.test import Client

from sourcier.accounts.agents import Agent


def signed_in(agent: Agent, *, enforce_csrf_checks: bool = False) -> Client:
    """A browser in which this person is signed in."""
    client = Client(enforce_csrf_checks=enforce_csrf_checks)
    client.force_login(agent.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
