"""Who is set apart from an operation by an interest in its firms: the guard of every act on it."""

from uuid import UUID

from sourcier.accounts.agents import Agent
from sourcier.kernel.transitions import Refusal
from sourcier.needs.models import InterestDeclaration, Need, StandIn


def set_apart(need: Need) -> frozenset[UUID]:
    """Those who do nothing more in this operation: they declared an interest, or somebody takes their place."""
    declared = InterestDeclaration.objects.filter(need=need, interest=True).values_list("user_id", flat=True)
    replaced = StandIn.objects.filter(need=need).values_list("absent_id", flat=True)
    return frozenset(declared.order_by().union(replaced))


def abstention(agent: Agent, need: Need) -> Refusal | None:
    """The guard of every act on an operation: whoever has an interest abstains."""
    if agent.id not in set_apart(need):
        return None
    return Refusal(
        "abstains",
        "Vous vous abstenez pour cet achat : une autre personne agit à votre place. Vous pouvez toujours le lire.",
    )
