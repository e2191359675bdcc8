"""What the address of a page names, for who may see it: a need, a consultation; and whether a button is shown there."""

from uuid import UUID

from django.http import Http404

from sourcier.accounts.agents import Agent
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.sourcing import carrying
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.rules import Verb
from sourcier.web.operations import consultation


def need_or_404(agent: Agent, need_id: UUID) -> Need:
    """The need, if this agent may read it."""
    try:
        return needs.get(agent, need_id)
    except Need.DoesNotExist:
        raise Http404 from None


def current_or_404(agent: Agent, need_id: UUID, sourcing_id: UUID | None = None) -> tuple[Need, Sourcing]:
    """The need and the consultation named, else the one in progress, else the last one."""
    need = need_or_404(agent, need_id)
    sourcing = consultation(need, sourcing_id)
    if sourcing is None:
        raise Http404
    return need, sourcing


def may(agent: Agent, sourcing: Sourcing, verb: Verb) -> bool:
    """Whether the button is shown: the guard of the action itself."""
    return carrying.refusal(agent, sourcing, verb) is None
