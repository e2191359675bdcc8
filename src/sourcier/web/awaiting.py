"""What awaits a person, from every room, oldest first."""

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.needs import queries as needs
from sourcier.quotes import queries as quotes
from sourcier.sourcing import queries as sourcing

SOURCES = (needs.awaiting, sourcing.awaiting, quotes.awaiting)


def awaiting(agent: Agent) -> list[Awaiting]:
    """Everything that waits for this agent, oldest first."""
    return sorted((line for source in SOURCES for line in source(agent)), key=lambda line: line.since)
