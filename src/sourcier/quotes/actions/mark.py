"""What becomes of the marks of who does not finish."""

from uuid import UUID

from django.db import transaction

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.quotes.actions.evaluate import lock, require_marking
from sourcier.quotes.models import Score
from sourcier.quotes.queries import marking
from sourcier.sourcing.models import Sourcing


@transaction.atomic
def set_aside(agent: Agent, sourcing_id: UUID, evaluator_id: UUID, reason: str) -> Sourcing:
    """Leave out an evaluator who has begun and not finished: himself, or the head buyer for him. Raises `Refused`.

    His marks are kept and no longer count; he may mark again.
    """
    sourcing = lock(agent, sourcing_id)
    if agent.id != evaluator_id and not agent.has(Role.HEAD_BUYER):
        raise refuse("not_the_head", "Seule la personne qui a noté, ou le responsable des achats, peut retirer ces notes.")
    require_marking(sourcing)
    left = next((each for each in marking.unfinished(sourcing) if each.evaluator.pk == evaluator_id), None)
    if left is None:
        raise refuse("nothing_to_set_aside", "Cette personne n'a pas de notes inachevées.")
    if not reason.strip():
        raise refuse("no_reason", "Dites pourquoi ces notes sont retirées.", "reason")
    scores = list(Score.objects.filter(submission__sourcing=sourcing, evaluator=left.evaluator, current=True))
    for score in scores:
        score.current = False
    Score.objects.bulk_update(scores, ["current"])
    append(
        agent.organisation.pk,
        sourcing.need_id,
        "score.set_aside",
        {"name": agent.user.name, "evaluator": left.evaluator.name, "count": len(scores), "reason": reason.strip()},
        actor=agent.id,
        rows=scores,
    )
    return sourcing
