"""A price said aloud before the opening: whoever heard it says so, and gives no mark."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import append
from sourcier.kernel.transitions import refuse
from sourcier.quotes.actions.evaluate import lock
from sourcier.quotes.models import HeardPrice
from sourcier.quotes.queries.marking import may_mark
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.rules import is_sealed


@transaction.atomic
def hear_price(agent: Agent, sourcing_id: UUID, how: str) -> HeardPrice:
    """Say that one heard a price (`price.heard`, sealed since it tells that a firm answers); once. Raises `Refused`."""
    sourcing = lock(agent, sourcing_id)
    if not may_mark(agent, sourcing.need.department_id):
        raise refuse("not_an_evaluator", "Seuls ceux qui notent les réponses ont à le dire.")
    if not is_sealed(sourcing.state) or sourcing.state == Sourcing.State.DRAFT:
        raise refuse("opened", "Les réponses sont ouvertes : ceci se dit avant.")
    if not how.strip():
        raise refuse("no_words", "Dites comment : au téléphone, au guichet… N'écrivez pas le prix.", "how")
    heard, new = HeardPrice.objects.get_or_create(
        sourcing=sourcing, user=agent.user, defaults={"how": how.strip()[:1_000], "told_at": timezone.now()}
    )
    if new:
        said = {"name": agent.user.name, "sourcing": sourcing.pk, "how": heard.how}
        append(agent.organisation.pk, sourcing.need_id, "price.heard", said, actor=agent.id, rows=[heard])
    return heard
