"""What messages and filed exchanges give up when their operation is erased."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from sourcier.mail.models import FiledExchange, OutgoingMessage
from sourcier.retention.registry import ERASED, Emptied, Scope

EMPTY = {"to_address": "", "to_name": "", "reply_to": "", "subject": ERASED, "body": "", "last_error": ""}


def give_up(scope: Scope) -> Emptied:
    """Every message and paper of the operation. Those of losing answers: the room of the answers says which."""
    made = Emptied()
    if scope.losing:
        return made
    inside = {"organisation_id": scope.organisation_id, "operation_id": scope.subject_id}
    sent, filed = OutgoingMessage.objects.filter(**inside), FiledExchange.objects.filter(**inside)
    made.empty(sent, **EMPTY)
    made.empty(filed, correspondent="", summary=ERASED)
    made.files.update(filed.exclude(file=None).values_list("file_id", flat=True))
    made.files.update(sent.exclude(files=None).values_list("files", flat=True))
    return made


def messages_about(organisation_id: UUID, operation_id: UUID, subjects: Collection[UUID]) -> QuerySet[OutgoingMessage]:
    """The messages of an operation about these rows of a higher room."""
    return OutgoingMessage.objects.filter(organisation_id=organisation_id, operation_id=operation_id, subject_id__in=subjects)
