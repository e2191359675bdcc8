"""`sourcier law threshold|advise`: the rules of a day, on the command line. No city is needed."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from sourcier.kernel.french import format_date
from sourcier.kernel.money import format_cents, parse_decimal, to_cents
from sourcier.law.advice import CASES, Advice, advise, threshold_facts
from sourcier.law.book import KINDS, SERIES, SURE, UNKNOWN_DAY, Rule, announced, threshold

MARKS = {"sure": "", "check": " (à vérifier)", "future": " (annoncé, pas en vigueur)"}


class Command(BaseCommand):
    help = "Le livre des règles : les seuils d'un jour, et ce qu'ils demandent pour un besoin."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        shown = verbs.add_parser("threshold", help="chaque seuil d'un jour, avec sa règle")
        advised = verbs.add_parser("advise", help="la procédure, les devoirs et leurs raisons")
        for each in (shown, advised):
            each.add_argument("--kind", required=True, choices=KINDS, help="fournitures, services ou travaux")
            each.add_argument(
                "--on", type=_day, default=timezone.localdate(), metavar="AAAA-MM-JJ", help="le jour (aujourd'hui)"
            )
            each.add_argument("--json", action="store_true", help="pour un programme")
        advised.add_argument("--amount", type=_cents, metavar="EUROS", help="montant estimé du besoin, hors taxes")
        advised.add_argument(
            "--family-used", type=_cents, default=0, metavar="EUROS", help="déjà engagé dans la famille cette année, hors taxes"
        )
        advised.add_argument("--case", choices=CASES, default="", help="achat innovant, livres non scolaires, services sociaux")

    def handle(self, *args: Any, **options: Any) -> None:
        kind, on = options["kind"], options["on"]
        if options["verb"] == "threshold":
            rules = threshold(kind, on)
            said: Any = {"kind": kind, "on": on.isoformat(), "thresholds": [threshold_facts(*pair) for pair in rules.items()],
                         "announced": [threshold_facts(rule.series, rule) for rule in announced(kind)]}  # fmt: skip
            text = _thresholds(kind, on, rules)
        else:
            advice = advise(kind, options["amount"], options["family_used"], on, options["case"])
            said, text = advice.to_json(), _advice(advice)
        self.stdout.write(json.dumps(said, ensure_ascii=False) if options["json"] else text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"« {text} » n'est pas un jour : écrivez par exemple 2026-05-01.") from None


def _cents(text: str) -> int:
    try:
        cents = to_cents(parse_decimal(text))
    except ValueError:
        cents = -1
    if cents < 0:
        raise ArgumentTypeError(f"« {text} » n'est pas un montant : écrivez par exemple 41000 ou 41 000,50.")
    return cents


def _thresholds(kind: str, on: date, rules: dict[str, Rule | None]) -> str:
    lines = [f"{KINDS[kind].capitalize()}, le {format_date(on)} :"]
    for series, rule in rules.items():
        lines.append(f"- {SERIES[series]} : " + (_rule(rule) if rule else UNKNOWN_DAY))
    lines += [f"- Annoncé : {_rule(rule)}" for rule in announced(kind)]
    return "\n".join(lines)


def _rule(rule: Rule) -> str:
    return f"{format_cents(rule.amount_cents)} HT, {rule.article}{MARKS[rule.confidence]}. {rule.sentence} [{rule.id}]"


def _advice(advice: Advice) -> str:
    duties = [
        f"- {duty.sentence} ({duty.article}{'' if duty.confidence == SURE else ', à vérifier'})" for duty in advice.duties
    ]
    return "\n".join([f"{advice.title} : règle du {format_date(advice.on)}", *advice.sentences, *duties])
