"""On each request, the agent who makes it; on each answer, a page, even to who opens the address of a form."""

from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
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


class FormAddressMiddleware:
    """The address of a form, opened by itself (a link copied, a page reloaded), gets a page and not an empty 405."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or response.streaming or response.content:
            return response
        page = render(request, "405.html", status=HTTPStatus.METHOD_NOT_ALLOWED)
        page["Allow"] = response["Allow"]
        return page
