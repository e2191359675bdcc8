"""Each view declares its right, once, by decorator; a test fails for an address that declares none."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.needs import queries as needs
from sourcier.web.firm.language import spoken

View = Callable[..., HttpResponse]

EVERYBODY = tuple(Role)
READERS = (Role.REQUESTER, Role.BUYER, Role.HEAD_BUYER, Role.AUDITOR)
PURCHASING = (Role.BUYER, Role.HEAD_BUYER)
EVALUATORS = (Role.REQUESTER, *PURCHASING)
INSPECTION = (Role.BUYER, Role.HEAD_BUYER, Role.AUDITOR)


def city(*roles: Role, own: bool = False, led: bool = False) -> Callable[[View], View]:
    """A page of the city: signed in, with one of these roles. An auditor only reads, but on his `own` page.

    `led`: also who leads, as its author, the need of the address, and of no other (`needs.queries.leads`).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            agent = request.agent  # type: ignore[attr-defined]
            if not agent or not (agent.has(*roles) or (led and _leads(agent, kwargs["need_id"]))):
                raise PermissionDenied
            if request.method not in ("GET", "HEAD") and agent.roles == {Role.AUDITOR} and not own:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.right = tuple(roles)  # type: ignore[attr-defined]
        guarded.led = led  # type: ignore[attr-defined]
        return guarded

    return decorate


def _leads(agent: Agent, need_id: UUID) -> bool:
    return needs.visible(agent).filter(needs.led_by(agent), pk=need_id).exists()


def public(view: View) -> View:
    """A page for anyone, without account or secret."""
    view.right = "public"  # type: ignore[attr-defined]
    return view


def machine(view: View) -> View:
    """An address where a program of the city's posts, with a secret in it; the view itself checks it."""
    view.right = "machine"  # type: ignore[attr-defined]
    return view


def firm(view: View) -> View:
    """A page for who holds the link, the code or the cookie of a firm, in its language; the view itself checks it."""
    speaking = spoken(view)
    speaking.right = "firm"  # type: ignore[attr-defined]
    return speaking
