"""Two needs said in one sentence become two: the draft keeps the first, a new draft takes the second."""

from uuid import UUID

from django.db import transaction

from sourcier.accounts.agents import Agent
from sourcier.kernel.transitions import refuse
from sourcier.matching.several import halves
from sourcier.needs.actions.common import check, entry, load
from sourcier.needs.actions.describe import save, start
from sourcier.needs.models import Need
from sourcier.needs.rules import Verb


@transaction.atomic
def split(agent: Agent, need_id: UUID, version: int) -> Need:
    """The second need. The halves are read again here, so that no page can invent them.

    Raises `Conflict` for a stale version and `Refused` when the sentence says one need, as after a first click, by anyone.
    """
    need = load(agent, need_id)
    check(agent, need, Verb.WRITE)
    found = halves(need.sentence)
    if found is None:
        said = "Cette phrase ne dit plus deux besoins : elle vient d'être séparée, ou changée. Rien d'autre n'a été changé."
        raise refuse("one_need", said, field="sentence")
    first, second = found
    need = save(agent, need_id, version, sentence=first)
    other = start(agent, second, need.department)
    entry(agent, need, "need.split", {"sentence": second, "reference": other.reference, "other": other.pk})
    return other
