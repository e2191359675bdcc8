"""The authorities that stamp the time: their addresses, and one question to one of them, answered in time or not at all."""

import base64
import secrets
import time
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from django.conf import settings
from django.utils import timezone

from sourcier.journal import revocations
from sourcier.journal.fetching import NoAnswer, within
from sourcier.journal.revocations import Kept
from sourcier.kernel import timestamps


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
    """A reply that was verified. `trusted`: its certificates lead to one of the city's roots, and `kept` is what their issuers
    said of them then."""

    authority: Authority
    reply: bytes
    told_at: datetime
    answered_at: datetime
    serial: str
    certificates: str
    trusted: bool
    kept: Kept


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
    try:
        reply = _post(authority, timestamps.request(message, nonce))
    except NoAnswer as error:
        raise NoStamp(str(error)) from None
    answered_at = timezone.now()
    try:
        stamp = timestamps.verify(reply, message, nonce=nonce, known=trusted)
        timestamps.check_clock(stamp, asked_at, answered_at)
        path = timestamps.path(stamp, trusted) if trusted else stamp.certificates
        # A certificate that nobody vouches for must not choose an address for us to read.
        end = started + settings.TSA_TIMEOUT
        kept = revocations.gather(path, stamp.told_at, end) if trusted else Kept()
    except timestamps.BadStamp as error:
        refused = OtherTime if error.code == "clock" else NoStamp
        raise refused(f"{authority.name} {error.sentence}") from None
    certificates = "".join(each.public_bytes(Encoding.PEM).decode() for each in path)
    return Given(authority, reply, stamp.told_at, answered_at, stamp.serial, certificates, bool(trusted), kept)


def _post(authority: Authority, body: bytes) -> bytes:
    request = urllib.request.Request(  # noqa: S310 - the settings allow http and https alone
        authority.url, data=body, headers={"Content-Type": "application/timestamp-query"}
    )
    if authority.account:
        request.add_header("Authorization", "Basic " + base64.b64encode(authority.account.encode()).decode())
    return within(settings.TSA_TIMEOUT, request)
