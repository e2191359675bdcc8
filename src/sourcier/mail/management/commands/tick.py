"""`sourcier tick`: one pass over everything that is due."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from sourcier.mail.due import run_due


class Command(BaseCommand):
    help = "Fait une fois ce que l'heure demande : dates limites, messages en attente, rappels."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="écrit le résultat pour un programme")

    def handle(self, *args: Any, **options: Any) -> None:
        passed = run_due(timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps([{"name": ran.name, "count": ran.count, "error": ran.error} for ran in passed]))
        else:
            for ran in passed:
                said = f"erreur {ran.error}" if ran.error else "déjà fait" if ran.count is None else str(ran.count)
                self.stdout.write(f"{ran.name} : {said}")
        if any(ran.error for ran in passed):
            sys.exit(1)
