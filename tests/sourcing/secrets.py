"""The links as they leave in the e-mails."""

from sourcier.mail.models import OutgoingMessage
from sourcier.mail.secrets import unseal


def link_sent(address: str, kind: str) -> str:
    """The personal link of the last message of that kind to that address."""
    return unseal(OutgoingMessage.objects.filter(kind=kind, to_address=address).latest("created_at").secret)


def confirmation_token(address: str) -> str:
    return link_sent(address, "confirmation").rstrip("/").rsplit("/", 1)[-1]


def page_token(address: str) -> str:
    return link_sent(address, "personal_page").rsplit("/", 1)[-1]
