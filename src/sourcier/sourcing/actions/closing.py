"""The end of the waiting: the deadline passes, or the city stops before the opening."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.journal.actions import append
from sourcier.kernel.french import format_moment
from sourcier.kernel.transitions import Refused
from sourcier.needs.actions import keep_from_now, mark_closed
from sourcier.needs.registry import close_refusal
from sourcier.sourcing import rules, words
from sourcier.sourcing.actions import common
from sourcier.sourcing.actions.common import entry, load, touch
from sourcier.sourcing.actions.invite import tell_all
from sourcier.sourcing.briefs import brief
from sourcier.sourcing.models import Relay, Sourcing
from sourcier.sourcing.rules import State, Verb


def close_due(now: datetime) -> int:
    """Close every sourcing whose deadline is over (an answer at its very second is still in). Returns how many."""
    due = Sourcing.objects.filter(state=Sourcing.State.OPEN, next_check__lt=now).order_by("pk").values_list("pk", flat=True)
    return sum(_close(pk, now) for pk in list(due))


@transaction.atomic
def _close(sourcing_id: UUID, now: datetime) -> bool:
    """False when someone extended it meanwhile."""
    sourcing = Sourcing.objects.select_for_update().get(pk=sourcing_id)
    if rules.state_guard(sourcing.state, Verb.CLOSE) or rules.in_time(sourcing.deadline, now) or sourcing.deadline is None:
        return False
    sourcing.state, sourcing.closed_at, sourcing.next_check = State.CLOSED, now, None
    sourcing.save()
    payload = {"sourcing": sourcing.pk, "deadline": sourcing.deadline, "deadline_words": format_moment(sourcing.deadline)}
    append(sourcing.organisation_id, sourcing.need_id, "sourcing.closed", payload, rows=[sourcing])
    return True


@transaction.atomic
def end(agent: Agent, sourcing_id: UUID, reason: str, *, close_need: bool = False) -> Sourcing:
    """Stop before the opening, with a reason told to all who were asked; the answers stay closed for ever.

    The need is closed too, or waits for its buyer to take it up again.
    """
    sourcing = load(agent, sourcing_id, Verb.END)
    reason = common.words(reason, 1_000, "reason", required="Dites pourquoi : les entreprises recevront cette raison.")
    if close_need and (refusal := close_refusal(sourcing.need_id)):
        raise Refused(refusal, "close_need")
    was_sent = sourcing.state != State.DRAFT
    sourcing.state, sourcing.ending_reason, sourcing.next_check = State.ENDED, reason, None
    sourcing.ended_at = timezone.now()
    touch(agent, sourcing)
    rows: list[Model] = [mark_closed(sourcing.need, reason), *keep_from_now(sourcing.need)] if close_need else []
    if was_sent:
        subject, body = words.end_mail(brief(sourcing), reason)
        text = f"La consultation est arrêtée. La raison : {reason}"
        rows += tell_all(sourcing, "end", sourcing.pk, subject, body, Relay.Subject.END, text)
    entry(agent, sourcing, "sourcing.ended", {"reason": reason, "need_closed": close_need}, rows)
    return sourcing
