"""Keeping what arrives by e-mail: sealed on the disk, then its row and its entry; only then is it read for what it asks.

What is kept before anything else is the message as it came, under the key of its operation. A program that dies after that
loses nothing: `tick` takes up what waits.
"""

import logging
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction

from sourcier.accounts.models import Organisation
from sourcier.journal.actions import append
from sourcier.mail import registry, secrets
from sourcier.mail.domain_keys import keys_of_domains
from sourcier.mail.incoming import Incoming, Kind, read
from sourcier.mail.models import IncomingMessage
from sourcier.mail.registry import Addressee
from sourcier.mail.replying import is_ours, token_in
from sourcier.vault.actions import seal_message
from sourcier.vault.models import File
from sourcier.vault.queries import read_sealed

logger = logging.getLogger(__name__)
State = IncomingMessage.State


class Unknown(LookupError):
    """No city of this installation answers to that address."""


def tray_of(address: str) -> UUID | None:
    """The city that keeps what comes to an address of ours without a firm: the only one of the installation."""
    found = list(Organisation.objects.values_list("pk", flat=True)[:2])
    return found[0] if is_ours(address) and len(found) == 1 else None


def welcome(address: str) -> bool:
    """Is a message to that address kept here?"""
    return registry.addressee(token_in(address)) is not None or tray_of(address) is not None


def receive(data: bytes, recipient: str, *, sender: str, at: datetime) -> IncomingMessage:
    """Keep a message that arrived at `at` for `recipient`; the same one again is the same row. Never inside a transaction.

    `sender` is that of the envelope, empty for what nobody may answer. Raises `Unknown`, or `Refused` when nothing can be
    sealed or written.
    """
    to = registry.addressee(token_in(recipient))
    organisation_id = to.organisation_id if to else tray_of(recipient)
    if organisation_id is None:
        raise Unknown
    fingerprint = secrets.fingerprint((token_in(recipient) or "tray").encode() + b"\0" + data)
    if known := IncomingMessage.objects.filter(fingerprint=fingerprint).first():
        return known
    message = read(data, keys_of_domains())
    file = seal_message(organisation_id, to.sealed_under if to else organisation_id, data)
    row = IncomingMessage(
        organisation_id=organisation_id,
        sealed_under=to.sealed_under if to else organisation_id,
        fingerprint=fingerprint,
        received_at=at.replace(microsecond=at.microsecond // 1000 * 1000),
        kind=message.kind,
        dkim=message.dkim,
        may_answer=bool(sender.strip("<> ")) and _by_a_person(message),
        file=file,
    )
    try:
        _keep(row, file, to, message)
    except IntegrityError:
        return IncomingMessage.objects.get(fingerprint=fingerprint)
    if to is not None:
        handle(row, message)
    return row


def _by_a_person(message: Incoming) -> bool:
    """No program, no list and none of our own messages: nothing that answers an acknowledgement by another (RFC 3834)."""
    return message.kind not in (Kind.AUTO, Kind.BOUNCE) and not message.listed and not is_ours(message.sender)


@transaction.atomic
def _keep(row: IncomingMessage, file: File, to: Addressee | None, message: Incoming) -> None:
    facts: dict[str, object] = {
        "message": row.pk, "received_at": row.received_at, "kind": row.kind, "dkim": row.dkim, "sealed_sha256": file.sha256,
        "sealed_size": file.size,
    }  # fmt: skip
    if to is None:
        row.state, row.sender = State.TRAY, message.sender
        row.save(force_insert=True)
        append(row.organisation_id, None, "mail.unknown", facts, rows=[row, file])
        return
    row.operation_id, row.subject_id, row.held_by = to.operation_id, to.subject_id, to.sealed_under
    row.known = bool(to.address) and message.sender == to.address.lower()
    row.save(force_insert=True)
    said = {**facts, "firm": to.named, "known": row.known}
    append(row.organisation_id, to.operation_id, "mail.received", said, actor=to.author_id, rows=[row, file])


def handle(row: IncomingMessage, message: Incoming) -> None:
    """Tell the rooms. The message is kept already: what fails is tried again at the next tick."""
    try:
        for handler in registry.arrivals():
            handler(row, message)
    except Exception as error:
        logger.error("a message kept could not be handled: %s", type(error).__name__)


def handle_waiting(now: datetime) -> int:
    """Take up the messages kept that no room has handled. Returns how many were tried."""
    waiting = IncomingMessage.objects.filter(state=State.WAITING).select_related("file")
    rows = list(waiting.order_by("received_at", "pk")[:50])
    for row in rows:
        try:
            message = read(read_sealed(row.sealed_under, row.file))
        except OperationalError:
            raise
        except Exception as error:
            logger.critical("a message kept cannot be read: %s", type(error).__name__)
            continue
        handle(row, message)
    return len(rows)
