"""One question to a machine of the network, answered in time and at a bounded length, or not at all."""

import logging
import threading
import urllib.error
import urllib.request
from http.client import HTTPException
from urllib.parse import urlsplit

from django.conf import settings

logger = logging.getLogger(__name__)
LONGEST_REPLY = 200_000


class NoAnswer(RuntimeError):
    """This machine gave nothing that can be read; the French sentence says what it did."""


def within(seconds: float, request: urllib.request.Request) -> bytes:
    """The bytes of the reply in time, whatever the other side does: a name that does not resolve, or one byte a second.

    In a thread apart, which is left behind when it is late: a socket's own limit counts from its last byte. Raises `NoAnswer`.
    """
    came: list[bytes | NoAnswer] = []
    thread = threading.Thread(target=lambda: came.append(_fetch(request)), name="time-stamp", daemon=True)
    if seconds > 0:
        thread.start()
        thread.join(seconds)
    if not came:
        raise NoAnswer(f"{_name(request)} n'a pas répondu en {settings.TSA_TIMEOUT:g} s.")
    if isinstance(came[0], NoAnswer):
        raise came[0]
    return came[0]


def _name(request: urllib.request.Request) -> str:
    return urlsplit(request.full_url).netloc.rpartition("@")[2]


def _fetch(request: urllib.request.Request) -> bytes | NoAnswer:
    name = _name(request)
    try:
        with urllib.request.urlopen(request, timeout=settings.TSA_TIMEOUT) as response:  # noqa: S310 - http and https alone
            reply: bytes = response.read(LONGEST_REPLY + 1)
    except urllib.error.HTTPError as error:
        with error:
            return NoAnswer(f"{name} a répondu par une erreur ({error.code}).")
    except TimeoutError:
        return NoAnswer(f"{name} n'a pas répondu en {settings.TSA_TIMEOUT:g} s.")
    except (OSError, HTTPException, ValueError) as error:
        logger.info("time-stamp authority unreachable: %s", type(error).__name__)
        return NoAnswer(f"{name} n'est pas joignable.")
    return reply if len(reply) <= LONGEST_REPLY else NoAnswer(f"{name} a répondu trop long pour un horodatage.")
