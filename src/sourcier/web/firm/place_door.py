"""The cookie of a firm's own place: which key opened it in this browser, for half a day, without the link nor the code."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from sourcier.suppliers.models import FirmKey
from sourcier.suppliers.queries import key_by_id

COOKIE = "sourcier_place"
PATH = "/place/"
LIFE = timedelta(hours=12)
SALT = "sourcier.web.place"

PlaceView = Callable[..., HttpResponse]


def enter(key: FirmKey) -> HttpResponse:
    """Remember the key and go to the place."""
    response = redirect(PATH)
    value = signing.dumps([key.pk.hex, key.token_sha256[:16]], salt=SALT)
    response.set_cookie(
        COOKIE, value, max_age=LIFE, path=PATH, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
    return response


def leave() -> HttpResponse:
    """Forget the key in this browser."""
    response = redirect(PATH)
    response.delete_cookie(COOKIE, path=PATH)
    return response


def find(request: HttpRequest) -> FirmKey | None:
    """The key that this browser remembers, while it lives."""
    remembered = _read(request)
    key = key_by_id(UUID(remembered[0]), timezone.now()) if remembered else None
    return key if remembered and key and key.token_sha256[:16] == remembered[1] else None


def _read(request: HttpRequest) -> tuple[str, str] | None:
    """The id of the key and a piece of its token's hash."""
    try:
        pk, piece = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LIFE)
    except signing.BadSignature:
        return None
    return pk, piece


def known(request: HttpRequest) -> bool:
    """True when this browser holds a cookie of a place; asks nothing of the database."""
    return _read(request) is not None


def insider(view: PlaceView) -> PlaceView:
    """A page of the place: the view receives the `FirmKey`; who has none is led to the door, and nothing stays in a cache."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = find(request)
        return discreet(view(request, key, *args, **kwargs) if key else redirect(PATH))

    return guarded


def discreet(response: HttpResponse) -> HttpResponse:
    """As `door.discreet` for the pages without a token in their address."""
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response
