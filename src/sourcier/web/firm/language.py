"""The six languages of a firm's pages: chosen by a link, kept in a cookie; the pages of the city stay in French.

What the city typed stays as it typed it. French is what a firm meets first, whatever its browser says: so is the letter.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

COOKIE = "sourcier_langue"
PATH = "/r/"  # the pages of a request; a firm's own place is in French
ASKED = "langue"
A_YEAR = 365 * 24 * 3600


def of(request: HttpRequest) -> str:
    """The code of the language asked for now, else of the one kept, else French."""
    known = dict(settings.LANGUAGES) if request.path.startswith(PATH) else ()
    for code in (request.GET.get(ASKED), request.COOKIES.get(COOKIE)):
        if code in known:
            return code
    return settings.LANGUAGE_CODE


def spoken(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page in the firm's language."""

    @wraps(view)
    def speaking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        code = of(request)
        with translation.override(code):
            response = view(request, *args, **kwargs)
        if request.GET.get(ASKED) == code and request.path.startswith(PATH):
            secure = settings.SESSION_COOKIE_SECURE
            response.set_cookie(COOKIE, code, max_age=A_YEAR, path=PATH, httponly=True, samesite="Lax", secure=secure)
        return response

    return speaking
