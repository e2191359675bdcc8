"""`sourcier matching learn|status`: what published contracts teach the matching, on the command line."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console

from sourcier.kernel.french import format_date, format_moment, format_number
from sourcier.kernel.transitions import Refused, refuse
from sourcier.needs import learned
from sourcier.needs.learned import Report
from sourcier.needs.learning import learn, why_left
from sourcier.project.bars import bars


class Command(BaseCommand):
    help = "Ce que les marchés publiés apprennent : qui vend ce que les villes achètent, avec quels mots."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb")
        reads = "apprendre des données essentielles (JSON 2019 ou 2022, .json, .gz ou .zip) ; remplace ce qui était appris"
        learning = verbs.add_parser("learn", help=reads)
        learning.add_argument("files", nargs="+", type=Path, metavar="FICHIER", help="tous les fichiers, en une fois")
        status = verbs.add_parser("status", help="ce qui a été appris, et de quels fichiers")
        for each in (parser, learning, status):
            each.add_argument("--json", action="store_true", help="pour un programme")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._learn(options["files"]) if options["verb"] == "learn" else _status()
        except Refused as refused:
            self.stderr.write(refused.sentence)
            sys.exit(1)
        self.stdout.write(json.dumps(learned.as_json(report), ensure_ascii=False) if options["json"] else as_text(report))

    def _learn(self, files: list[Path]) -> Report:
        with bars("Apprentissage", Console(stderr=True)) as told:
            return learn(files, told)


def _status() -> Report:
    found = learned.opened()
    if found is None:
        raise refuse("nothing_learned", "Rien n'a encore été appris. Lancez : sourcier matching learn FICHIER.json")
    return found.report


def as_text(report: Report) -> str:
    """The report in French."""
    lines = [f"{source.name} : {format_number(source.rows)} lignes, SHA-256 {source.sha256}" for source in report.sources]
    last = f", notifiés jusqu'au {format_date(report.last)}" if report.last else ""
    return "\n".join([
        *lines,
        f"{format_number(report.rows)} lignes lues le {format_moment(report.learned_at, weekday=False)} ; "
        f"{format_number(report.contracts)} marchés utilisés{last}.",
        f"{format_number(report.activities)} activités apprises ; "
        f"{format_number(report.winners)} titulaires que l'on peut nommer.",
        *(["Lignes laissées :", why_left(report)] if report.left else []),
    ])  # fmt: skip
