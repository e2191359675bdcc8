"""`sourcier matching learn|ask|status`: what published contracts teach the matching, on the command line."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console

from sourcier.kernel.french import format_date, format_moment, format_number
from sourcier.kernel.transitions import Refused, refuse
from sourcier.matching.labels import label
from sourcier.needs import learned
from sourcier.needs.learned import Report
from sourcier.needs.learning import learn, why_left
from sourcier.project.bars import bars
from sourcier.register.search import by_siret, followed

WINNERS = 20


class Command(BaseCommand):
    help = "Ce que les marchés publiés apprennent : qui vend ce que les villes achètent, avec quels mots."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb")
        reads = "apprendre des données essentielles (JSON 2019 ou 2022, .json, .gz ou .zip) ; remplace ce qui était appris"
        learning = verbs.add_parser("learn", help=reads)
        learning.add_argument("files", nargs="+", type=Path, metavar="FICHIER", help="tous les fichiers, en une fois")
        asking = verbs.add_parser("ask", help="qui a gagné, en France, des marchés comme ce besoin")
        asking.add_argument("text", metavar="BESOIN", help="le besoin, en une phrase")
        asking.add_argument("--cpv", default="", metavar="CODE", help="son code CPV, quand ses mots ne suffisent pas")
        status = verbs.add_parser("status", help="ce qui a été appris, et de quels fichiers")
        for each in (parser, learning, asking, status):
            each.add_argument("--json", action="store_true", help="pour un programme")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["verb"] == "ask":
                answer = _asked(options["text"], options["cpv"])
                self.stdout.write(json.dumps(answer, ensure_ascii=False) if options["json"] else told(answer))
                return
            report = self._learn(options["files"]) if options["verb"] == "learn" else _opened().report
        except Refused as refused:
            self.stderr.write(refused.sentence)
            sys.exit(1)
        self.stdout.write(json.dumps(learned.as_json(report), ensure_ascii=False) if options["json"] else as_text(report))

    def _learn(self, files: list[Path]) -> Report:
        with bars("Apprentissage", Console(stderr=True)) as progress:
            return learn(files, progress)


def _opened() -> learned.Opened:
    found = learned.opened()
    if found is None:
        raise refuse("nothing_learned", "Rien n'a encore été appris. Lancez : sourcier matching learn FICHIER.json")
    return found


def _asked(text: str, cpv: str) -> dict[str, Any]:
    """`{"activities": [{"code", "label", "contracts", "words", "cpv"}], "winners": [{"siret", "name", "contracts"}]}`."""
    index = _opened().index
    won = index.winners(text, WINNERS)
    names = {siret: by_siret(siret) for siret, _ in won}
    return {
        "activities": [
            {"code": each.activity.code, "label": label(each.activity), "contracts": each.contracts, "words": list(each.words),
             "cpv": each.cpv}
            for each in index.activities(text, cpv, followed=followed())
        ],
        # Who may be named is the register's to say today, whatever it said when the file was read.
        "winners": [
            {"siret": siret, "name": firm.name, "contracts": count}
            for siret, count in won if (firm := names[siret]) and firm.disclosed
        ],
    }  # fmt: skip


def told(answer: dict[str, Any]) -> str:
    """The same for a person."""
    if not answer["activities"]:
        return "Aucun marché publié ne ressemble à ces mots."
    activities = [
        f"{each['contracts']:>7}  {each['code']}  {each['label']} ({', '.join(each['words']) or 'CPV ' + each['cpv']})"
        for each in answer["activities"]
    ]
    winners = [f"{each['contracts']:>7}  {each['siret']}  {each['name']}" for each in answer["winners"]]
    told_of = ["Titulaires (une information, jamais un mérite) :", *winners] if winners else []
    return "\n".join(["Marchés publiés, par activité :", *activities, *told_of])


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
