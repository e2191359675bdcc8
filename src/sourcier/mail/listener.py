"""Where messages arrive: SMTP, or LMTP behind the city's own server. 250 is said once all is on the disk, never before."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import close_old_connections
from django.utils import timezone

from sourcier.kernel.transitions import Refused
from sourcier.mail.receiving import Unknown, receive, welcome

logger = logging.getLogger(__name__)
T = TypeVar("T")
MAX_MESSAGE = 25 * 1024 * 1024
MAX_LINE = 1_000_000  # programs write lines longer than the 1 000 characters of RFC 5321; nobody loses a quote for that
# Plain ASCII: what other servers repeat to a sender. Each says what happened and what to do.
TAKEN = "250 2.0.0 Message pris"
LATER = "451 4.3.0 Le serveur ne peut rien garder en ce moment. Rien n'est perdu : le message sera represente."
NOBODY = "550 5.1.1 Cette adresse n'existe pas ici. Reprenez celle du message de la mairie."
TOO_LARGE = "552 5.3.4 Message trop lourd : 25 Mo au plus. Envoyez les documents en plusieurs messages, ou sur votre page."
MAX_RECIPIENTS = 20
TOO_MANY = "452 4.5.3 Trop de destinataires"


class Door:
    """What the protocol asks of us: which addresses are welcome, and to keep a message."""

    def __init__(self, *, lmtp: bool) -> None:
        self.lmtp = lmtp
        self.pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mailbox")

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return TOO_MANY
        known = await self._apart(lambda: welcome(address))
        if known is None:
            return LATER
        if not known:
            return NOBODY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        at = timezone.now()
        data = bytes(envelope.original_content or b"")
        verdicts = []
        for address in envelope.rcpt_tos:
            kept = await self._apart(lambda a=address: self._keep(data, a, envelope.mail_from or "", at))
            verdicts.append(kept or LATER)
        if self.lmtp:  # one verdict for each recipient (RFC 2033, 4.2)
            return "\r\n".join(verdicts)
        return next((verdict for verdict in verdicts if verdict != TAKEN), TAKEN)

    @staticmethod
    def _keep(data: bytes, address: str, sender: str, at: Any) -> str:
        try:
            receive(data, address, sender=sender, at=at)
        except Unknown:
            return NOBODY
        except Refused as refused:
            logger.error("a message could not be kept: %s", refused.refusal.code)
            return LATER
        return TAKEN

    async def _apart(self, work: Callable[[], T]) -> T | None:
        """In a thread of its own, since the database waits; None when it fails: the sender will come again."""

        def run() -> T | None:
            try:
                close_old_connections()
                return work()
            except Exception as error:
                logger.error("the mailbox keeps nothing now: %s", type(error).__name__)
                return None
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self.pool, run)


class _Plain(SMTP):
    line_length_limit = MAX_LINE

    async def push(self, status: Any) -> None:
        await super().push(TOO_LARGE if str(status).startswith("552") else status)


class _Local(LMTP):
    line_length_limit = MAX_LINE

    async def push(self, status: Any) -> None:
        await super().push(TOO_LARGE if str(status).startswith("552") else status)


class Listener(Controller):
    """The server, in a thread of its own between `start` and `stop`."""

    def __init__(self, scheme: str, host: str, port: int) -> None:
        self.lmtp = scheme == "lmtp"
        super().__init__(Door(lmtp=self.lmtp), hostname=host, port=port)

    def factory(self) -> SMTP:
        kind = _Local if self.lmtp else _Plain
        return kind(self.handler, data_size_limit=MAX_MESSAGE, enable_SMTPUTF8=True, ident="Sourcier", timeout=120)
