"""What mail programs wrap: a message signed whole (S/MIME), files in a winmail.dat of Outlook. Pure, never an exception."""

from collections.abc import Iterator
from email.message import Message

from sourcier.mail.eml import attempt, opened

MAX_SIGNED = 3
MAX_FILES = 100
PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")


def unsigned(message: Message) -> Message:
    """The message that an opaque S/MIME signature holds, under its own headers; itself when it is ciphered or no such thing."""
    for _ in range(MAX_SIGNED):
        if attempt(message.get_content_type, "") not in PKCS7:
            return message
        inside = attempt(lambda m=message: _signed_content(m), b"")
        if not inside:
            return message
        inner = opened(inside)
        for name in ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition"):
            del message[name]
        for key, value in inner.raw_items():
            if key.lower().startswith("content-"):
                message[key] = str(value)
        message.set_payload(inner.get_payload())
    return message


def _signed_content(message: Message) -> bytes:
    from asn1crypto import cms

    info = cms.ContentInfo.load(message.get_payload(decode=True))
    if info["content_type"].native != "signed_data":
        return b""
    return bytes(info["content"]["encap_content_info"]["content"].native or b"")


def outlook_files(data: bytes) -> list[tuple[str, bytes]]:
    """The files of a winmail.dat, with their names; none when it cannot be opened."""
    return attempt(lambda: list(_files(data)), [])


def _files(data: bytes) -> Iterator[tuple[str, bytes]]:
    from tnefparse import TNEF as Winmail

    for file in Winmail(data).attachments[:MAX_FILES]:
        yield str(file.long_filename() or file.name or "piece-jointe"), bytes(file.data)
