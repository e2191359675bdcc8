"""`sourcier mailbox`: what arrives by e-mail."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from sourcier.mail.incoming import Incoming, read

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
        parse.add_argument("--json", action="store_true", help="en JSON, pour un programme")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["verb"])(options)

    def parse(self, options: dict[str, Any]) -> None:
        try:
            data = Path(options["file"]).read_bytes()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "ce nom n'est pas celui d'un fichier"
            self.stderr.write(f"Ce message ne peut pas être ouvert : {options['file']} ({reason}). Rien n'a été changé.")
            raise Unreadable(UNREADABLE) from None
        message = read(data)
        self.stdout.write(json.dumps(message.as_json(), ensure_ascii=False) if options["json"] else in_words(message))


KINDS = {"reply": "Réponse", "bounce": "Avis de non-remise", "auto": "Réponse automatique", "other": "Message"}


def in_words(message: Incoming) -> str:
    """What a person reads of it."""
    lines = [f"{KINDS[message.kind]} · signature du domaine : {message.dkim}", "", message.text or "(aucun texte)"]
    lines += [f"Pièce jointe : {file.name} ({file.type}, {file.size} octets)" for file in message.attachments]
    return "\n".join(lines)
