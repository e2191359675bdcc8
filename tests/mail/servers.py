"""Mail servers that behave badly, on real sockets."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Moody:
    """Answers what `mood` says: at RCPT by address, at DATA, by cutting the line, or by never answering again."""

    def __init__(self) -> None:
        self.rcpt: dict[str, str] = {}
        self.mail = "250 OK"
        self.data = "250 OK"
        self.cut_after: int | None = None
        self.hold_after: int | None = None
        self.got: list[bytes] = []
        self.sessions: set[int] = set()

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if self.mail.startswith("250"):
            envelope.mail_from = address
        return self.mail

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        answer = self.rcpt.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.sessions.add(id(session))
        if self.cut_after is not None and len(self.got) >= self.cut_after:
            server.transport.abort()
            return "250 OK"
        if self.hold_after is not None and len(self.got) >= self.hold_after:
            await asyncio.Event().wait()
        if self.data.startswith("250"):
            self.got.append(envelope.original_content or b"")
        return self.data


@contextmanager
def moody(port: int) -> Iterator[Moody]:
    mood = Moody()
    controller = Controller(mood, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mood
    finally:
        controller.stop()


@contextmanager
def silent(port: int) -> Iterator[None]:
    """Accepts the connection and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        held: list[socket.socket] = []
        stop = threading.Event()

        def accept() -> None:
            listener.settimeout(0.1)
            while not stop.is_set():
                try:
                    held.append(listener.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            for connection in held:
                connection.close()
