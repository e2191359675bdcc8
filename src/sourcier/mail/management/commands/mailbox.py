"""`sourcier mailbox`: what arrives by e-mail."""

import json
import signal
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from sourcier.mail.domain_keys import keys_of_domains
from sourcier.mail.imap import fetch
from sourcier.mail.incoming import Incoming, read
from sourcier.mail.listener import Listener

UNREADABLE = 2


class Unreadable(SystemExit):
    """The file cannot be opened: code 2, which is not a wrong use of the command."""


class Command(BaseCommand):
    help = "Lit les messages reçus."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="verbe")
        parse = verbs.add_parser("parse", help="montre ce qui est compris d'un fichier .eml ; n'écrit rien")
        parse.add_argument("file", metavar="FICHIER.eml")
        verbs.add_parser("serve", help="reçoit les messages (SOURCIER_MAIL_LISTEN), jusqu'à SIGINT ou SIGTERM")
        verbs.add_parser("fetch", help="prend les messages non lus de la boîte SOURCIER_IMAP ; « tick » le fait chaque minute")
        parse.add_argument("--json", action="store_true", help="en JSON, pour un programme")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["verb"])(options)

    def fetch(self, options: dict[str, Any]) -> None:
        if not settings.IMAP or not settings.REPLY_TO:
            raise CommandError("Donnez d'abord SOURCIER_REPLY_TO et SOURCIER_IMAP (docs/installation.md).")
        count = fetch(timezone.now())
        self.stdout.write(f"{count} messages pris." if count > 1 else f"{count} message pris.")

    def serve(self, options: dict[str, Any]) -> None:
        if not settings.MAIL_LISTEN or not settings.REPLY_TO:
            raise CommandError("Donnez d'abord SOURCIER_REPLY_TO et SOURCIER_MAIL_LISTEN (docs/installation.md).")
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        listener = Listener(*settings.MAIL_LISTEN)
        listener.start()
        try:
            stop.wait()
        finally:
            listener.stop()

    def parse(self, options: dict[str, Any]) -> None:
        try:
            data = Path(options["file"]).read_bytes()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "ce nom n'est pas celui d'un fichier"
            self.stderr.write(f"Ce message ne peut pas être ouvert : {options['file']} ({reason}). Rien n'a été changé.")
            raise Unreadable(UNREADABLE) from None
        message = read(data, keys_of_domains())
        self.stdout.write(json.dumps(message.as_json(), ensure_ascii=False) if options["json"] else in_words(message))


KINDS = {"reply": "Réponse", "bounce": "Avis de non-remise", "auto": "Réponse automatique", "other": "Message"}


def in_words(message: Incoming) -> str:
    """What a person reads of it."""
    lines = [f"{KINDS[message.kind]} · signature du domaine : {message.dkim}", "", message.text or "(aucun texte)"]
    lines += [f"Pièce jointe : {file.name} ({file.type}, {file.size} octets)" for file in message.attachments]
    return "\n".join(lines)
