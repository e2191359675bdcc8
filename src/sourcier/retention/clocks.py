"""Begin a clock, start its term. No entry of their own: the caller, in its transaction, puts the rows in `rows=`."""

from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from sourcier.kernel.french import PARIS
from sourcier.law.retention import last_day, term
from sourcier.retention.models import Clock


def today() -> date:
    """The day in Paris: a term ends at midnight there."""
    return timezone.now().astimezone(PARIS).date()


def begin(
    organisation_id: UUID, kind: str, subject_id: UUID, *, operation_id: UUID | None = None, nature: str = "",
    on: date | None = None,
) -> Clock:  # fmt: skip
    """The clock of this record, made the first time under the rule of the day. With `on`, its term starts (again) that day."""
    rule = term(kind, nature)
    clock = _running(organisation_id, kind, subject_id) or Clock(
        organisation_id=organisation_id, kind=kind, subject_id=subject_id, operation_id=operation_id, years=rule.years,
        event=rule.event, article=rule.article, opened_at=timezone.now(),
    )  # fmt: skip
    return _set(clock, on or clock.started_on)


def start(organisation_id: UUID, kind: str, subject_id: UUID, at: datetime | date, event: str = "") -> list[Clock]:
    """The event has come: the term of a clock that runs starts that day, or again. `event` says another one than the usual."""
    on = at.astimezone(PARIS).date() if isinstance(at, datetime) else at
    clock = _running(organisation_id, kind, subject_id)
    if clock is None:
        return []
    clock.event = event or clock.event
    return [_set(clock, on)]


def stop(organisation_id: UUID, kind: str, subject_id: UUID) -> list[Clock]:
    """The event is undone (somebody came back): its term waits again."""
    clock = _running(organisation_id, kind, subject_id)
    return [_set(clock, None)] if clock else []


def _running(organisation_id: UUID, kind: str, subject_id: UUID) -> Clock | None:
    return (
        Clock.objects.select_for_update()
        .filter(organisation_id=organisation_id, kind=kind, subject_id=subject_id, erased_at=None)
        .first()
    )


def _set(clock: Clock, on: date | None) -> Clock:
    clock.started_on, clock.ends_on = on, last_day(on, clock.years) if on else None
    clock.save()
    return clock
