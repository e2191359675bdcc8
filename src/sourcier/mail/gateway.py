"""The HTTP gateway of the SMS, described by settings: an address, a JSON body with places, a header, a sender.

Nothing of a request is ever said in a log or an exception: it holds a number, and a link that opens a page.
"""

import json
import logging
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import IO, Any

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from sourcier.mail import text_rules as rules
from sourcier.mail.rules import ACCEPTED, Outcome

logger = logging.getLogger(__name__)
LONGEST_REPLY = 50_000
# How gateways name what they took: OVHcloud, Brevo, Twilio, SMS Partner and others.
_NAMES = ("id", "messageId", "message_id", "messageIds", "ids", "reference", "sid")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said: what becomes of the text, and how it names it. `down`: nobody was there."""

    outcome: Outcome
    name: str = ""
    down: bool = False


def offered() -> bool:
    """Does this installation send SMS?"""
    return bool(settings.SMS_URL)


@sensitive_variables()
def send(identifier: str, number: str, text: str, attempts: int) -> Answer:
    """Hand one text to the gateway; the same `identifier` at each attempt, so that it can tell a text it has already taken."""
    places = {"{to}": number, "{text}": text, "{sender}": settings.SMS_SENDER, "{id}": identifier}
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Idempotency-Key": identifier}
    if settings.SMS_HEADER:
        headers[settings.SMS_HEADER[0]] = settings.SMS_HEADER[1]
    body = json.dumps(_filled(settings.SMS_BODY, places)).encode()
    request = urllib.request.Request(settings.SMS_URL, body, headers, method="POST")  # noqa: S310 - http and https alone
    try:
        with _OPENER.open(request, timeout=settings.SMS_TIMEOUT) as response:
            return Answer(ACCEPTED, _name(_read(response)))
    except urllib.error.HTTPError as error:
        error.close()
        return Answer(rules.answered(error.code, attempts))
    except urllib.error.URLError as error:
        # Before anything was sent: no such host, refused. A time-out while it answers is the next case.
        if not isinstance(error.reason, TimeoutError):
            logger.warning("SMS gateway unreachable: %s", type(error.reason).__name__)
            return Answer(rules.down(), down=True)
        return Answer(rules.silent(attempts))
    except (OSError, HTTPException) as error:
        logger.warning("SMS gateway cut off: %s", type(error).__name__)
        return Answer(rules.silent(attempts))


def _filled(value: Any, places: dict[str, str]) -> Any:
    """The body with each place taken: after it was read as JSON, so that no name can change its shape."""
    if isinstance(value, dict):
        return {key: _filled(item, places) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, places) for item in value]
    if isinstance(value, str):
        return "".join(places.get(part, part) for part in _split(value))
    return value


def _split(value: str) -> list[str]:
    """« +{to} » → « + », « {to} »: one pass, so that a place inside a name stays a name."""
    parts = []
    while value:
        start = value.find("{")
        end = value.find("}", start)
        if start < 0 or end < 0:
            return [*parts, value]
        parts += [value[:start], value[start : end + 1]]
        value = value[end + 1 :]
    return parts


class _Straight(urllib.request.HTTPRedirectHandler):
    """A gateway does not send elsewhere: the number and our key would follow."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


_OPENER = urllib.request.build_opener(_Straight)


def _read(response: HTTPResponse) -> bytes:
    """The reply, in time and at a bounded length, whatever the other side does."""
    late = time.monotonic() + settings.SMS_TIMEOUT
    data = b""
    while len(data) < LONGEST_REPLY and (more := response.read1(LONGEST_REPLY)):
        data += more
        if time.monotonic() > late:
            break
    return data


def _name(data: bytes) -> str:
    """How the gateway names the text in its reply; empty when it says nothing of it."""
    try:
        reply = json.loads(data)
    except ValueError:
        return ""
    reply = reply[0] if isinstance(reply, list) and reply else reply
    found = next((reply[name] for name in _NAMES if reply.get(name)), "") if isinstance(reply, dict) else ""
    found = found[0] if isinstance(found, list) else found
    return str(found)[:100] if isinstance(found, str | int) else ""
