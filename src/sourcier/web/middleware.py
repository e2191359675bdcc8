"""Put on each request the agent (person and organisation) who makes it, or None."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from sourcier.accounts.agents import Agent, agent_for


class AgentMiddleware:
    """`request.agent` is read lazily: public pages cost no query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.agent = SimpleLazyObject(lambda: self.find(request))  # type: ignore[attr-defined]
        return self.get_response(request)

    @staticmethod
    def find(request: HttpRequest) -> Agent | None:
        if not request.user.is_authenticated:
            return None
        chosen = request.session.get("organisation")
        agent = agent_for(request.user, UUID(chosen)) if chosen else None
        return agent or agent_for(request.user)
