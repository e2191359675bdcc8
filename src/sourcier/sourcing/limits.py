"""Limits per hour, counted in the database: several processes share them, and a restart forgets nothing."""

from datetime import datetime, timedelta

from sourcier.kernel.transitions import refuse
from sourcier.sourcing.models import Attempt
from sourcier.suppliers.tokens import limit_key

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOTICE_BY_SENDER = 10
NOTICE_BY_EMAIL = 4
NOTICE_BY_SOURCING = 120
CONFIRM_BY_SENDER = 60
NEWS_BY_INVITATION = 10
DRAFTS_BY_INVITATION = 12
ANSWERS_BY_INVITATION = 20
UPLOADS_BY_INVITATION = 120
TOO_MANY = "Trop d'essais depuis une heure. Rien n'est perdu : réessayez dans une heure, ou appelez la mairie."


def take(scope: str, who: str, limit: int, now: datetime) -> None:
    """Count one try of `who` (an address, kept as an HMAC) in this hour. Raises `Refused` beyond the limit."""
    key = limit_key(f"{scope}:{who}")
    if Attempt.objects.filter(scope=scope, key=key, at__gt=now - HOUR).count() >= limit:
        raise refuse("too_many", TOO_MANY)
    Attempt.objects.create(scope=scope, key=key, at=now)


def forget(now: datetime) -> int:
    """Delete the tries older than a day; returns how many."""
    return Attempt.objects.filter(at__lt=now - DAY).delete()[0]
