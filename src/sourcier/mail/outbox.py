"""Sending what waits: claim a few messages with a lease, send them over one connection, record each result at once."""

import logging
import smtplib
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from sourcier.journal.actions import append
from sourcier.kernel.transitions import next_state
from sourcier.mail import registry, rules, secrets
from sourcier.mail.models import OutgoingMessage
from sourcier.mail.replying import is_ours
from sourcier.mail.rules import Outcome, State, Verb
from sourcier.vault import queries as vault

logger = logging.getLogger(__name__)
BATCH = 20
RECORD_TRIES = 5


def message_id_of(message: OutgoingMessage) -> str:
    """The Message-ID of a message, the same at each attempt: a receiver that gets it twice can tell."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{message.pk.hex}@{domain}>"


def send_due(now: datetime | None = None, limit: int = 500) -> int:
    """Send up to `limit` messages that are due at `now`. Returns how many were tried. Never inside a transaction.

    Raises nothing for a mail server that is down: the messages wait, and say so in `last_error`.
    """
    tried = 0
    clock = _clock(now)
    if not OutgoingMessage.objects.filter(due(clock())).exists():
        return tried
    with _Post() as post:
        while tried < limit and post.is_open():
            batch = _claim(clock(), min(BATCH, limit - tried))
            if not batch:
                break
            for message in batch:
                _deliver(post, message, clock)
            tried += len(batch)
        if post.down:
            _say_that_server_is_down(clock())
    return tried


def _clock(now: datetime | None) -> Callable[[], datetime]:
    """The time as it goes on, from `now` when the caller gives it."""
    start, begun = now or timezone.now(), time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - begun)


def due(now: datetime) -> Q:
    """Messages to send: queued and due, or left by a worker whose lease is over."""
    return Q(state=State.QUEUED, next_check__lte=now) | Q(state=State.SENDING, lease_until__lt=now)


@transaction.atomic
def _claim(now: datetime, limit: int) -> list[OutgoingMessage]:
    rows = OutgoingMessage.objects.filter(due(now)).order_by("next_check", "created_at", "pk")
    rows = rows.select_related("organisation").prefetch_related("files")
    batch = list(rows.select_for_update(skip_locked=True, of=("self",))[:limit])
    for message in batch:
        message.state = next_state(rules.TRANSITIONS, State(message.state), Verb.CLAIM, "")
        message.attempts += 1
        message.lease_until = now + rules.LEASE
    OutgoingMessage.objects.bulk_update(batch, ["state", "attempts", "lease_until"])
    return batch


class _Post:
    """One connection to the mail server for a whole pass, opened again when it was cut."""

    def __init__(self) -> None:
        self.backend = get_connection(fail_silently=False)
        self.down = False

    def __enter__(self) -> "_Post":
        return self

    def __exit__(self, *error: object) -> None:
        self.hang_up()

    def is_open(self) -> bool:
        """Open when need be; False, for the rest of the pass, when the server does not answer."""
        if not self.down:
            try:
                self.backend.open()
            except (OSError, smtplib.SMTPException) as error:
                logger.warning("mail server unreachable: %s", type(error).__name__)
                self.down = True
        return not self.down

    def hang_up(self) -> None:
        try:
            self.backend.close()
        except (OSError, smtplib.SMTPException):
            logger.info("mail server did not say goodbye")
        # A connection that was cut must not be taken for an open one.
        if hasattr(self.backend, "connection"):
            self.backend.connection = None

    def send(self, email: EmailMessage, attempts: int) -> Outcome:
        """Send one message and say what becomes of it."""
        if not self.is_open():
            return rules.server_down()
        try:
            self.backend.send_messages([email])
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            if code == 421:
                self.hang_up()
            return rules.recipient_refused(code, text.decode(errors="replace"), attempts)
        except smtplib.SMTPSenderRefused as error:
            # Refused before anyone was named: our sender, unless the message is too large (RFC 1870).
            return self._answered(error.smtp_code if error.smtp_code == 552 else 454, attempts)
        except smtplib.SMTPResponseException as error:
            return self._answered(error.smtp_code, attempts)
        except (smtplib.SMTPException, OSError) as error:
            logger.warning("mail connection cut: %s", type(error).__name__)
            self.hang_up()
            return rules.cut_off(attempts)
        return rules.ACCEPTED

    def _answered(self, code: int, attempts: int) -> Outcome:
        if code == 421:
            self.hang_up()
        return rules.answered(code, attempts)


def _deliver(post: _Post, message: OutgoingMessage, clock: Callable[[], datetime]) -> None:
    if message.lease_until is None or clock() > message.lease_until - rules.LEASE_MARGIN:
        outcome = Outcome(Verb.DEFER, counted=False)
    else:
        try:
            email = write(message)
        except secrets.Lost:
            outcome = rules.cannot_be_written("Le lien personnel de ce message est illisible. Envoyez un nouveau message.")
        except FileNotFoundError:
            outcome = rules.cannot_be_written("Une pièce jointe de ce message manque dans le coffre.")
        else:
            try:
                outcome = post.send(email, message.attempts)
            except (ValueError, UnicodeError):
                outcome = rules.cannot_be_written("L'adresse ou le texte de ce message ne peut pas être envoyé.")
    _record_surely(message, outcome, clock())


def write(message: OutgoingMessage) -> EmailMessage:
    """The e-mail as it leaves: plain text, UTF-8, its personal link in place. Raises `secrets.Lost`, `FileNotFoundError`."""
    body = message.body
    if message.secret:
        body = body.replace(rules.SECRET_MARK, secrets.unseal(message.secret))
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    # What cannot be delivered comes back to the firm's own reply address, which says whose it was.
    returns = {"From": formataddr((message.organisation.name, sender))} if is_ours(message.reply_to) else {}
    email = EmailMessage(
        subject=message.subject,
        body=body,
        from_email=message.reply_to if returns else formataddr((message.organisation.name, sender)),
        to=[formataddr((message.to_name, message.to_address))],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={
            **returns,
            **registry.stop_headers(message),
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    for file in message.files.all():
        with vault.open_file(file) as stored:
            email.attach(file.name, stored.read(), file.media_type)
    if proof := registry.proof_for(message):
        name, text = proof
        email.attach(name, text.encode(), "application/octet-stream")
    return email


def _record_surely(message: OutgoingMessage, outcome: Outcome, now: datetime) -> None:
    """Record, again while the database is locked: a result that is lost sends the message twice."""
    for attempt in range(1, RECORD_TRIES + 1):
        try:
            _record(message, outcome, now)
        except OperationalError:
            if attempt == RECORD_TRIES:
                raise
            logger.warning("database locked while recording a result, trying again")
            time.sleep(attempt)
        else:
            return


@transaction.atomic
def _record(claimed: OutgoingMessage, outcome: Outcome, now: datetime) -> None:
    message = OutgoingMessage.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=claimed.pk)
    if (message.state, message.lease_until) != (State.SENDING, claimed.lease_until):
        return  # another worker took it after our lease
    message.state = next_state(rules.TRANSITIONS, State(message.state), outcome.verb, "")
    message.lease_until = None
    message.last_error = outcome.sentence
    message.address_refused = outcome.address_refused
    message.next_check = now + outcome.wait
    if not outcome.counted:
        message.attempts -= 1
    if outcome.verb == Verb.DEFER:
        message.save()
        return
    message.secret = ""
    if outcome.verb == Verb.ACCEPT:
        message.sent_at = now
    message.save()
    _tell(message)
    payload = _payload(message, [vault.file_facts(file) for file in claimed.files.all()])
    append(message.organisation_id, message.operation_id, _verb(message), payload, rows=[message])


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
    return f"message.{message.state}" + (".sealed" if message.sealed else "")


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
    if message.state == State.FAILED:
        payload["error"] = message.last_error
    return payload


@transaction.atomic
def _say_that_server_is_down(now: datetime) -> None:
    """The server cannot be reached: what is due waits a little more, and says why. Attempts are not counted."""
    outcome = rules.server_down()
    OutgoingMessage.objects.filter(due(now)).update(
        state=State.QUEUED, lease_until=None, next_check=now + outcome.wait, last_error=outcome.sentence
    )
