"""The journal as this person may read it now: without who answered while it is closed, nor the marks of others before his."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from sourcier.accounts.agents import Agent
from sourcier.journal import queries as journal
from sourcier.journal.models import Entry
from sourcier.journal.registry import VERBS
from sourcier.quotes.models import LastPriceRound
from sourcier.quotes.queries.marking import MARK_VERBS, closed_to
from sourcier.sourcing.models import Sourcing

Span = tuple[UUID, datetime, datetime | None]


def entries(agent: Agent, need_id: UUID | None = None) -> QuerySet[Entry]:
    """Of the city or of one operation, oldest first. Show neither index nor number of them: the holes would tell."""
    organisation_id = agent.organisation.pk
    found = journal.entries(organisation_id, need_id)
    sealed = [verb.id for verb in VERBS.values() if verb.sealed]
    for operation, start, end in _closed_spans(organisation_id, need_id):
        hidden = Q(stream=operation.hex, verb__in=sealed, at__gte=_milliseconds(start))
        found = found.exclude(hidden & Q(at__lt=_milliseconds(end)) if end else hidden)
    for operation, start in _marks_closed(agent, need_id):
        marks = Q(stream=operation.hex, verb__in=MARK_VERBS, at__gte=_milliseconds(start))
        found = found.exclude(marks & ~Q(actor=agent.id.hex))
    return found


def _marks_closed(agent: Agent, need_id: UUID | None) -> Iterator[tuple[UUID, datetime]]:
    """`(operation, from)`: answers opened, that this person has not finished to mark."""
    opened = Sourcing.objects.filter(organisation=agent.organisation, state=Sourcing.State.OPENED).select_related("need")
    for sourcing in closed_to(agent, opened.filter(need_id=need_id) if need_id else opened):
        if sourcing.opened_at:
            yield sourcing.need_id, sourcing.opened_at


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _closed_spans(organisation_id: UUID, need_id: UUID | None) -> Iterator[Span]:
    """`(operation, from, to)`: a consultation never opened, until the next one is sent; a last price, until its opening."""
    sent = Sourcing.objects.filter(organisation_id=organisation_id, sent_at__isnull=False)
    rounds = LastPriceRound.objects.filter(sourcing__organisation_id=organisation_id, opened_at=None)
    if need_id:
        sent, rounds = sent.filter(need_id=need_id), rounds.filter(sourcing__need_id=need_id)
    closed = sent.filter(opened_at=None).values_list("need_id", flat=True)
    by_need: dict[UUID, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for need, start, opened in (
        sent.filter(need_id__in=closed).order_by("sent_at").values_list("need_id", "sent_at", "opened_at")
    ):
        by_need[need].append((start, opened))
    for need, moments in by_need.items():
        ends = [start for start, _ in moments[1:]] + [None]
        yield from ((need, start, end) for (start, opened), end in zip(moments, ends, strict=True) if opened is None)
    for need, asked in rounds.values_list("sourcing__need_id", "asked_at"):
        yield need, asked, None
