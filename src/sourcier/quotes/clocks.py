"""The time that a third party tells before sealed quotes are opened: asked by the worker, kept whole in the journal."""

import base64
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sourcier.journal import authorities
from sourcier.journal.actions import append
from sourcier.journal.authorities import Given, NoStamp, OtherTime
from sourcier.kernel.canonical import canonical
from sourcier.kernel.french import format_moment
from sourcier.quotes.models import ClockCheck, LastPriceRound
from sourcier.quotes.opening_rules import Clock
from sourcier.sourcing.models import Sourcing

AGAIN = timedelta(minutes=1)
States = ClockCheck.State
VERBS = {States.AGREED: "clock.agreed", States.REFUSED: "clock.refused", States.SILENT: "clock.silent"}


def clock_of(sourcing: Sourcing, round_: int) -> tuple[Clock, ClockCheck | None]:
    """What is known of the time for the opening of that round."""
    if not authorities.configured():
        return Clock.NOBODY, None
    check = ClockCheck.objects.filter(sourcing=sourcing, round=round_).first()
    return (Clock(check.state), check) if check else (Clock.NOT_YET, None)


def check_clocks(now: datetime) -> int:
    """Ask the time for each round that waits for its opening. Returns how many times were confirmed. For `tick`."""
    if not authorities.configured():
        return 0
    return sum(_check(*each) for each in [*_first_rounds(now), *_last_prices(now)])


def _first_rounds(now: datetime) -> list[tuple[Sourcing, int, datetime]]:
    closed = Sourcing.objects.filter(kind=Sourcing.Kind.RFQ, state=Sourcing.State.CLOSED)
    due = closed.filter(deadline__lte=now - settings.OPENING_WAIT)
    return [(each, 1, each.deadline) for each in due.order_by("deadline") if each.deadline and _to_ask(each, 1, now)]


def _last_prices(now: datetime) -> list[tuple[Sourcing, int, datetime]]:
    asked = LastPriceRound.objects.filter(sourcing__kind=Sourcing.Kind.RFQ, opened_at=None)
    due = asked.filter(deadline__lte=now - settings.OPENING_WAIT).select_related("sourcing")
    return [(each.sourcing, 2, each.deadline) for each in due.order_by("deadline") if _to_ask(each.sourcing, 2, now)]


def _to_ask(sourcing: Sourcing, round_: int, now: datetime) -> bool:
    check = ClockCheck.objects.filter(sourcing=sourcing, round=round_).first()
    return check is None or (check.next_check is not None and check.next_check <= now)


def question(sourcing: Sourcing, round_: int, deadline: datetime) -> bytes:
    """What the authority stamps: that this opening is about to be made."""
    said = {"what": "sourcier opening v1", "operation": sourcing.pk.hex, "round": round_}
    return canonical({**said, "deadline": round(deadline.timestamp() * 1000)})


def _check(sourcing: Sourcing, round_: int, deadline: datetime) -> bool:
    """The first authority that tells a time after the deadline and close to ours settles it; none lies for the others."""
    wrong, contradicted = [], False
    asked = question(sourcing, round_, deadline)
    try:
        trusted = authorities.roots()
    except NoStamp as error:
        return _keep(sourcing, round_, States.SILENT, None, str(error), asked)
    for authority in authorities.configured():
        try:
            given = authorities.ask(authority, asked, trusted)
        except OtherTime as error:
            contradicted = True
            wrong.append(str(error))
        except NoStamp as error:
            wrong.append(str(error))
        else:
            if given.told_at > deadline:
                return _keep(sourcing, round_, States.AGREED, given, "\n".join(wrong), asked)
            contradicted = True
            wrong.append(f"{authority.name} dit qu'il est {format_moment(given.told_at)} : la date limite n'est pas passée.")
    return _keep(sourcing, round_, States.REFUSED if contradicted else States.SILENT, None, "\n".join(wrong), asked)


@transaction.atomic
def _keep(sourcing: Sourcing, round_: int, state: States, given: Given | None, sentence: str, asked: bytes) -> bool:
    """Write what came of it, and its entry when it is new: the token itself, for whoever does not believe us."""
    now = timezone.now()
    Sourcing.objects.select_for_update().get(pk=sourcing.pk)
    former = ClockCheck.objects.filter(sourcing=sourcing, round=round_).first()
    check = former or ClockCheck(sourcing=sourcing, round=round_)
    if former and former.state == States.AGREED:
        return False
    was = former.state if former else None
    check.state, check.sentence, check.checked_at = state, sentence, now
    check.next_check = None if given else now + AGAIN
    body: dict[str, Any] = {"sourcing": sourcing.pk, "round": round_, "sentence": sentence, "checked_at": now}
    if given:
        check.authority, check.told_at = given.authority.url, given.told_at
        check.token_sha256 = sha256(given.reply).hexdigest()
        body |= {
            "authority": given.authority.name, "told_at": given.told_at, "serial": given.serial, "asked": asked.decode(),
            "token": base64.b64encode(given.reply).decode(), "certificates": given.certificates,
        }  # fmt: skip
    check.save()
    if state != was:
        append(sourcing.organisation_id, sourcing.need_id, VERBS[state], body, rows=[check])
    return given is not None
