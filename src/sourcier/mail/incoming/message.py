"""From the bytes of a message to what it says: its kind, what was written, what is joined. Never an exception."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from mimetypes import guess_type

from sourcier.mail.eml import MAX_PARTS, MAX_TEXT, attempt, clean, header, opened, plain_words, raw
from sourcier.mail.incoming import signature
from sourcier.mail.incoming.kinds import Kind, about, failed_addresses, kind_of, words_of
from sourcier.mail.incoming.quoting import split
from sourcier.mail.incoming.wrapped import SIGNATURES, TNEF, outlook_files, unsigned

MAX_DEPTH = 20
_ENCODED_NAME = re.compile(r"name\s*=\s*\"?((?:=\?[^?]{1,40}\?[bqBQ]\?[^?]{0,500}\?=\s*)+)")
_NAMES = {"message/rfc822": "message.eml", "application/ms-tnef": "winmail.dat", "text/calendar": "rendez-vous.ics"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file joined to a message, decoded."""

    name: str
    type: str
    data: bytes
    inline: bool

    @property
    def is_signature(self) -> bool:
        """The signature of the message, which proves who wrote it and says nothing more."""
        return self.type in SIGNATURES

    @property
    def size(self) -> int:
        return len(self.data)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it is understood. `listed`: it comes from a list. `failed`: the addresses that a
    bounce says are lost. `about`: the Message-IDs that it answers or brings back.
    """

    kind: Kind
    sender: str
    sender_name: str
    subject: str
    text: str
    quoted: str
    attachments: tuple[Attachment, ...]
    dkim: str
    message_id: str
    failed: tuple[str, ...]
    about: tuple[str, ...]
    listed: bool

    def as_json(self) -> dict[str, object]:
        """What `sourcier mailbox parse --json` prints."""
        files = [{"name": f.name, "type": f.type, "size": f.size, "sha256": f.sha256} for f in self.attachments]
        return {"kind": str(self.kind), "text": self.text, "quoted": self.quoted, "attachments": files, "dkim": self.dkim}


def read(data: bytes, resolver: signature.Resolver | None = None) -> Incoming:
    """Read a message, malformed or not. `resolver` gives the keys of domains, for DKIM."""
    message = attempt(lambda: unsigned(opened(data)), None) or opened(data)

    def said(name: str) -> str:
        return header(message, name)

    found = attempt(lambda: list(_leaves(message, 0)), [])
    parts = [part for part, _ in found][:MAX_PARTS]
    shown = attempt(lambda: _shown(message, 0), [])
    texts = [clean(words, lines=True) for part in shown if (words := _readable(part)).strip()]
    cut = split("\n\n".join(texts)[:MAX_TEXT])
    used = {id(part) for part in shown} | {id(part) for part, one_of in found[:MAX_PARTS] if one_of and _is_text(part)}
    return Incoming(
        kind=kind_of(said, parts),
        sender=_address(said("From")) or _address(said("Sender")),
        sender_name=_named(said("From")),
        subject=said("Subject"),
        text=cut.text.strip(),
        quoted=cut.quoted,
        attachments=tuple(
            file for part in parts if id(part) not in used and not _is_empty_text(part) for file in _attachments(part)
        ),
        dkim=signature.check(data, resolver),
        message_id=said("Message-ID"),
        failed=failed_addresses(said, parts),
        about=about(said, parts),
        listed=bool(said("List-Id") or said("List-Unsubscribe")),
    )


def _type(part: Message) -> str:
    return attempt(part.get_content_type, "text/plain")


def _leaves(part: Message, depth: int, alternative: bool = False) -> Iterator[tuple[Message, bool]]:
    """The parts that hold something, with whether they are one form of a text among several. A message is one part."""
    if not _opens(part, depth):
        yield part, alternative
        return
    for child in part.get_payload():
        yield from _leaves(child, depth + 1, alternative or _type(part) == "multipart/alternative")


def _opens(part: Message, depth: int) -> bool:
    return depth < MAX_DEPTH and part.is_multipart() and part.get_content_maintype() == "multipart"


def _shown(part: Message, depth: int) -> list[Message]:
    """The parts that make the text a person reads, in their order."""
    if not _opens(part, depth):
        return [part] if _is_text(part) else []
    children = [_shown(child, depth + 1) for child in part.get_payload()]
    if _type(part) == "multipart/alternative":
        plain = [texts for texts in children if texts and _type(texts[0]) == "text/plain" and _readable(texts[0]).strip()]
        return next(iter(plain or [texts for texts in children if texts]), [])
    if _type(part) == "multipart/report":
        return next((texts for texts in children if texts), [])
    return [text for texts in children for text in texts]


def _is_text(part: Message) -> bool:
    """A text to read, not a file; or the inside of a part that could not be opened."""
    if part.get_content_maintype() == "multipart":
        return not part.is_multipart()
    if _type(part) not in ("text/plain", "text/html") or part.is_multipart():
        return False
    return not attempt(part.get_filename, "") and attempt(part.get_content_disposition, None) != "attachment"


def _is_empty_text(part: Message) -> bool:
    return _is_text(part) and not words_of(part).strip()


def _readable(part: Message) -> str:
    words = words_of(part)
    return plain_words(words) if _type(part) == "text/html" else words


def _attachments(part: Message) -> list[Attachment]:
    """The file, or those that Outlook wrapped in it."""
    file = _attachment(part)
    if file.type not in TNEF and file.name.lower() != "winmail.dat":
        return [file]
    inside = [(clean(name).replace("\\", "/").rpartition("/")[2][:200], data) for name, data in outlook_files(file.data)]
    return [Attachment(name or "piece-jointe", _type_of(name), data, False) for name, data in inside] or [file]


def _type_of(name: str) -> str:
    return guess_type(name)[0] or "application/octet-stream"


def _attachment(part: Message) -> Attachment:
    kind = _type(part)
    name = clean(_name(part)).replace("\\", "/").rpartition("/")[2][:200]
    inline = attempt(part.get_content_disposition, None) != "attachment" and bool(attempt(lambda: part["Content-ID"], None))
    return Attachment(name or _NAMES.get(kind, "piece-jointe"), clean(kind)[:100], _bytes(part), inline)


def _name(part: Message) -> str:
    """The name of a file, also written as RFC 2047 forbids and programs do."""
    if name := attempt(lambda: part.get_filename() or "", ""):
        return name
    for header_name in ("Content-Disposition", "Content-Type"):
        if found := _ENCODED_NAME.search(attempt(lambda n=header_name: raw(part, n), "")):
            return attempt(lambda f=found: str(make_header(decode_header(f[1]))), "")
    return ""


def _bytes(part: Message) -> bytes:
    if part.is_multipart():
        return b"\n".join(attempt(lambda c=child: c.as_bytes(), b"") for child in part.get_payload())
    found = attempt(lambda: part.get_payload(decode=True), None)
    if isinstance(found, bytes):
        return found
    return str(attempt(part.get_payload, "")).encode("utf-8", "surrogateescape")


def _named(people: str) -> str:
    """The name beside the first address of a header; empty when the address is all there is."""
    pairs = attempt(lambda: getaddresses([people]), [])
    return next((clean(name)[:120] for name, address in pairs if "@" in address and "@" not in name), "")


def _address(people: str) -> str:
    """The first address of a header, in small letters; what cannot be read is empty."""
    pairs = attempt(lambda: getaddresses([people]), [])
    return next((address.lower() for _, address in pairs if "@" in address), "")[:254]
