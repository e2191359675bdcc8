"""A price said aloud before the opening: whoever heard it says so, and gives no mark but by a decision of the head buyer."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.journal.actions import append
from sourcier.kernel.transitions import Refused, refuse
from sourcier.quotes.actions.evaluate import lock, require_marking
from sourcier.quotes.models import HeardPrice
from sourcier.quotes.queries.marking import may_mark
from sourcier.quotes.rules import too_short
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


@transaction.atomic
def allow_marks(agent: Agent, sourcing_id: UUID, user_id: UUID, reason: str) -> HeardPrice:
    """Let someone who heard a price give marks all the same (`price.heard_allowed`): nobody else can judge, and it is said why.

    Decided by the head buyer, for another than himself, once the answers are open. Raises `Refused`, `HeardPrice.DoesNotExist`.
    """
    sourcing = lock(agent, sourcing_id)
    if not agent.has(Role.HEAD_BUYER):
        raise refuse("not_a_head_buyer", "Seul le responsable des achats peut le décider.")
    require_marking(sourcing)
    heard = HeardPrice.objects.select_related("user").get(sourcing=sourcing, user=user_id)
    if heard.user_id == agent.user.pk:
        raise refuse("himself", "Vous avez entendu un prix : vous ne pouvez pas vous autoriser vous-même.")
    if heard.allowed_at is not None:
        raise refuse("already_allowed", "C'est déjà décidé.")
    if refusal := too_short(reason):
        raise Refused(refusal, "reason")
    heard.allowed_by, heard.allowed_at, heard.allowed_reason = agent.user, timezone.now(), reason.strip()[:1_000]
    heard.save()
    said = {"name": agent.user.name, "heard": heard.user.name, "sourcing": sourcing.pk, "reason": heard.allowed_reason}
    append(agent.organisation.pk, sourcing.need_id, "price.heard_allowed", said, actor=agent.id, rows=[heard])
    return heard
