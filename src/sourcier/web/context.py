"""What every template knows: the agent and the city."""

from typing import Any

from django.http import HttpRequest


def city(request: HttpRequest) -> dict[str, Any]:
    """`agent` and `organisation` of the signed-in person; a firm's page sets `organisation` itself."""
    agent = getattr(request, "agent", None)
    return {"agent": agent, "organisation": agent.organisation} if agent else {"agent": None}
