"""E-mails to the people of the city: one when something waits for them, a digest each working morning."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta
from hashlib import sha256
from itertools import groupby

from django.conf import settings
from django.db import IntegrityError, transaction

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Membership
from sourcier.kernel.french import PARIS, format_moment
from sourcier.mail.actions import enqueue
from sourcier.mail.models import Notice
from sourcier.sourcing.working_days import is_working
from sourcier.web.awaiting import awaiting

logger = logging.getLogger(__name__)
# What is settled within minutes makes no e-mail, and what comes together makes one.
GRACE = timedelta(minutes=5)
MORNING = time(7, 30)
NOON = time(12)


def send_waiting_notices(now: datetime) -> int:
    """Queue the e-mails that people should have at `now`, at most one each. Returns how many."""
    return sum(_notify(agent, now) for agent in _agents())


def _agents() -> Iterator[Agent]:
    """Everybody who may act, once per organisation."""
    memberships = (
        Membership.objects.filter(active=True, user__is_active=True)
        .select_related("user", "organisation", "department")
        .order_by("organisation_id", "user_id", "pk")
    )
    for _, group in groupby(memberships, key=lambda m: (m.organisation_id, m.user_id)):
        own = tuple(group)
        yield Agent(own[0].user, own[0].organisation, own)


def _notify(agent: Agent, now: datetime) -> int:
    try:
        lines = awaiting(agent)
    except Exception as error:
        # One person's page that breaks must not silence the others'.
        logger.error("awaiting failed: %s", type(error).__name__)
        return 0
    morning = _morning_key(agent, now)
    keys = {_key(agent, line): line for line in lines}
    told = set(Notice.objects.filter(user=agent.user, key__in=[*keys, morning]).values_list("key", flat=True))
    if morning and morning not in told:
        return _send(agent, now, "digest", lines, [morning, *(keys.keys() - told)])
    fresh = {key: line for key, line in keys.items() if key not in told and line.since <= now - GRACE}
    return _send(agent, now, "waiting", list(fresh.values()), list(fresh)) if fresh else 0


def _send(agent: Agent, now: datetime, kind: str, lines: Sequence[Awaiting], keys: Iterable[str]) -> int:
    """Remember what is told and queue the e-mail, together. An empty digest is remembered and not sent."""
    try:
        with transaction.atomic():
            Notice.objects.bulk_create(Notice(user=agent.user, key=key, sent_at=now) for key in keys)
            if lines:
                enqueue(
                    agent.organisation, kind=kind, to_address=agent.user.email, to_name=agent.user.name,
                    subject=_subject(kind, lines), body=_body(agent, lines), subject_id=agent.user.pk,
                )  # fmt: skip
    except IntegrityError:
        return 0  # another process has just told him
    return 1 if lines else 0


def _morning_key(agent: Agent, now: datetime) -> str:
    """The key of today's digest, between 7 h 30 and noon of a working day; else empty."""
    local = now.astimezone(PARIS)
    if not MORNING <= local.time() < NOON or not is_working(local.date(), agent.organisation.postal_code):
        return ""
    return f"digest:{agent.organisation.pk.hex}:{local.date().isoformat()}"


def _key(agent: Agent, line: Awaiting) -> str:
    return sha256(f"{agent.organisation.pk.hex} {line.url} {line.since.isoformat()}".encode()).hexdigest()


def _subject(kind: str, lines: Sequence[Awaiting]) -> str:
    count = "Une demande vous attend" if len(lines) == 1 else f"{len(lines)} demandes vous attendent"
    return f"Ce matin : {count[0].lower()}{count[1:]}" if kind == "digest" else count


def _body(agent: Agent, lines: Sequence[Awaiting]) -> str:
    parts = [f"Bonjour {agent.user.name},", "Ce qui vous attend :"]
    for line in lines:
        department = f" ({line.department})" if line.department else ""
        parts.append(
            f"- {line.sentence}{department}\n  Depuis le {format_moment(line.since, weekday=False)}."
            f"\n  {line.button} : {settings.SITE_URL}{line.url}"
        )
    parts.append(f"{agent.organisation.name}\nVous recevez ce message parce que vous avez un compte : {settings.SITE_URL}/")
    return "\n\n".join(parts) + "\n"
