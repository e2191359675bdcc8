"""What every template knows: the agent, the city, the navigation."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from sourcier.web.navigation import navigation


def city(request: HttpRequest) -> dict[str, Any]:
    """`agent`, `organisation` and `navigation` of the signed-in person; a firm's page sets `organisation` itself."""
    agent = getattr(request, "agent", None)
    if not agent:
        return {"agent": None}
    return {
        "agent": agent,
        "organisation": agent.organisation,
        "navigation": SimpleLazyObject(lambda: navigation(request, agent)),
    }
