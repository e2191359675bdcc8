"""SMS sent one by one, each result recorded at once: the life of an e-mail (`outbox`), by another door."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from sourcier.journal.actions import append
from sourcier.kernel.phones import shown
from sourcier.kernel.transitions import next_state
from sourcier.mail import gateway, rules, secrets, text_registry, text_rules
from sourcier.mail.models import OutgoingText
from sourcier.mail.queries import has_stopped
from sourcier.mail.rules import SECRET_MARK, Outcome, State, Verb

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=1)


def due(now: datetime) -> Q:
    """Texts to send: queued and due, or left by a worker whose lease is over."""
    return Q(state=State.QUEUED, next_check__lte=now) | Q(state=State.SENDING, lease_until__lt=now)


def send_texts_due(now: datetime | None = None, limit: int = 500) -> int:
    """Send up to `limit` texts that are due at `now`. Returns how many were tried. Never inside a transaction.

    A gateway that does not answer raises nothing: the texts wait, and say so in `last_error`.
    """
    start, begun = now or timezone.now(), monotonic()

    def clock() -> datetime:
        return start + timedelta(seconds=monotonic() - begun)

    tried = 0
    while gateway.offered() and tried < limit and (text := _claim(clock())):
        tried += 1
        if _deliver(text, clock):
            _say_that_it_is_down(clock())
            break
    return tried


@transaction.atomic
def _claim(now: datetime) -> OutgoingText | None:
    rows = OutgoingText.objects.filter(due(now)).order_by("next_check", "created_at", "pk")
    text = rows.select_for_update(skip_locked=True, of=("self",)).first()
    if text is not None:
        text.state = next_state(rules.TRANSITIONS, State(text.state), Verb.CLAIM, "")
        text.attempts += 1
        text.lease_until = now + LEASE
        text.save(update_fields=["state", "attempts", "lease_until"])
    return text


@sensitive_variables()
def _deliver(text: OutgoingText, clock: Callable[[], datetime]) -> bool:
    """Send it and record what became of it. True when the gateway cannot be reached."""
    if has_stopped(text.organisation_id, text.to_number):
        answer = gateway.Answer(text_rules.stopped())
    else:
        try:
            words = text.body.replace(SECRET_MARK, secrets.unseal(text.secret))
        except secrets.Lost:
            answer = gateway.Answer(
                rules.cannot_be_written("Le lien personnel de ce SMS est illisible. Envoyez-en un nouveau.")
            )
        else:
            answer = gateway.send(text.pk.hex, text.to_number, words, text.attempts)
    _record(text, answer, clock())
    return answer.down


@transaction.atomic
def _record(claimed: OutgoingText, answer: gateway.Answer, now: datetime) -> None:
    """A result that is lost sends the text again, with the same identifier: the gateway can tell."""
    text = OutgoingText.objects.select_for_update(of=("self",)).get(pk=claimed.pk)
    if (text.state, text.lease_until) != (State.SENDING, claimed.lease_until):
        return  # another worker took it after our lease
    outcome: Outcome = answer.outcome
    text.state = next_state(rules.TRANSITIONS, State(text.state), outcome.verb, "")
    text.lease_until, text.next_check = None, now + outcome.wait
    text.last_error, text.number_refused = outcome.sentence, outcome.address_refused
    if not outcome.counted:
        text.attempts -= 1
    if outcome.verb == Verb.DEFER:
        text.save()
        if outcome.counted:  # no row: it changes again at each attempt
            facts = facts_of(text) | {"about": text.subject_id}
            append(text.organisation_id, text.operation_id, verb_of(text, "deferred"), facts)
        return
    text.secret, text.gateway_id = "", answer.name
    if outcome.verb == Verb.ACCEPT:
        text.sent_at = now
    text.save()
    tell(text)
    append(text.organisation_id, text.operation_id, verb_of(text, text.state), facts_of(text), rows=[text])


def tell(text: OutgoingText) -> None:
    """Tell the rooms. One that fails must not undo the result, or the text would leave again and again."""
    for handler in text_registry.handlers(text.kind):
        try:
            with transaction.atomic():
                handler(text)
        except OperationalError:
            raise
        except Exception as error:
            logger.error("result handler of a %s by SMS failed: %s", text.kind, type(error).__name__)


def verb_of(text: OutgoingText, became: str) -> str:
    return f"text.{became}" + (".sealed" if text.sealed else "")


def facts_of(text: OutgoingText) -> dict[str, Any]:
    """What an entry says of a text: never its words, which may hold a link."""
    number = shown(text.to_number)
    facts: dict[str, Any] = {
        "text": text.pk, "kind": text.kind, "to_number": number, "to_name": text.to_name or number,
        "attempts": text.attempts, "gateway_id": text.gateway_id,
    }  # fmt: skip
    return facts | ({"error": text.last_error} if text.last_error else {})


@transaction.atomic
def _say_that_it_is_down(now: datetime) -> None:
    """What is due waits a little more, and says why. Attempts are not counted."""
    outcome = text_rules.down()
    OutgoingText.objects.filter(due(now)).update(
        state=State.QUEUED, lease_until=None, next_check=now + outcome.wait, last_error=outcome.sentence
    )
