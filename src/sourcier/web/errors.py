"""Pages for what went wrong, in French, saying what to do."""

import sys

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.views import defaults
from django.views.decorators.debug import sensitive_variables

READ_ONLY = "25006"  # of PostgreSQL


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; 413 when what was sent is too heavy, so that the page says how to send it in parts."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return render(request, "413.html", status=413)
    return render(request, "400.html", status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 when the database did not answer (locked too long, connection lost) or only reads, wherever that happened."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError) or _only_reads(error):
        return busy(request, error)
    return defaults.server_error(request)


def _only_reads(error: BaseException | None) -> bool:
    """True when the server of the database refuses to write: it stands by, or somebody holds it so."""
    return isinstance(error, InternalError) and getattr(error.__cause__, "sqlstate", None) == READ_ONLY


@sensitive_variables("typed")
def busy(request: HttpRequest, error: Exception) -> HttpResponse:
    """What was typed waits in the page, to be sent again. Made without the database, which did not answer.

    Files cannot wait in a page: they are asked for again, each by its name, so that no answer leaves without its documents. A
    password is never written back.
    """
    typed, files = _sent(request)
    context = {
        "sent": request.method == "POST",
        # A connection lost at the very end may have recorded: then the page does not say that it did not.
        "sure": any(words in str(error) for words in ("locked", "lock timeout", "read-only", "readonly", "is full")),
        "typed": [(name, value) for name, values in typed.lists() for value in values if name != "csrfmiddlewaretoken"],
        "files": [(name, [upload.name for upload in uploads]) for name, uploads in files.lists()],
        "resend": not any("password" in name for name in typed),
        "csrf_token": get_token(request),
    }
    response = HttpResponse(render_to_string("503.html", context), status=503)
    response["Retry-After"] = "5"
    response["Cache-Control"] = "private, no-store"
    return response


def _sent(request: HttpRequest) -> tuple[MultiValueDict[str, str], MultiValueDict[str, object]]:
    try:
        return request.POST, request.FILES
    except (SuspiciousOperation, MultiPartParserError, UnreadablePostError):
        return MultiValueDict(), MultiValueDict()
