"""The addresses where firms reply: `reponse+TOKEN@ville.example`, 80 random bits that one firm alone received."""

import re

from django.conf import settings

_TOKEN = re.compile(r"[a-z2-7]{16}")


def reply_address(token: str) -> str:
    """The address of that token; empty when the city receives no reply."""
    local, _, domain = settings.REPLY_TO.partition("@")
    return f"{local}+{token}@{domain}" if domain else ""


def is_ours(address: str) -> bool:
    """Is it one of our reply addresses, known or not?"""
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    ours, _, here = settings.REPLY_TO.partition("@")
    return bool(here) and domain == here and local.partition("+")[0] == ours


def token_in(address: str) -> str:
    """The token of a reply address; empty when there is none."""
    local = address.strip().strip("<>").lower().rpartition("@")[0].partition("+")[2]
    return local if is_ours(address) and _TOKEN.fullmatch(local) else ""
