"""What tells one sending of a page from another: a key drawn with the page, then the print of what comes back with it."""

import hashlib
import json
import secrets

from django.http import HttpRequest

NAME = "envoi"


def drawn_key(request: HttpRequest) -> str:
    """Drawn once, it comes back with the form until the form has left."""
    return request.POST.get(NAME, "")[:64] or secrets.token_hex(16)


def printed(request: HttpRequest) -> str:
    """The print of what this request sends, its key included: secret, so the print is blind. Empty without a key."""
    if not request.POST.get(NAME):
        return ""
    typed = sorted((name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken")
    files = [(name, [(each.name, each.size) for each in uploads]) for name, uploads in sorted(request.FILES.lists())]
    return hashlib.sha256(json.dumps([typed, files]).encode()).hexdigest()
