"""What became of the messages sent, or put off: many results in one transaction, each with its own entry in the journal.

One entry for each message, not one for all: each belongs to the stream of its operation, is sealed or not by itself, and is
erased with its operation alone. Written together they cost one lock and one flush to the disk.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction

from sourcier.journal.actions import Said, append_all
from sourcier.kernel.transitions import next_state
from sourcier.mail import registry, rules
from sourcier.mail.models import OutgoingMessage
from sourcier.mail.rules import Outcome, State, Verb
from sourcier.vault import queries as vault

logger = logging.getLogger(__name__)
TRIES = 5


@dataclass(frozen=True, slots=True)
class Result:
    """A message as it was claimed, what became of it, and when."""

    claimed: OutgoingMessage
    outcome: Outcome
    at: datetime


def record(results: Sequence[Result]) -> None:
    """Record, again while the database is locked: a result that is lost sends the message twice.

    One that cannot be recorded does not keep the others from it; its error is raised at the end.
    """
    if not results:
        return
    try:
        _record_patiently(results)
    except OperationalError:
        raise
    except Exception as error:
        if len(results) == 1:
            raise
        logger.error("results are recorded one by one: %s", type(error).__name__)
        errors = [error for result in results if (error := _error_of(result))]
        if errors:
            raise errors[0] from None


def _error_of(result: Result) -> Exception | None:
    try:
        _record_patiently([result])
    except Exception as error:
        return error
    return None


def _record_patiently(results: Sequence[Result]) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            _record(results)
        except OperationalError:
            if attempt == TRIES:
                raise
            logger.warning("database locked while recording results, trying again")
            time.sleep(attempt)
        else:
            return


@transaction.atomic
def _record(results: Sequence[Result]) -> None:
    """Rows first, then the rooms that want to know, the journal last."""
    locked = OutgoingMessage.objects.select_for_update(of=("self",)).select_related("organisation").order_by("pk")
    rows = {row.pk: row for row in locked.filter(pk__in=[result.claimed.pk for result in results])}
    # Another worker may have taken it after our lease.
    ours = [
        (rows[result.claimed.pk], result)
        for result in results
        if (rows[result.claimed.pk].state, rows[result.claimed.pk].lease_until) == (State.SENDING, result.claimed.lease_until)
    ]
    for message, result in ours:
        _apply(message, result.outcome, result.at)
        message.save()
    for message, _ in ours:
        if message.state != State.QUEUED:
            _tell(message)
    said: dict[UUID, list[Said]] = defaultdict(list)
    for message, result in ours:
        waits = message.state == State.QUEUED
        if waits and not result.outcome.counted:
            continue  # our own server, not the one of the person written to
        payload = _payload(message, [vault.file_facts(file) for file in result.claimed.files.all()])
        rows = () if waits else (message,)  # one that waits changes again at each attempt
        said[message.organisation_id].append(Said(message.operation_id, _verb(message), payload, rows=rows))
    for log_id in sorted(said):
        append_all(log_id, said[log_id])


def _apply(message: OutgoingMessage, outcome: Outcome, at: datetime) -> None:
    message.state = next_state(rules.TRANSITIONS, State(message.state), outcome.verb, "")
    message.lease_until = None
    message.last_error = outcome.sentence
    message.address_refused = outcome.address_refused
    message.next_check = at + outcome.wait
    if not outcome.counted:
        message.attempts -= 1
    if outcome.verb != Verb.DEFER:
        message.secret = ""
    if outcome.verb == Verb.ACCEPT:
        message.sent_at = at


def _tell(message: OutgoingMessage) -> None:
    """Tell the rooms. One that fails must not undo the result, or the message would leave again and again."""
    for handler in registry.handlers(message.kind):
        try:
            with transaction.atomic():
                handler(message)
        except OperationalError:
            raise
        except Exception as error:
            logger.error("result handler of %s failed: %s", message.kind, type(error).__name__)


def _verb(message: OutgoingMessage) -> str:
    became = "deferred" if message.state == State.QUEUED else message.state
    return f"message.{became}" + (".sealed" if message.sealed else "")


def _payload(message: OutgoingMessage, files: list[dict[str, Any]]) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "message": message.pk,
        "kind": message.kind,
        "to_address": message.to_address,
        "to_name": message.to_name or message.to_address,
        "subject": message.subject,
        "attempts": message.attempts,
        "files": files,
    }
    if message.state == State.QUEUED and message.subject_id:
        payload["about"] = message.subject_id
    if message.state in (State.FAILED, State.QUEUED):
        payload["error"] = message.last_error
    return payload
