"""Who sees « Acheter directement », and up to which amount."""

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.web.rights import PURCHASING

BUYERS = (Role.REQUESTER, *PURCHASING)


def may_buy_directly(agent: Agent) -> bool:
    """The city lets small purchases be made so, and this person buys or asks for a department."""
    return bool(agent.organisation.direct_below_cents) and agent.has(*BUYERS)
