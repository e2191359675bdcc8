"""`sourcier sealing rotate`: a new master key for what is sealed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sourcier.vault import master, sealing


class Command(BaseCommand):
    help = "Change la clé maîtresse qui protège les devis scellés."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="rotate")
        verbs.add_parser("rotate", help="tirer une nouvelle clé maîtresse et y rattacher la clé de chaque opération")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            wrapped = sealing.rotate()
        except master.MasterKeyMissing as error:
            raise CommandError(f"{error} Rien n'a changé.") from None
        self.stdout.write(f"Nouvelle clé maîtresse : n° {master.numbers()[-1]}. Opérations rattachées : {wrapped}.")
        self.stdout.write(
            "La clé précédente reste jusqu'au prochain changement. Faites une sauvegarde maintenant : "
            "une sauvegarde d'avant a besoin de sa propre clé."
        )
