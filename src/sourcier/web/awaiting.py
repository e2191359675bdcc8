"""What awaits a person, from every room, oldest first."""

from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Role
from sourcier.ideas import queries as ideas
from sourcier.insights import findings
from sourcier.insights.models import Finding
from sourcier.journal.nightly import last_check
from sourcier.kernel.money import format_cents
from sourcier.needs import queries as needs
from sourcier.quotes import queries as quotes
from sourcier.quotes.queries import calls, tray
from sourcier.retention import queries as retention
from sourcier.retention.clocks import today
from sourcier.sourcing import queries as sourcing
from sourcier.vocabulary import queries as vocabulary

NAMED = 5


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


def together(agent: Agent) -> list[Awaiting]:
    """To the head buyer: purchases to look at together, the largest each on its line, the others on one."""
    found = findings.waiting(agent, today())
    lines = [_together(row) for row in found[:NAMED]]
    if others := found[NAMED:]:
        since, address = min(row.found_at for row in others), f"{reverse('together')}?annee={others[0].year}"
        more = f"{len(others)} autres groupes d'achats sont à regarder ensemble."
        lines.append(Awaiting(since, more if len(others) > 1 else _together(others[0]).sentence, "Regarder", address))
    return lines


def _together(row: Finding) -> Awaiting:
    total, address = format_cents(row.total_cents), f"{reverse('together')}?annee={row.year}#{row.pk}"
    if row.kind == Finding.Kind.CROSSING:
        return Awaiting(row.found_at, f"Une famille a atteint sa limite en {row.year} : {total} HT.", "Regarder", address)
    sentence = f"{row.count} achats semblables font {total} HT en {row.year} : à regarder ensemble."
    return Awaiting(row.found_at, sentence, "Regarder", address)


SOURCES = (
    needs.awaiting, needs.awaiting_contracts, needs.awaiting_interests, sourcing.awaiting, quotes.awaiting, tray.awaiting,
    calls.awaiting, ideas.awaiting, terms, alarm, together,
    vocabulary.awaiting,
)  # fmt: skip


def awaiting(agent: Agent) -> list[Awaiting]:
    """Everything that waits for this agent, oldest first."""
    return sorted((line for source in SOURCES for line in source(agent)), key=lambda line: line.since)
