"""What the program says and what people drop in. Sending itself is in `outbox`."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation
from sourcier.journal.actions import append
from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused, refuse
from sourcier.mail import rules, secrets
from sourcier.mail.eml import Letter, parse
from sourcier.mail.models import FiledExchange, OutgoingMessage
from sourcier.mail.outbox import message_id_of, send_due
from sourcier.mail.tasks import wake_soon
from sourcier.vault import queries as vault
from sourcier.vault.actions import store
from sourcier.vault.models import File

__all__ = ["enqueue", "file_exchange", "send_due"]


def enqueue(
    organisation: Organisation,
    *,
    kind: str,
    to_address: str,
    subject: str,
    body: str,
    to_name: str = "",
    operation_id: UUID | None = None,
    firm_id: UUID | None = None,
    subject_id: UUID | None = None,
    sealed: bool = False,
    reply_to: str = "",
    files: Iterable[File] = (),
    secret: str = "",
) -> OutgoingMessage:
    """Queue an e-mail inside the caller's transaction; it leaves after the commit.

    `sealed` hides it from the city until the opening. `secret` (a personal link) takes the place of `rules.SECRET_MARK` in the
    body at the last moment; it rests encrypted and is erased once the message has left or failed. It writes no journal entry:
    the caller's says what was done, `message.sent` or `message.failed` what became of it.
    """
    now = timezone.now()
    message = OutgoingMessage(
        organisation=organisation,
        operation_id=operation_id,
        firm_id=firm_id,
        kind=kind,
        sealed=sealed,
        subject_id=subject_id,
        to_address=to_address,
        to_domain=to_address.rpartition("@")[2].lower()[:254],
        to_name=" ".join(to_name.split()),
        reply_to=reply_to or organisation.email,
        subject=" ".join(subject.split())[:200],
        body=body,
        secret=secrets.seal(secret),
        next_check=now,
        created_at=now,
    )
    message.message_id = message_id_of(message)
    message.save(force_insert=True)
    if attached := list(files):
        message.files.set(attached)
    transaction.on_commit(wake_soon, robust=True)
    return message


def file_exchange(
    agent: Agent,
    operation_id: UUID,
    *,
    channel: str,
    direction: str,
    occurred_at: datetime | None,
    correspondent: str,
    summary: str,
    firm_id: UUID | None = None,
    upload: UploadedFile | None = None,
) -> FiledExchange:
    """Drop in an exchange born elsewhere, with its own date: a message (.eml), a paper, a photo, a call.

    What an .eml says completes what the agent left empty (date, correspondent, text). `firm_id` comes from the caller's own
    list of firms. The file is checked, kept and read before the transaction. Raises `Refused`, or `ObjectDoesNotExist` when
    the operation is not one of this organisation.
    """
    if refusal := rules.may_file({str(role) for role in agent.roles}):
        raise Refused(refusal)
    if not Entry.objects.filter(log_id=agent.organisation.pk, stream=operation_id.hex).exists():
        raise ObjectDoesNotExist("no such operation in this organisation")
    _check_choices(channel, direction)
    file = store(agent.organisation.pk, upload) if upload else None
    letter = _read_letter(file)
    now = timezone.now()
    occurred_at = occurred_at or (letter.date if letter else None)
    if refusal := rules.date_refusal(occurred_at, now):
        raise Refused(refusal, "occurred_at")
    summary = summary.strip() or (letter.summary() if letter else "") or (file.name if file else "")
    if not summary:
        raise refuse("summary_missing", "Écrivez en une phrase ce qui a été dit, ou joignez le document.", "summary")
    other = (letter.sender if direction == FiledExchange.Direction.IN else letter.recipients) if letter else ""
    with transaction.atomic():
        exchange = FiledExchange.objects.create(
            organisation=agent.organisation,
            operation_id=operation_id,
            firm_id=firm_id,
            channel=channel,
            direction=direction,
            occurred_at=occurred_at,
            correspondent=(" ".join(correspondent.split()) or other)[:200],
            summary=summary,
            file=file,
            filed_by=agent.user,
            filed_at=now,
        )
        append(
            agent.organisation.pk,
            operation_id,
            "exchange.filed",
            _filed_payload(exchange),
            actor=agent.id,
            rows=[exchange, file] if file else [exchange],
        )
    return exchange


def _filed_payload(exchange: FiledExchange) -> dict[str, object]:
    return {
        "exchange": exchange.pk,
        "channel": exchange.get_channel_display(),
        "direction": exchange.direction,
        "occurred_at": exchange.occurred_at,
        "correspondent": exchange.correspondent,
        "summary": exchange.summary,
        "file": vault.file_facts(exchange.file) if exchange.file else None,
    }


def _check_choices(channel: str, direction: str) -> None:
    if channel not in FiledExchange.Channel.values:
        raise refuse("channel", "Dites comment : courriel, courrier, téléphone, guichet ou autre.", "channel")
    if direction not in FiledExchange.Direction.values:
        raise refuse("direction", "Dites si l'échange a été reçu ou envoyé.", "direction")


def _read_letter(file: File | None) -> Letter | None:
    if file is None or file.media_type != "message/rfc822":
        return None
    with vault.open_file(file) as stored:
        return parse(stored.read())
