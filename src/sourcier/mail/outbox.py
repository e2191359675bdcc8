"""Sending what waits: claim some messages with a lease, send them over one connection, record their results together.

Not too many a minute to the same domain: its server would refuse them all. A worker that dies between the sending and the
record sends again, under the same Message-ID, what it had in hand: one batch at most, and two seconds of it when it is slow.
"""

import logging
import smtplib
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from sourcier.kernel.transitions import next_state
from sourcier.mail import registry, rules, secrets
from sourcier.mail.models import OutgoingMessage
from sourcier.mail.recording import Result, record
from sourcier.mail.replying import is_ours
from sourcier.mail.rules import Outcome, State, Verb
from sourcier.vault import queries as vault

logger = logging.getLogger(__name__)
BATCH = 50
PASS = 500
RECORD_EVERY_S = 2.0
MINUTE = timedelta(minutes=1)


def message_id_of(message: OutgoingMessage) -> str:
    """The Message-ID of a message, the same at each attempt: a receiver that gets it twice can tell."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{message.pk.hex}@{domain}>"


def send_due(now: datetime | None = None, limit: int = PASS) -> int:
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
            _deliver_all(post, batch, clock)
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
    gone = _gone_this_minute(now)
    full = [domain for domain in gone if not _has_room(gone, domain)]
    found = rows.exclude(to_domain__in=full).select_for_update(skip_locked=True, of=("self",))[:limit]
    batch = []
    for message in found:
        if not _has_room(gone, message.to_domain):
            continue
        gone[message.to_domain] += 1
        batch.append(message)
        next_state(rules.TRANSITIONS, State(message.state), Verb.CLAIM, "")
        message.state, message.attempts, message.lease_until = State.SENDING, message.attempts + 1, now + rules.LEASE
    OutgoingMessage.objects.filter(pk__in=[message.pk for message in batch]).update(
        state=State.SENDING, attempts=F("attempts") + 1, lease_until=now + rules.LEASE, claimed_at=now
    )
    return batch


def _gone_this_minute(now: datetime) -> Counter[str]:
    """How many messages left, or tried to, for each domain."""
    recent = OutgoingMessage.objects.filter(claimed_at__gt=now - MINUTE)
    return Counter(dict(recent.order_by().values_list("to_domain").annotate(Count("pk"))))


def _has_room(gone: Counter[str], domain: str) -> bool:
    """Has this domain had less than its share of the minute?"""
    return not domain or not settings.MAIL_PER_DOMAIN or gone[domain] < settings.MAIL_PER_DOMAIN


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


def _deliver_all(post: _Post, batch: list[OutgoingMessage], clock: Callable[[], datetime]) -> None:
    """Send them; record what is known at the end, be it an error, and meanwhile when sending is slow."""
    known: list[Result] = []
    since = time.monotonic()
    try:
        for message in batch:
            known.append(Result(message, _deliver(post, message, clock), clock()))
            if time.monotonic() - since > RECORD_EVERY_S:
                record(known)
                known, since = [], time.monotonic()
    finally:
        record(known)


def _deliver(post: _Post, message: OutgoingMessage, clock: Callable[[], datetime]) -> Outcome:
    if message.lease_until is None or clock() > message.lease_until - rules.LEASE_MARGIN:
        return Outcome(Verb.DEFER, counted=False)
    try:
        email = write(message)
    except secrets.Lost:
        return rules.cannot_be_written("Le lien personnel de ce message est illisible. Envoyez un nouveau message.")
    except FileNotFoundError:
        return rules.cannot_be_written("Une pièce jointe de ce message manque dans le coffre.")
    try:
        return post.send(email, message.attempts)
    except (ValueError, UnicodeError):
        return rules.cannot_be_written("L'adresse ou le texte de ce message ne peut pas être envoyé.")


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


@transaction.atomic
def _say_that_server_is_down(now: datetime) -> None:
    """The server cannot be reached: what is due waits a little more, and says why. Attempts are not counted."""
    outcome = rules.server_down()
    OutgoingMessage.objects.filter(due(now)).update(
        state=State.QUEUED, lease_until=None, next_check=now + outcome.wait, last_error=outcome.sentence
    )
