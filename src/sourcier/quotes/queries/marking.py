"""Who gives marks, who has given all of his, and for whom those of the others are still closed."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role, User
from sourcier.needs.models import Need
from sourcier.needs.queries import set_apart
from sourcier.quotes.models import Award, HeardPrice, Score, Submission
from sourcier.sourcing.models import Criterion, Sourcing

MARK_VERBS = ("score.given", "score.corrected")


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An evaluator who has begun, and the marks that he has still to give."""

    evaluator: User
    remaining: int


def may_mark(agent: Agent, department_id: UUID) -> bool:
    """The buyers, and the department that asks."""
    return agent.has(Role.BUYER, Role.HEAD_BUYER) or agent.covers(department_id, Role.REQUESTER)


def heard(agent: Agent, sourcing: Sourcing) -> bool:
    """This person heard a price before the opening: he gives no mark."""
    return HeardPrice.objects.filter(sourcing=sourcing, user=agent.user, allowed_at=None).exists()


def evaluates(agent: Agent, sourcing: Sourcing) -> bool:
    """Whether this person gives marks to the answers of this consultation."""
    apart = agent.id in set_apart(sourcing.need)
    return may_mark(agent, sourcing.need.department_id) and not heard(agent, sourcing) and not apart


def lacks_marks(agent: Agent, sourcing: Sourcing) -> bool:
    """Whether who would choose has marks to give first, or (one who heard a price) needs those of somebody else."""
    if heard(agent, sourcing):
        return bool(_expected([sourcing])[sourcing.pk]) and not finished(sourcing)
    return not reads_marks(agent, sourcing)


def finished(sourcing: Sourcing) -> frozenset[UUID]:
    """The evaluators whose marks count: they have marked every answer on every judged criterion."""
    expected = _expected([sourcing])[sourcing.pk]
    given = _current(sourcing).values_list("evaluator").annotate(count=Count("pk"))
    return frozenset(evaluator for evaluator, count in given if count == expected)


def unfinished(sourcing: Sourcing) -> list[Unfinished]:
    """Those who have begun and not finished, by name."""
    expected = _expected([sourcing])[sourcing.pk]
    given = dict(_current(sourcing).values_list("evaluator").annotate(count=Count("pk")))
    people = User.objects.filter(pk__in=given).order_by("name")
    return [Unfinished(user, expected - given[user.pk]) for user in people if given[user.pk] < expected]


def reads_marks(agent: Agent, sourcing: Sourcing) -> bool:
    """Who has given all his marks sees the others'; who gives none (an auditor), and everyone after the choice, too."""
    return not closed_to(agent, [sourcing])


def closed_to(agent: Agent, sourcings: Iterable[Sourcing]) -> list[Sourcing]:
    """The sourcings, of those given with their needs, whose marks by others are closed to `agent`."""
    opened = [s for s in sourcings if s.state == Sourcing.State.OPENED and may_mark(agent, s.need.department_id)]
    own = HeardPrice.objects.filter(sourcing__in=opened, user=agent.user, allowed_at=None)
    heard_in = set(own.values_list("sourcing", flat=True))
    marked = [sourcing for sourcing in opened if sourcing.pk not in heard_in]
    if not marked:
        return []
    expected = _expected(marked)
    scores = Score.objects.filter(submission__sourcing__in=marked, evaluator=agent.user, current=True)
    given = dict(scores.values_list("submission__sourcing").annotate(count=Count("pk")))
    return [sourcing for sourcing in marked if given.get(sourcing.pk, 0) < expected[sourcing.pk]]


def marking_begun(need: Need) -> bool:
    """Somebody has begun to mark answers among which nobody is chosen yet."""
    return Score.objects.filter(submission__sourcing__need=need, submission__sourcing__state=Sourcing.State.OPENED).exists()


def a_lot_is_chosen(sourcing: Sourcing) -> bool:
    """A firm is chosen for a lot: what makes the ranking no longer moves."""
    return Award.objects.filter(sourcing=sourcing, submission__isnull=False).exists()


def _current(sourcing: Sourcing):  # type: ignore[no-untyped-def]
    """Those that count: not the marks of who abstains since."""
    found = Score.objects.filter(submission__sourcing=sourcing, current=True)
    return found.exclude(evaluator__in=set_apart(sourcing.need))


def _expected(sourcings: list[Sourcing]) -> dict[UUID, int]:
    """How many marks each evaluator gives: one per compared answer and judged criterion."""
    quotes = Submission.objects.filter(
        sourcing__in=sourcings, round=1, state=Submission.State.RECEIVED, kind=Submission.Kind.QUOTE
    )
    answers = dict(quotes.values_list("sourcing").annotate(count=Count("pk")))
    judged = Criterion.objects.filter(sourcing__in=sourcings, kind=Criterion.Kind.JUDGED)
    criteria = dict(judged.values_list("sourcing").annotate(count=Count("pk")))
    return {each.pk: answers.get(each.pk, 0) * criteria.get(each.pk, 0) for each in sourcings}
