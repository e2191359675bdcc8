"""The marks of one evaluator, given together; and what becomes of those of who does not finish."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.journal.actions import append
from sourcier.kernel.transitions import Refused, refuse
from sourcier.quotes.actions.evaluate import lock, require_marking, score
from sourcier.quotes.models import Score
from sourcier.quotes.queries import marking
from sourcier.sourcing.models import Sourcing


@dataclass(frozen=True, slots=True)
class Mark:
    """What one evaluator gives to one answer on one criterion; `reason` when it corrects a former one."""

    submission_id: UUID
    criterion_id: UUID
    value: int
    note: str = ""
    reason: str = ""

    @staticmethod
    def cell(submission_id: UUID, criterion_id: UUID) -> str:
        """The end of the names of the fields of one mark."""
        return f"{submission_id.hex}-{criterion_id.hex}"


@transaction.atomic
def give_marks(agent: Agent, marks: Iterable[Mark]) -> list[Score]:
    """Give all these marks, or none. A mark left as it was writes nothing. Raises `Refused`, with the field of its cell."""
    given = []
    for each in marks:
        try:
            given.append(score(agent, each.submission_id, each.criterion_id, each.value, each.note, each.reason))
        except Refused as refused:
            cell = Mark.cell(each.submission_id, each.criterion_id)
            raise Refused(refused.refusal, f"{refused.field}-{cell}" if refused.field else None) from None
    return given


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
    for each in scores:
        each.current = False
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
