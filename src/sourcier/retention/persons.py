"""The request of a person about his data (RGPD, articles 15 to 21): where they stand, what may go, why the rest stays."""

from django.db import transaction

from sourcier.accounts.agents import Agent
from sourcier.accounts.rules import insist
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.retention import rules
from sourcier.retention.registry import FINDERS, Trace

SHORTEST = 4
MOST = 500


@transaction.atomic
def search(agent: Agent, text: str) -> list[Trace]:
    """Everything that the rooms know of this address, telephone, name or SIRET; the journal keeps that it was looked for.

    What a firm sealed is not looked at before its opening. Raises `Refused`.
    """
    insist(rules.may_act(agent.roles))
    text = " ".join(text.split())
    if len(text) < SHORTEST:
        raise refuse("too_short", f"Écrivez {SHORTEST} caractères au moins.", "text")
    found: list[Trace] = []
    for finder in FINDERS:
        found += list(finder(agent.organisation.pk, text))
        if len(found) > MOST:
            raise refuse("too_many", "Plus de 500 lignes : écrivez l'adresse ou le nom entier.", "text")
    append(
        agent.organisation.pk,
        None,
        "person.searched",
        {"name": agent.user.name, "text": text, "count": len(found)},
        actor=agent.id,
    )
    return found
