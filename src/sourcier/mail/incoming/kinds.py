"""What a message is: an answer of a person, a notice that ours did not arrive, an automatic answer, or another. Pure."""

import re
from collections.abc import Callable, Iterable
from email.message import Message
from enum import StrEnum

from sourcier.mail.eml import attempt, content

Header = Callable[[str], str]


class Kind(StrEnum):
    REPLY = "reply"
    BOUNCE = "bounce"
    AUTO = "auto"
    OTHER = "other"


_POSTMAN = re.compile(r"(mailer-daemon|postmaster|mail delivery (sub)?system|microsoft outlook|maildelivery)\b", re.IGNORECASE)
_NOT_DELIVERED = re.compile(
    r"undeliver|returned mail|mail (delivery|system) (failed|failure|error)|delivery (status notification|has failed|failure)"
    r"|failure notice|message not delivered|non[- ]remis|non distribu|[ée]chec (de (la )?(remise|distribution|livraison)"
    r"|d'envoi)"
    r"|notification d'[ée]tat de remise|impossible de (remettre|distribuer)|courrier retourn[ée]",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"\s*(r[ée]ponse automatique|message automatique|automatic reply|auto(matic)?[- ]?(reply|response|r[ée]ponse)|auto\s?:"
    r"|out of (the )?office|absen(t|te|ce)\b|je (suis|serai) absen|actuellement absen|message d'absence"
    r"|en (cong[ée]s?|vacances)\b"
    r"|cong[ée]s?( annuels?)?\b|fermeture (annuelle|estivale|exceptionnelle)|vacation\b|abwesenheit)",
    re.IGNORECASE,
)
_AUTO_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply")
_REPLY = re.compile(r"\s*(re|r[ée]p|r[ée]f|aw|sv|antw)\s*(\[\d+\]|\(\d+\))?\s*:", re.IGNORECASE)


def kind_of(header: Header, parts: Iterable[Message]) -> Kind:
    """The kind of a message. A notice of non-delivery is also automatic: it comes first."""
    if is_bounce(header, parts):
        return Kind.BOUNCE
    if is_automatic(header):
        return Kind.AUTO
    if header("In-Reply-To") or header("References") or _REPLY.match(header("Subject")):
        return Kind.REPLY
    return Kind.OTHER


def is_bounce(header: Header, parts: Iterable[Message]) -> bool:
    """RFC 3464, and what older servers write: a postman who says that it did not arrive."""
    if header("X-Failed-Recipients") or any(_type(part) == "message/delivery-status" for part in parts):
        return True
    by_postman = bool(_POSTMAN.search(header("From"))) or header("Return-Path").strip() == "<>"
    return by_postman and bool(_NOT_DELIVERED.search(header("Subject").replace("’", "'")))


def is_automatic(header: Header) -> bool:
    """RFC 3834, and what programs wrote before it."""
    submitted = header("Auto-Submitted").partition(";")[0].strip().lower()
    precedence = header("Precedence").strip().lower()
    return (
        submitted not in ("", "no")
        or precedence in ("auto_reply", "bulk", "junk", "list")
        or any(header(name) for name in _AUTO_HEADERS)
        or bool(_AWAY.match(header("Subject").replace("’", "'")))
    )


def failed_addresses(header: Header, parts: Iterable[Message]) -> tuple[str, ...]:
    """The addresses that a notice gives for lost for good, in small letters: not those that are only late."""
    found = [address.strip() for address in header("X-Failed-Recipients").split(",") if "@" in address]
    for part in parts:
        if _type(part) == "message/delivery-status":
            found += _failed_in(part)
    return tuple(dict.fromkeys(address.lower() for address in found))


def _failed_in(report: Message) -> list[str]:
    """RFC 3464 gives one block of fields for each address."""
    payload = report.get_payload()
    blocks = payload if isinstance(payload, list) else []
    found = []
    for block in blocks:
        action = attempt(lambda b=block: str(b["Action"] or ""), "").strip().lower()
        status = attempt(lambda b=block: str(b["Status"] or ""), "").strip()
        address = attempt(lambda b=block: str(b["Final-Recipient"] or b["Original-Recipient"] or ""), "")
        address = address.rpartition(";")[2].strip(" <>")
        if action == "failed" and status.startswith("5") and "@" in address:
            found.append(address)
    return found


_ID = re.compile(r"<[^<>\s]{3,200}>")
_ID_FIELD = re.compile(r"^message-id:\s*(<[^<>\s]{3,200}>)", re.IGNORECASE | re.MULTILINE)


def about(header: Header, parts: Iterable[Message]) -> tuple[str, ...]:
    """The Message-IDs of the messages that this one speaks of: those it answers, and those that it brings back."""
    found = _ID.findall(header("In-Reply-To")) + _ID.findall(header("References"))
    for part in parts:
        if _type(part) == "message/rfc822":
            found += attempt(lambda p=part: _ID.findall(str(p.get_payload(0)["Message-ID"] or "")), [])
        elif _type(part) == "text/rfc822-headers":
            found += _ID_FIELD.findall(words_of(part))
    return tuple(dict.fromkeys(found))


def _type(part: Message) -> str:
    return attempt(part.get_content_type, "text/plain")


def words_of(part: Message) -> str:
    """The text of a part, or nothing."""
    return attempt(lambda: content(part), "")
