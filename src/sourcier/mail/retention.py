"""What messages and filed exchanges give up when their operation is erased."""

from collections.abc import Collection, Iterator
from uuid import UUID

from django.db.models import Q, QuerySet

from sourcier.kernel.phones import mobile_in, shown
from sourcier.mail.models import FiledExchange, IncomingMessage, IncomingText, OutgoingMessage, OutgoingText, StoppedNumber
from sourcier.retention.registry import ERASED, Emptied, Scope, Trace

EMPTY = {"to_address": "", "to_domain": "", "to_name": "", "reply_to": "", "subject": ERASED, "body": "", "last_error": ""}

EMPTY_TEXT = {"to_number": "", "to_name": "", "body": ERASED, "last_error": "", "gateway_id": ""}

EMPTY_INCOMING_TEXT = {"text": "", "sealed": None}

EMPTY_INCOMING = {"sender": "", "subject": "", "text": "", "reason": ""}


def give_up(scope: Scope) -> Emptied:
    """Every message and paper of the operation. Those of losing answers: the room of the answers says which."""
    made = Emptied()
    if scope.losing:
        return made
    inside = {"organisation_id": scope.organisation_id, "operation_id": scope.subject_id}
    sent, filed = OutgoingMessage.objects.filter(**inside), FiledExchange.objects.filter(**inside)
    made.empty(sent, **EMPTY)
    made.empty(OutgoingText.objects.filter(**inside), **EMPTY_TEXT)
    made.empty(IncomingText.objects.filter(**inside), **EMPTY_INCOMING_TEXT)
    made.empty(filed, correspondent="", summary=ERASED)
    give_up_incoming(made, IncomingMessage.objects.filter(**inside))
    made.files.update(filed.exclude(file=None).values_list("file_id", flat=True))
    made.files.update(sent.exclude(files=None).values_list("files", flat=True))
    return made


def messages_about(organisation_id: UUID, operation_id: UUID, subjects: Collection[UUID]) -> QuerySet[OutgoingMessage]:
    """The messages of an operation about these rows of a higher room."""
    return OutgoingMessage.objects.filter(organisation_id=organisation_id, operation_id=operation_id, subject_id__in=subjects)


def texts_about(organisation_id: UUID, operation_id: UUID, subjects: Collection[UUID]) -> QuerySet[OutgoingText]:
    """The SMS of an operation about these rows of a higher room."""
    return OutgoingText.objects.filter(organisation_id=organisation_id, operation_id=operation_id, subject_id__in=subjects)


def texts_from(organisation_id: UUID, operation_id: UUID, subjects: Collection[UUID]) -> QuerySet[IncomingText]:
    """The SMS that came from the numbers of these invitations."""
    return IncomingText.objects.filter(organisation_id=organisation_id, operation_id=operation_id, subject_id__in=subjects)


def traces(organisation_id: UUID, text: str) -> Iterator[Trace]:
    """Messages sent and exchanges filed, but what is still sealed."""
    kept = "Pièce du dossier d'un achat : la loi oblige à le garder (code de la commande publique, R.2184-12 et R.2184-13)."
    sent = OutgoingMessage.objects.filter(organisation_id=organisation_id, sealed=False)
    for message in sent.filter(Q(to_address__icontains=text) | Q(to_name__icontains=text)).order_by("created_at"):
        said = f"{message.to_name} <{message.to_address}> : {message.subject}"
        yield Trace("Message envoyé", said, message.created_at, message.operation_id, kept=kept if message.operation_id else "")
    texts = OutgoingText.objects.filter(organisation_id=organisation_id, sealed=False)
    named = Q(to_name__icontains=text) | (Q(to_number=number) if (number := mobile_in(text)) else Q())
    for sms in texts.filter(named).order_by("created_at"):
        said = f"{sms.to_name} ({shown(sms.to_number)})"
        yield Trace("SMS envoyé", said, sms.created_at, sms.operation_id, kept=kept if sms.operation_id else "")
    for stopped in StoppedNumber.objects.filter(organisation_id=organisation_id, number=mobile_in(text) or "-"):
        yield Trace("SMS arrêtés", shown(stopped.number), stopped.stopped_at, kept="Gardé pour ne plus jamais y écrire.")
    read = IncomingText.objects.filter(organisation_id=organisation_id, text__icontains=text)
    for reply in read.order_by("received_at"):
        yield Trace("SMS reçu", reply.text[:200], reply.received_at, reply.operation_id, kept=kept)
    filed = FiledExchange.objects.filter(organisation_id=organisation_id)
    for exchange in filed.filter(Q(correspondent__icontains=text) | Q(summary__icontains=text)).order_by("occurred_at"):
        said = f"{exchange.get_channel_display()}, {exchange.correspondent} : {exchange.summary[:200]}"
        yield Trace("Échange versé", said, exchange.occurred_at, exchange.operation_id, kept=kept)
    tray = IncomingMessage.objects.filter(organisation_id=organisation_id, operation_id=None, opened=None)
    for mail in tray.filter(sender__icontains=text).order_by("received_at"):
        yield Trace("Courrier à classer", mail.sender, mail.received_at, kept="Pas encore lu : à classer ou à écarter d'abord.")
    came = IncomingMessage.objects.filter(organisation_id=organisation_id, opened__isnull=False)
    for mail in came.filter(Q(sender__icontains=text) | Q(text__icontains=text)).order_by("received_at"):
        yield Trace("Courriel reçu", f"{mail.sender} : {mail.subject}", mail.received_at, mail.operation_id, kept=kept)


def received_about(organisation_id: UUID, operation_id: UUID, subjects: Collection[UUID]) -> QuerySet[IncomingMessage]:
    """The messages that came to the addresses of these invitations."""
    return IncomingMessage.objects.filter(organisation_id=organisation_id, operation_id=operation_id, subject_id__in=subjects)


def give_up_incoming(made: Emptied, rows: QuerySet[IncomingMessage]) -> None:
    """What was received goes with its files, sealed or not."""
    made.empty(rows, **EMPTY_INCOMING)
    made.files.update(pk for pair in rows.values_list("file_id", "opened_id") for pk in pair if pk)
