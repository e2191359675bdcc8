"""Whom to call back: a number and an hour; the firm and its request once nothing of it is sealed."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Role
from sourcier.quotes.actions.after_opening import sealed
from sourcier.quotes.models import CallBack
from sourcier.sourcing.models import Invitation

RECENT = 20


@dataclass(frozen=True, slots=True)
class Call:
    """A line of the list; `invitation` is None as long as it must not be told."""

    call: CallBack
    invitation: Invitation | None


def waiting(agent: Agent) -> list[Call]:
    """Those to call, first asked first."""
    return [_line(call) for call in _of(agent).filter(state=CallBack.State.WAITING).order_by("asked_at", "pk")]


def done(agent: Agent) -> list[Call]:
    """The last ones called, or left, latest first."""
    return [_line(call) for call in _of(agent).exclude(state=CallBack.State.WAITING).order_by("-tried_at", "pk")[:RECENT]]


def _of(agent: Agent) -> QuerySet[CallBack]:
    rows = CallBack.objects.filter(invitation__sourcing__organisation=agent.organisation)
    return rows.select_related("invitation__sourcing__need", "invitation__firm", "tried_by")


def _line(call: CallBack) -> Call:
    return Call(call, None if sealed(call.invitation.sourcing) else call.invitation)


def awaiting(agent: Agent) -> list[Awaiting]:
    """One line for the whole list."""
    if not agent.has(Role.BUYER, Role.HEAD_BUYER):
        return []
    since = list(_of(agent).filter(state=CallBack.State.WAITING).order_by("asked_at").values_list("asked_at", flat=True))
    if not since:
        return []
    sentence = "Un numéro à rappeler." if len(since) == 1 else f"{len(since)} numéros à rappeler."
    return [Awaiting(since[0], sentence, "Rappeler", reverse("calls"))]
