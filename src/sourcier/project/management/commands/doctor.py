"""`sourcier doctor`: what is wrong with this installation, and how to mend it."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from sourcier.project.checks import findings


class Command(BaseCommand):
    help = "Dit ce qui ne va pas dans cette installation, et comment y remédier (code de sortie 0 ou 1)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="écrit le résultat pour un programme")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(findings())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(each) for each in found], ensure_ascii=False))
        else:
            for each in found:
                mark = "ok " if each.ok else "!! " if each.grave else "?  "
                self.stdout.write(f"{mark} {each.name} : {each.seen}")
                if not each.ok:
                    self.stdout.write(f"     → {each.remedy}")
        if any(not each.ok and each.grave for each in found):
            raise SystemExit(1)
