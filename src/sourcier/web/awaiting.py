"""What awaits a person, from every room, oldest first."""

from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Role
from sourcier.ideas import queries as ideas
from sourcier.journal.nightly import last_check
from sourcier.needs import queries as needs
from sourcier.quotes import queries as quotes
from sourcier.quotes.queries import calls, tray
from sourcier.retention import queries as retention
from sourcier.retention.clocks import today
from sourcier.sourcing import queries as sourcing


def alarm(agent: Agent) -> list[Awaiting]:
    """To the head buyer: the nightly check found the journal altered."""
    check = last_check(agent.organisation.pk) if agent.has(Role.HEAD_BUYER) else None
    if check is None or check.wrong_since is None:
        return []
    points = "un point" if check.problems == 1 else f"{check.problems} points"
    sentence = f"Alerte : le contrôle de nuit du journal a trouvé {points} à examiner."
    return [Awaiting(check.wrong_since, sentence, "Voir le contrôle", f"{reverse('control')}#controle-de-nuit")]


def terms(agent: Agent) -> list[Awaiting]:
    """What has been kept long enough, as of today."""
    return retention.awaiting(agent, today())


SOURCES = (
    needs.awaiting, needs.awaiting_contracts, sourcing.awaiting, quotes.awaiting, tray.awaiting, calls.awaiting,
    ideas.awaiting, terms, alarm,
)  # fmt: skip


def awaiting(agent: Agent) -> list[Awaiting]:
    """Everything that waits for this agent, oldest first."""
    return sorted((line for source in SOURCES for line in source(agent)), key=lambda line: line.since)
