"""What the tests of a firm's pages share: the addresses, a page as text."""

from html import unescape
from typing import Any

from django.test import Client

from sourcier.mail.models import OutgoingMessage
from sourcier.mail.secrets import unseal

Clock = Any  # time_machine's traveller
PAGES = ("/r/", "/r/prix/", "/r/prix/?mais", "/r/non/", "/r/questions/", "/r/rappel/", "/r/ne-plus-ecrire/", "/r/recepisse/")


def text(client: Client, path: str = "/r/") -> str:
    """What the page says, after the redirections."""
    return unescape(client.get(path, follow=True).content.decode())


def code_by_mail(client: Client) -> str:
    """Ask for a one-time code, and read it in the message, as the outbox will send it."""
    assert client.post("/r/recepisse/", {"send": "1"}).status_code == 302
    message = OutgoingMessage.objects.filter(kind="code").latest("created_at")
    code = unseal(message.secret)
    assert message.sealed and code not in message.body
    return code
