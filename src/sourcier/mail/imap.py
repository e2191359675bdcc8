"""Messages taken from a mailbox of the city: each is kept, then marked as read. Nothing is ever removed from it."""

import imaplib
import logging
import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import getaddresses
from time import mktime
from urllib.parse import unquote, urlsplit

from django.conf import settings

from sourcier.kernel.transitions import Refused
from sourcier.mail.eml import header_values, opened
from sourcier.mail.receiving import Unknown, receive
from sourcier.mail.replying import is_ours, token_in

logger = logging.getLogger(__name__)
TIMEOUT = 30
MAX_AT_ONCE = 100
_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")


def fetch(now: datetime) -> int:
    """Keep what is unread in the mailbox of `SOURCIER_IMAP`; returns how many messages. Never inside a transaction."""
    if not settings.IMAP or not settings.REPLY_TO:
        return 0
    try:
        with _connected() as mailbox:
            return _take_all(mailbox, now)
    except (OSError, imaplib.IMAP4.error) as error:
        logger.warning("the mailbox of the city does not answer: %s", type(error).__name__)
        return 0


def _connected() -> imaplib.IMAP4:
    url = urlsplit(settings.IMAP)
    host = url.hostname or ""
    if url.scheme == "imaps":
        mailbox: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, url.port or 993, timeout=TIMEOUT)
    else:
        mailbox = imaplib.IMAP4(host, url.port or 143, timeout=TIMEOUT)
    try:
        mailbox.login(unquote(url.username or ""), unquote(url.password or ""))
        mailbox.select(f'"{unquote(url.path.strip("/")) or "INBOX"}"')
    except (OSError, imaplib.IMAP4.error):
        mailbox.shutdown()
        raise
    return mailbox


def _take_all(mailbox: imaplib.IMAP4, now: datetime) -> int:
    """A message flagged is for a person: no city of this installation answers to its address."""
    _, found = mailbox.uid("search", "UNSEEN", "UNFLAGGED")
    kept = 0
    for uid in (found[0] or b"").decode().split()[:MAX_AT_ONCE]:
        _, parts = mailbox.uid("fetch", uid, "(INTERNALDATE BODY.PEEK[])")
        part = next((each for each in parts if isinstance(each, tuple)), None)
        if part is None:
            continue
        try:
            _keep(part[1], _arrived(part[0], now))
        except Unknown:
            mailbox.uid("store", uid, "+FLAGS.SILENT", r"(\Flagged)")
            continue
        except Refused as refused:
            logger.error("a message could not be kept: %s", refused.refusal.code)
            break
        mailbox.uid("store", uid, "+FLAGS.SILENT", r"(\Seen)")
        kept += 1
    return kept


def _keep(data: bytes, at: datetime) -> None:
    """Once for each of our addresses that it names, else for the tray."""
    message = opened(data)
    named = [address for name in _TO for _, address in getaddresses(header_values(message, name)) if is_ours(address)]
    recipients = list(dict.fromkeys(address.lower() for address in named if token_in(address))) or [settings.REPLY_TO]
    sender = next(iter(header_values(message, "Return-Path")), "?")
    for recipient in recipients:
        receive(data, recipient, sender=sender.strip("<> "), at=at)


def _arrived(told: bytes, now: datetime) -> datetime:
    """When the server of the city had its last byte (INTERNALDATE): the hour of our reading would make a firm late."""
    with suppress(ValueError, OverflowError):
        if re.search(rb"INTERNALDATE", told) and (local := imaplib.Internaldate2tuple(told)):
            return min(datetime.fromtimestamp(mktime(local), UTC), now)
    return now
