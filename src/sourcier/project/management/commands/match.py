"""`sourcier match`: activities for a need in any words."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sourcier.matching.engine import Result, match


class Command(BaseCommand):
    help = "Trouve les activités (NAF) qui répondent à un besoin, avec les mots qui ont compté."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", nargs="?", help="le besoin, en une phrase")
        parser.add_argument("--json", action="store_true", help="pour un programme")
        parser.add_argument("--batch", metavar="FICHIER", help='lignes JSON {"id", "text"} ; une ligne JSON pour chacune')

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"]:
            self.batch(Path(options["batch"]))
        elif options["text"] is None:
            raise CommandError("Donnez un besoin, ou --batch et un fichier.")
        elif options["json"]:
            self.stdout.write(json.dumps(as_json(match(options["text"])), ensure_ascii=False))
        else:
            self.stdout.write(as_text(match(options["text"])))

    def batch(self, path: Path) -> None:
        """One answer a line, in the order of the file; a bad line stops with its number."""
        try:
            with path.open(encoding="utf-8-sig") as lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        self.stdout.write(json.dumps(answer(line, number), ensure_ascii=False))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path} ne se lit pas : {error}.") from None


def answer(line: str, number: int) -> dict[str, Any]:
    """The answer to one line of a batch. Raises `CommandError` naming the line."""
    try:
        asked = json.loads(line)
        identifier, text = asked["id"], asked["text"]
    except (ValueError, TypeError, KeyError):
        raise CommandError(f'Ligne {number} : un objet JSON avec "id" et "text" est attendu.') from None
    if not isinstance(text, str):
        raise CommandError(f'Ligne {number} : "text" doit être du texte.')
    return {"id": identifier, **as_json(match(text))}


def as_json(result: Result) -> dict[str, Any]:
    """`{"activities": [{"nomenclature", "code", "label", "score", "words"}], "sure"}`, best first."""
    return {
        "activities": [
            {
                "nomenclature": found.activity.nomenclature,
                "code": found.activity.code,
                "label": found.label,
                "score": found.score,
                "words": list(found.words),
            }
            for found in result.activities
        ],
        "sure": result.sure,
    }


def as_text(result: Result) -> str:
    """The same for a person."""
    if not result.activities:
        return "Aucune activité ne répond à ces mots. Dites-le autrement."
    lines = [f"{found.activity.code}  {found.label} ({', '.join(found.words)})" for found in result.activities]
    return "\n".join([*lines, "" if result.sure else "Peu sûr : vérifiez ces activités."]).rstrip()
