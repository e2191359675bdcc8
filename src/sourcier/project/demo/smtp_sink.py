"""A mail server that delivers nothing: each message becomes a file in a folder. For the demonstration and the tests."""

import itertools
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class _Keeper:
    """Writes what arrives as `00001.eml`, `00002.eml`…, whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count(1 + len(list(folder.glob("*.eml"))))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        name = f"{next(self.numbers):05d}.eml"
        part = self.folder / f".{name}"
        part.write_bytes(content)
        part.rename(self.folder / name)
        return "250 OK"


class SmtpSink(Controller):
    """`with SmtpSink(folder, port) as sink:` listens on 127.0.0.1; port 0 is not possible, give a free one."""

    def __init__(self, folder: Path, port: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        super().__init__(_Keeper(folder), hostname="127.0.0.1", port=port)

    def __enter__(self) -> "SmtpSink":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def messages(self) -> list[EmailMessage]:
        """What arrived, in order."""
        return messages_in(self.folder)


def messages_in(folder: Path) -> list[EmailMessage]:
    """The messages kept in a folder, in order."""
    read = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]
    return [message for message in read if isinstance(message, EmailMessage)]
