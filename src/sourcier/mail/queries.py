"""Reading messages and filed exchanges, always within one organisation."""

from uuid import UUID

from django.db.models import QuerySet

from sourcier.mail.models import FiledExchange, OutgoingMessage, StoppedNumber


def messages(organisation_id: UUID, operation_id: UUID, *, sealed: bool = False) -> QuerySet[OutgoingMessage]:
    """The e-mails of an operation, oldest first; those that are sealed only on request, once the answers are open."""
    rows = OutgoingMessage.objects.filter(organisation_id=organisation_id, operation_id=operation_id)
    return (rows if sealed else rows.filter(sealed=False)).order_by("created_at", "pk")


def waiting(organisation_id: UUID, operation_id: UUID) -> QuerySet[OutgoingMessage]:
    """The e-mails of an operation that have not left yet; `last_error` says why when something keeps them."""
    return messages(organisation_id, operation_id).filter(
        state__in=(OutgoingMessage.State.QUEUED, OutgoingMessage.State.SENDING)
    )


def failed(organisation_id: UUID, operation_id: UUID) -> QuerySet[OutgoingMessage]:
    """The e-mails of an operation that will not leave any more."""
    return messages(organisation_id, operation_id).filter(state=OutgoingMessage.State.FAILED)


def filed(organisation_id: UUID, operation_id: UUID) -> QuerySet[FiledExchange]:
    """The exchanges dropped in an operation, by their own date."""
    rows = FiledExchange.objects.filter(organisation_id=organisation_id, operation_id=operation_id)
    return rows.select_related("file", "filed_by").order_by("occurred_at", "pk")


def has_stopped(organisation_id: UUID, number: str) -> bool:
    """Did this number answer « STOP » to the city?"""
    return StoppedNumber.objects.filter(organisation_id=organisation_id, number=number).exists()
