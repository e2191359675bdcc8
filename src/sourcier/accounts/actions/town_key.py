"""The key that signs for the city: renewed, lost, stolen. The new key signs at once the entry that says so."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.rules import insist, may_govern
from sourcier.journal import proofs
from sourcier.journal.models import Entry
from sourcier.journal.renewal import declare_lost, declare_stolen, renew
from sourcier.kernel.transitions import refuse

MOST_WORDS = 300


def renew_key(agent: Agent, reason: str) -> None:
    """Draw another key, which the present one signs (`key.renewed`). Raises `Refused`."""
    _change(agent, reason, lambda why: renew(agent.organisation.pk, why, agent.id))


def declare_key_lost(agent: Agent, reason: str) -> None:
    """The key is nowhere any more (`key.lost`); another is drawn. Raises `Refused`."""
    _change(agent, reason, lambda why: declare_lost(agent.organisation.pk, why, agent.id))


def declare_key_stolen(agent: Agent, since: datetime, reason: str) -> None:
    """Somebody may sign for the city since then (`key.stolen`); another key is drawn. Raises `Refused`."""
    now = timezone.now()
    _change(agent, reason, lambda why: declare_stolen(agent.organisation.pk, since, now, why, agent.id))


def _change(agent: Agent, reason: str, change: Callable[[str], Entry]) -> None:
    insist(may_govern(agent.roles, "key"))
    why = " ".join(reason.split())[:MOST_WORDS]
    if not why:
        raise refuse("no_reason", "Dites pourquoi, en quelques mots : le journal le garde.", "reason")
    change(why)
    proofs.checkpoint(agent.organisation.pk)
