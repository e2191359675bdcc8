"""What the issuers of a stamp's certificates say of them then, kept beside it: their lists (CRL), their answers (OCSP)."""

import time
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from cryptography.x509 import Certificate

from sourcier.journal.fetching import NoAnswer, within
from sourcier.kernel import revocation

Line = Sequence[Certificate]
# The bytes of an address, and whether they can be believed.
Ask = Callable[[str], tuple[bytes, bool]]


@dataclass(frozen=True, slots=True)
class Kept:
    """Each DER after the other, the signer's first. `missing`: in French, what did not come, one sentence a line."""

    lists: bytes = b""
    answers: bytes = b""
    missing: str = ""


def gather(line: Line, told_at: datetime, end: float) -> Kept:
    """Ask what each certificate of `line` below its root names, until `end` (monotonic): within the authority's own time.

    What does not come, or cannot be believed, keeps no stamp from being kept. Raises `timestamps.BadStamp` for a certificate
    that its issuer revoked by `told_at`.
    """
    lists, answers, missing = [], [], []
    for place, certificate in enumerate(line[:-1]):
        above = line[place:]
        found, faults = _first(revocation.list_addresses(certificate), _list_of(above, told_at, end))
        lists.append(found)
        missing += faults
        found, faults = _first(revocation.responder_addresses(certificate), _answer_on(above, told_at, end))
        answers.append(found)
        missing += faults
    return Kept(b"".join(lists), b"".join(answers), "\n".join(f"{each} Le jeton est gardé sans cela." for each in missing))


def _first(addresses: Iterable[str], ask: Ask) -> tuple[bytes, list[str]]:
    """What the first good address gives; when none does, what each did."""
    faults = []
    for url in addresses:
        name = urlsplit(url).netloc.rpartition("@")[2]
        try:
            data, good = ask(url)
        except NoAnswer as error:
            faults.append(f"Révocations : {error}")
            continue
        if good:
            return data, []
        faults.append(f"Révocations : {name} a répondu autre chose que ce que l'émetteur a signé.")
    return b"", faults


def _list_of(line: Line, told_at: datetime, end: float) -> Ask:
    def ask(url: str) -> tuple[bytes, bool]:
        data = within(end - time.monotonic(), urllib.request.Request(url))  # noqa: S310 - http and https alone
        return data, revocation.is_list(data, line, told_at)

    return ask


def _answer_on(line: Line, told_at: datetime, end: float) -> Ask:
    def ask(url: str) -> tuple[bytes, bool]:
        question = urllib.request.Request(  # noqa: S310 - http and https alone
            url, data=revocation.question(line), headers={"Content-Type": "application/ocsp-request"}
        )
        data = within(end - time.monotonic(), question)
        return data, revocation.is_answer(data, line, told_at)

    return ask
