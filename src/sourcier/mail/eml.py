"""Read a message file (RFC 5322, MIME) as it comes, malformed or not: pure, never an exception."""

import email
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, Message
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser
from typing import TypeVar

T = TypeVar("T")
MAX_TEXT = 200_000
MAX_PARTS = 500
_HIDDEN = {"script", "style", "head", "title", "template"}
_BLOCKS = {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote", "ul", "ol"}


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message says: its moment (UTC) or None, people as « Nom <adresse> », subject, readable text, file names."""

    date: datetime | None
    sender: str
    recipients: str
    subject: str
    text: str
    message_id: str
    attachments: tuple[str, ...]

    def summary(self) -> str:
        """Subject, then text."""
        return "\n\n".join(part for part in (self.subject, self.text) if part)


def parse(data: bytes) -> Letter:
    """Read the bytes of an .eml. What cannot be read is left empty."""
    message = _try(lambda: email.message_from_bytes(data, policy=policy.default), None)
    if message is None:
        message = _try(lambda: email.message_from_bytes(data, policy=policy.compat32), None) or EmailMessage()
    parts = _try(lambda: list(_parts(message)), [])
    return Letter(
        date=_try(lambda: _date(message), None),
        sender=_people(message, "From") or _people(message, "Sender"),
        recipients=_people(message, "To"),
        subject=_header(message, "Subject"),
        text=_text(parts),
        message_id=_header(message, "Message-ID"),
        attachments=tuple(name for part in parts if (name := _clean(_try(lambda p=part: p.get_filename() or "", "")))),
    )


def _try(read: Callable[[], T], otherwise: T) -> T:
    # The standard parser raises all sorts of errors on malformed headers; a filed message must be kept whatever it holds.
    try:
        return read()
    except Exception:
        return otherwise


def _parts(message: Message) -> Iterator[Message]:
    for number, part in enumerate(message.walk()):
        if number >= MAX_PARTS:
            return
        if not part.is_multipart():
            yield part


def _raw(message: Message, name: str) -> str:
    """A header without the parser's help: the text after its name, unfolded."""
    for key, value in message.raw_items():
        if key.lower() == name.lower():
            return str(value)
    return ""


def _header(message: Message, name: str) -> str:
    return _clean(_try(lambda: str(message[name] or ""), None) or _try(lambda: _raw(message, name), ""))


def _people(message: Message, name: str) -> str:
    text = _header(message, name)
    pairs = _try(lambda: getaddresses([text]), [])
    shown = [f"{who} <{address}>" if who and address else who or address for who, address in pairs]
    return ", ".join(person for person in shown if person) or text


def _date(message: Message) -> datetime | None:
    text = _header(message, "Date")
    if not text:
        return None
    moment = parsedate_to_datetime(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _text(parts: list[Message]) -> str:
    """The first readable text, else the first page without its marks."""
    for wanted in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() != wanted or _try(lambda p=part: p.get_content_disposition(), None) == "attachment":
                continue
            content = _try(lambda p=part: _content(p), "")
            text = _plain(content) if wanted == "text/html" else content
            if text.strip():
                return _clean(text, lines=True)[:MAX_TEXT]
    return ""


def _content(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return str(part.get_payload())
    charset = _try(lambda: part.get_content_charset() or "utf-8", "utf-8")
    for name in (charset, "utf-8", "cp1252"):
        decoded = _try(lambda n=name: data.decode(n), None)
        if decoded is not None:
            return decoded
    return data.decode("latin-1")


class _Reader(HTMLParser):
    """Keeps the words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in _HIDDEN
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN and self.hidden:
            self.hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)


def _plain(page: str) -> str:
    reader = _Reader()
    _try(lambda: reader.feed(page), None)
    return re.sub(r"\n\s*\n\s*", "\n\n", re.sub(r"[ \t]+", " ", "".join(reader.words))).strip()


def _clean(text: str, *, lines: bool = False) -> str:
    """Without control characters nor lone surrogates: what a database and the journal take."""
    text = text.replace("\r\n", "\n").encode("utf-8", "replace").decode()
    kept = "".join(c for c in text if c >= " " or c in "\n\t").replace("\x7f", "")
    return kept.strip() if lines else " ".join(kept.split())
