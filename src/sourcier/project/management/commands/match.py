"""`sourcier match`: activities for a need in any words."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sourcier.accounts.models import Organisation
from sourcier.matching.engine import CityPhrase, How, Met, Result, match
from sourcier.matching.remarks import remark
from sourcier.matching.several import halves
from sourcier.vocabulary.queries import phrases


class Command(BaseCommand):
    help = "Trouve les activités (NAF) qui répondent à un besoin, avec les mots qui ont compté."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", nargs="?", help="le besoin, en une phrase")
        parser.add_argument("--json", action="store_true", help="pour un programme")
        parser.add_argument("--city", metavar="VILLE", default="", help="avec les mots de cette ville, par son nom court")
        parser.add_argument("--batch", metavar="FICHIER", help='lignes JSON {"id", "text"} ; une ligne JSON pour chacune')

    def handle(self, *args: Any, **options: Any) -> None:
        added = city_words(options["city"]) if options["city"] else []
        if options["batch"]:
            self.batch(Path(options["batch"]), added)
        elif options["text"] is None:
            raise CommandError("Donnez un besoin, ou --batch et un fichier.")
        elif options["json"]:
            self.stdout.write(json.dumps(as_json(match(options["text"], added=added)), ensure_ascii=False))
        else:
            self.stdout.write(as_text(options["text"], match(options["text"], added=added)))

    def batch(self, path: Path, added: Sequence[CityPhrase]) -> None:
        """One answer a line, in the order of the file; a bad line stops with its number."""
        try:
            with path.open(encoding="utf-8-sig") as lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        self.stdout.write(json.dumps(answer(line, number, added), ensure_ascii=False))
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "ce n'est pas du texte en UTF-8"
            raise CommandError(f"{path} ne se lit pas : {why}.") from None


def city_words(slug: str) -> list[CityPhrase]:
    """The phrases of a city. Raises `CommandError` for one that is not here."""
    organisation = Organisation.objects.filter(slug=slug).first()
    if organisation is None:
        raise CommandError(f"Aucune ville ne s'appelle « {slug} » ici.")
    return phrases(organisation)


def answer(line: str, number: int, added: Sequence[CityPhrase]) -> dict[str, Any]:
    """The answer to one line of a batch. Raises `CommandError` naming the line."""
    try:
        asked = json.loads(line)
        identifier, text = asked["id"], asked["text"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise CommandError(f'Ligne {number} : un objet JSON avec "id" et "text" est attendu.') from None
    if not isinstance(text, str):
        raise CommandError(f'Ligne {number} : "text" doit être du texte.')
    return {"id": identifier, **as_json(match(text, added=added))}


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


def as_text(text: str, result: Result) -> str:
    """The same for a person, with what to say of the need itself."""
    lines = [f"{found.activity.code}  {found.label} ({', '.join(map(met_as_text, found.met))})" for found in result.activities]
    if said := remark(text, result):
        lines.append(said)
    elif not result.sure:
        lines.append("Peu sûr : vérifiez ces activités.")
    if two := halves(text):
        lines.append(f"Peut-être deux besoins : « {two[0]} » et « {two[1]} ».")
    return "\n".join(lines)


def met_as_text(met: Met) -> str:
    """« hochets → jouets », « ascenceur = ascenseur »: the word of the need, and what it met when that is another."""
    sign = {How.NEAR: " → ", How.CORRECTED: " = ", How.CITY: " = ville : "}.get(met.how)
    return f"{met.word}{sign}{met.term}" if sign else met.word
