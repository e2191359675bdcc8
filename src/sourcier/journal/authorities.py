"""The authorities that stamp the time: their addresses, and one question to one of them, answered in time or not at all."""

import base64
import logging
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from django.conf import settings
from django.utils import timezone

from sourcier.kernel import timestamps

logger = logging.getLogger(__name__)
LONGEST_REPLY = 200_000


class NoStamp(RuntimeError):
    """This authority gave nothing that can be kept; the French sentence says what it did."""


class OtherTime(NoStamp):
    """What it signed is good, and tells a time that is not the server's: one of the two clocks is wrong."""


@dataclass(frozen=True, slots=True)
class Authority:
    """One address, its account apart: an address is shown and journalled, a password never."""

    url: str
    account: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        return urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True)
class Given:
    """A reply that was verified. `trusted`: its certificates lead to one of the city's roots. `revocations`: the list, in DER,
    of what the signer's issuer revoked, when it publishes one that we could have."""

    authority: Authority
    reply: bytes
    told_at: datetime
    answered_at: datetime
    serial: str
    certificates: str
    trusted: bool
    revocations: bytes


def configured() -> list[Authority]:
    """In the order they are asked."""
    return [_authority(url) for url in settings.TSA]


def _authority(text: str) -> Authority:
    parts = urlsplit(text)
    account, _, place = parts.netloc.rpartition("@")
    return Authority(urlunsplit(parts._replace(netloc=place)), unquote(account))


def roots() -> list[Certificate]:
    """The certificates that the city trusts; none when it names no file. Raises `NoStamp`."""
    if not settings.TSA_ROOTS:
        return []
    try:
        return timestamps.read_certificates(Path(settings.TSA_ROOTS).read_bytes())
    except (OSError, ValueError):
        raise NoStamp("Le fichier de certificats de SOURCIER_TSA_ROOTS n'est pas lisible.") from None


def ask(authority: Authority, message: bytes, trusted: list[Certificate]) -> Given:
    """Have `message` stamped. Raises `NoStamp`. Never inside a transaction: it may last as long as the limit."""
    nonce = secrets.randbits(64)
    asked_at, started = timezone.now(), time.monotonic()
    reply = _post(authority, timestamps.request(message, nonce))
    answered_at = timezone.now()
    try:
        stamp = timestamps.verify(reply, message, nonce=nonce, known=trusted)
        timestamps.check_clock(stamp, asked_at, answered_at)
        path = timestamps.path(stamp, trusted) if trusted else stamp.certificates
        # A certificate that nobody vouches for must not choose an address for us to read.
        end = started + settings.TSA_TIMEOUT
        revocations = _revocations(authority, path, stamp.told_at, end) if trusted else b""
    except timestamps.BadStamp as error:
        refused = OtherTime if error.code == "clock" else NoStamp
        raise refused(f"{authority.name} {error.sentence}") from None
    certificates = "".join(each.public_bytes(Encoding.PEM).decode() for each in path)
    return Given(authority, reply, stamp.told_at, answered_at, stamp.serial, certificates, bool(trusted), revocations)


def _post(authority: Authority, body: bytes) -> bytes:
    request = urllib.request.Request(  # noqa: S310 - the settings allow http and https alone
        authority.url, data=body, headers={"Content-Type": "application/timestamp-query"}
    )
    if authority.account:
        request.add_header("Authorization", "Basic " + base64.b64encode(authority.account.encode()).decode())
    return _within(settings.TSA_TIMEOUT, authority, request)


def _revocations(authority: Authority, path: Sequence[Certificate], told_at: datetime, end: float) -> bytes:
    """The list that says whether the signer is revoked, in what is left of the authority's time; empty when there is none.

    A list that does not come keeps no stamp from being kept. Raises `timestamps.BadStamp` for a signer that it names.
    """
    for url in timestamps.revocation_addresses(path[0]):
        try:
            listed = _within(end - time.monotonic(), authority, urllib.request.Request(url))  # noqa: S310 - http and https alone
        except NoStamp as error:
            logger.info("no list of revoked certificates: %s", error)
            continue
        if timestamps.holds_revocations(listed, path, told_at):
            return listed
    return b""


def _within(seconds: float, authority: Authority, request: urllib.request.Request) -> bytes:
    """The bytes of the reply in time, whatever the other side does: a name that does not resolve, or one byte a second.

    In a thread apart, which is left behind when it is late: a socket's own limit counts from its last byte.
    """
    came: list[bytes | NoStamp] = []
    thread = threading.Thread(target=lambda: came.append(_fetch(authority, request)), name="time-stamp", daemon=True)
    thread.start()
    thread.join(max(0, seconds))
    if not came:
        raise NoStamp(f"{authority.name} n'a pas répondu en {settings.TSA_TIMEOUT:g} s.")
    if isinstance(came[0], NoStamp):
        raise came[0]
    return came[0]


def _fetch(authority: Authority, request: urllib.request.Request) -> bytes | NoStamp:
    try:
        with urllib.request.urlopen(request, timeout=settings.TSA_TIMEOUT) as response:  # noqa: S310
            reply: bytes = response.read(LONGEST_REPLY + 1)
    except urllib.error.HTTPError as error:
        with error:
            return NoStamp(f"{authority.name} a répondu par une erreur ({error.code}).")
    except TimeoutError:
        return NoStamp(f"{authority.name} n'a pas répondu en {settings.TSA_TIMEOUT:g} s.")
    except (OSError, HTTPException, ValueError) as error:
        logger.info("time-stamp authority unreachable: %s", type(error).__name__)
        return NoStamp(f"{authority.name} n'est pas joignable.")
    return reply if len(reply) <= LONGEST_REPLY else NoStamp(f"{authority.name} a répondu trop long pour un horodatage.")
