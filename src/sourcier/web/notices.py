"""E-mails to the people of the city: when something waits for them, when their need moves on, a digest each working morning."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta
from hashlib import sha256
from itertools import groupby

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Membership
from sourcier.kernel.french import PARIS, format_date, format_moment
from sourcier.mail.actions import enqueue
from sourcier.mail.models import Notice
from sourcier.needs import queries as needs
from sourcier.sourcing.working_days import is_working
from sourcier.web.awaiting import awaiting

logger = logging.getLogger(__name__)
# What is settled within minutes makes no e-mail, and what comes together makes one.
GRACE = timedelta(minutes=5)
MORNING = time(7, 30)
NOON = time(12)


def send_waiting_notices(now: datetime) -> int:
    """Queue the e-mails that people should have at `now`: at most one of what waits, and one for each need that moved."""
    return sum(_surely(tell, agent, now) for agent in _agents() for tell in (_notify, _tell_moves))


def _surely(tell: Callable[[Agent, datetime], int], agent: Agent, now: datetime) -> int:
    """One person's list that breaks must not silence the others'."""
    try:
        return tell(agent, now)
    except Exception as error:
        logger.error("telling a person failed: %s", type(error).__name__)
        return 0


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
    lines = awaiting(agent)
    morning = _morning_key(agent, now)
    keys = {_key(agent, line): line for line in lines}
    told = set(Notice.objects.filter(user=agent.user, key__in=[*keys, morning]).values_list("key", flat=True))
    if morning and morning not in told:
        return _send(agent, now, "digest", lines, [morning, *(keys.keys() - told)])
    fresh = {key: line for key, line in keys.items() if key not in told and line.since <= now - GRACE}
    return _send(agent, now, "waiting", list(fresh.values()), list(fresh)) if fresh else 0


def _tell_moves(agent: Agent, now: datetime) -> int:
    """To the author of a need: who has it now, and the next date."""
    moves = {_hash(agent, move.key): move for move in needs.moved(agent, now) if move.step.since <= now - GRACE}
    told = set(Notice.objects.filter(user=agent.user, key__in=moves).values_list("key", flat=True)) if moves else set()
    return sum(_send_move(agent, now, key, moves[key]) for key in moves.keys() - told)


def _send_move(agent: Agent, now: datetime, key: str, move: needs.Move) -> int:
    name = move.need.title or move.need.sentence
    try:
        with transaction.atomic():
            Notice.objects.create(user=agent.user, key=key, sent_at=now)
            enqueue(
                agent.organisation, kind="progress", to_address=agent.user.email, to_name=agent.user.name,
                subject=f"{move.step.what} : {name}", body=_move_body(agent, move), subject_id=agent.user.pk,
            )  # fmt: skip
    except IntegrityError:
        return 0  # another process has just told him
    return 1


def _move_body(agent: Agent, move: needs.Move) -> str:
    need, standing = move.need, move.standing
    upcoming = standing.next_words + (f" {format_date(standing.next_on)}." if standing.next_on else "")
    parts = [
        f"Bonjour {agent.user.name},",
        f"Votre besoin {need.reference} : « {need.title or need.sentence} »",
        " ".join(filter(None, (f"{move.step.what}.", standing.sentence, upcoming))),
        f"La raison : {need.reason}" if need.state == need.State.CLOSED and need.reason else "",
        f"Le suivre : {settings.SITE_URL}{reverse('need', args=[need.pk])}",
        _foot(agent),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _foot(agent: Agent) -> str:
    return f"{agent.organisation.name}\nVous recevez ce message parce que vous avez un compte : {settings.SITE_URL}/"


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
    return _hash(agent, f"{line.url} {line.since.isoformat()}")


def _hash(agent: Agent, event: str) -> str:
    return sha256(f"{agent.organisation.pk.hex} {event}".encode()).hexdigest()


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
    parts.append(_foot(agent))
    return "\n\n".join(parts) + "\n"
