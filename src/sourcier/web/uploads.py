"""What may arrive, judged before it is kept: the weight of a request by who sends it, that of a file while it arrives."""

from collections.abc import Callable
from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sourcier.ideas.rules import LIGHT_FILE
from sourcier.vault.rules import MAX_ANSWER, MAX_FILE
from sourcier.web.firm import door

MAX_REQUEST = MAX_ANSWER + 5_000_000  # the files of one answer, and what surrounds them
MAX_FROM_STRANGER = 200_000  # no page but one asks for a file before one is signed in or holds a link
OPEN_TO_FILES = "/proposer-une-idee/"


class WeightMiddleware:
    """Answers 413 to a request that is too heavy, or that does not say its weight, before anything reads its body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not welcome(request):
            return render(request, "413.html", status=413)
        return self.get_response(request)


def welcome(request: HttpRequest) -> bool:
    """True when a request of that weight may be read."""
    if "HTTP_TRANSFER_ENCODING" in request.META:
        return False
    try:
        weight = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return False
    from_stranger = MAX_FROM_STRANGER + (LIGHT_FILE if request.path.startswith(OPEN_TO_FILES) else 0)
    return weight <= from_stranger or (weight <= MAX_REQUEST and (door.known(request) or _signed_in(request)))


def _signed_in(request: HttpRequest) -> bool:
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    return bool(key) and SESSION_KEY in import_module(settings.SESSION_ENGINE).SessionStore(key)


class CuttingHandler(FileUploadHandler):
    """Cuts a file one byte over the limit of the vault, which then refuses by its name; the rest is read and kept nowhere."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        room = MAX_FILE + 1 - start
        return raw_data[:room] if room > 0 else None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None
