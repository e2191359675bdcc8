"""What the tests of a firm's pages share: the addresses, a page as text."""

from html import unescape
from typing import Any

from django.test import Client

Clock = Any  # time_machine's traveller
PAGES = ("/r/", "/r/prix/", "/r/prix/?mais", "/r/non/", "/r/questions/", "/r/ne-plus-ecrire/", "/r/recepisse/")


def text(client: Client, path: str = "/r/") -> str:
    """What the page says, after the redirections."""
    return unescape(client.get(path, follow=True).content.decode())
