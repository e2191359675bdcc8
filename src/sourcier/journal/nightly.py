"""The check of every journal once a night, whose result the city's pages show; an alarm lasts until a check finds nothing."""

import logging
from datetime import datetime, time, timedelta
from uuid import UUID

from sourcier.journal.models import Log, NightCheck
from sourcier.journal.verify import verify
from sourcier.journal.witnesses import set_aside
from sourcier.kernel.french import PARIS

logger = logging.getLogger(__name__)
HOUR = time(2)
BROKEN_OFF = "Le contrôle n'a pas pu aller jusqu'au bout : lancez « sourcier journal verify »."


def check_nightly(now: datetime) -> int:
    """Check the journals that were not since the last 2 h (Paris): a server stopped at night does it once it is back.

    One process alone, so that the server keeps a core. Returns how many were checked.
    """
    night = _night(now)
    # A journal born since waits for its first night.
    due = Log.objects.filter(entries__index=0, entries__at__lt=night.timestamp() * 1000)
    due = due.exclude(night_check__checked_at__gte=night)
    logs = list(due.order_by("pk").values_list("pk", flat=True))
    for log_id in logs:
        _check(log_id, now)
    return len(logs)


def _night(now: datetime) -> datetime:
    """The last 2 h of Paris."""
    local = now.astimezone(PARIS)
    night = datetime.combine(local.date(), HOUR, PARIS)
    return night if night <= local else datetime.combine(local.date() - timedelta(days=1), HOUR, PARIS)


def _check(log_id: UUID, now: datetime) -> None:
    try:
        report = verify(log_id, witnesses=set_aside(Log.objects.get(pk=log_id).origin))
        count, sentences = report.problem_count, [problem.sentence for problem in report.problems]
    except Exception as error:  # a damaged database must raise the alarm, and keep no other city from its check
        logger.error("nightly check failed: %s", type(error).__name__)
        count, sentences = 1, [BROKEN_OFF]
    before = NightCheck.objects.filter(log_id=log_id).first()
    since = (before.wrong_since if before else None) or now
    NightCheck.objects.update_or_create(
        log_id=log_id,
        defaults={"checked_at": now, "problems": count, "sentences": sentences, "wrong_since": since if count else None},
    )


def last_check(log_id: UUID) -> NightCheck | None:
    """What the last night found."""
    return NightCheck.objects.filter(log_id=log_id).first()
