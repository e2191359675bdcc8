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
MAX_QUOTED = 5
_BLANK = re.compile(rb"\r?\n\r?\n")
_SOUND = re.compile(rb"[ \t]|[!-9;-~]+:|From ")
_LOOSE = re.compile(rb"([!-9;-~]+)[ \t]+:")
_KNOWN = re.compile(rb"(received|from|to|subject|date|message-id|mime-version|content-[a-z-]+)[ \t]*:", re.IGNORECASE)
_BOUNDARY = re.compile(r"^--([^\s\"][^\r\n\"]{0,198}?)[ \t]*\r?$", re.MULTILINE)
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
    message = opened(data)
    parts = attempt(lambda: list(_parts(message)), [])
    return Letter(
        date=attempt(lambda: _date(message), None),
        sender=_people(message, "From") or _people(message, "Sender"),
        recipients=_people(message, "To"),
        subject=header(message, "Subject"),
        text=_text(parts),
        message_id=header(message, "Message-ID"),
        attachments=tuple(name for part in parts if (name := clean(attempt(lambda p=part: p.get_filename() or "", "")))),
    )


def opened(data: bytes) -> Message:
    """The message of these bytes, whatever they are: garbage among its headers, or a boundary badly written, is mended."""
    data = _sound_headers(data)
    message = attempt(lambda: email.message_from_bytes(data, policy=policy.default), None)
    if message is None:
        message = attempt(lambda: email.message_from_bytes(data, policy=policy.compat32), None)
    message = message or EmailMessage()
    attempt(lambda: _mend(message), None)
    return message


def _sound_headers(data: bytes) -> bytes:
    """Without the lines that end the headers too soon for the standard parser: those that are none, with headers after them."""
    end = _BLANK.search(data)
    head = data[: end.start()] if end else data[:MAX_TEXT]
    lines = head.split(b"\n")
    if end is None or all(_SOUND.match(line) for line in lines[1:]):
        return data
    last = max((n for n, line in enumerate(lines) if _KNOWN.match(line)), default=0)
    kept = [_LOOSE.sub(rb"\1:", line) for line in lines[: last + 1] if _SOUND.match(line) or _LOOSE.match(line)]
    return b"\n".join([*kept, *lines[last + 1 :]]) + data[end.start() :]


def _mend(message: Message) -> None:
    """Open the parts that a boundary written without quotes keeps closed."""
    for number, part in enumerate(message.walk()):
        inside = part.get_payload()
        if number >= MAX_PARTS or part.get_content_maintype() != "multipart" or not isinstance(inside, str):
            continue
        if found := _BOUNDARY.search(inside):
            head = f'Content-Type: {part.get_content_type()}; boundary="{found[1]}"\n\n'
            again = email.message_from_string(head + inside, policy=policy.default)
            part.set_payload(again.get_payload())


def attempt(read: Callable[[], T], otherwise: T) -> T:
    """What `read` gives, else `otherwise`."""
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


def raw(message: Message, name: str) -> str:
    """A header without the parser's help: the text after its name, unfolded."""
    for key, value in message.raw_items():
        if key.lower() == name.lower():
            return str(value)
    return ""


def header(message: Message, name: str) -> str:
    """A header, decoded and clean; empty when there is none."""
    return clean(attempt(lambda: str(message[name] or ""), None) or attempt(lambda: raw(message, name), ""))


def header_values(message: Message, name: str) -> list[str]:
    """Each header of that name, as text."""
    return [clean(str(value)) for key, value in attempt(lambda: list(message.raw_items()), []) if key.lower() == name.lower()]


def _people(message: Message, name: str) -> str:
    text = header(message, name)
    pairs = attempt(lambda: getaddresses([text]), [])
    shown = [f"{who} <{address}>" if who and address else who or address for who, address in pairs]
    return ", ".join(person for person in shown if person) or text


def _date(message: Message) -> datetime | None:
    text = header(message, "Date")
    if not text:
        return None
    moment = parsedate_to_datetime(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _text(parts: list[Message]) -> str:
    """The first readable text, else the first page without its marks."""
    for wanted in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() != wanted or attempt(lambda p=part: p.get_content_disposition(), None) == "attachment":
                continue
            found = attempt(lambda p=part: content(p), "")
            text = plain_words(found) if wanted == "text/html" else found
            if text.strip():
                return clean(text, lines=True)[:MAX_TEXT]
    return ""


def content(part: Message) -> str:
    """The text of a part, in the charset it declares or in the one that fits."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return str(part.get_payload() or "")
    charset = attempt(lambda: part.get_content_charset() or "utf-8", "utf-8")
    for name in (charset, "utf-8", "cp1252"):
        decoded = attempt(lambda n=name: data.decode(n), None)
        if decoded is not None:
            return decoded
    return data.decode("latin-1")


class _Reader(HTMLParser):
    """Keeps the words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0
        self.quoted = 0
        self.kept_lines = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in _HIDDEN
        self.quoted += tag == "blockquote"
        self.kept_lines += tag == "pre"
        if tag in _BLOCKS:
            self.words.append("\n" + "> " * min(self.quoted, MAX_QUOTED))

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN and self.hidden:
            self.hidden -= 1
        if tag == "blockquote" and self.quoted:
            self.quoted -= 1
            self.words.append("\n" + "> " * min(self.quoted, MAX_QUOTED))
        self.kept_lines -= tag == "pre" and self.kept_lines > 0

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data if self.kept_lines else re.sub(r"[ \t\r\n]+", " ", data))


def plain_words(page: str) -> str:
    """A page without its marks; what it quotes begins with « > » as in a plain text."""
    reader = _Reader()
    attempt(lambda: reader.feed(page), None)
    lines = [line.strip(" ") for line in re.sub(r"[ \t]+", " ", "".join(reader.words)).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def clean(text: str, *, lines: bool = False) -> str:
    """Without control characters nor lone surrogates: what a database and the journal take."""
    text = text.replace("\r\n", "\n").encode("utf-8", "replace").decode()
    kept = "".join(c for c in text if c >= " " or c in "\n\t").replace("\x7f", "")
    return kept.strip() if lines else " ".join(kept.split())
