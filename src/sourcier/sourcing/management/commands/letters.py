"""`sourcier letters specimen`: letters to try a printer and envelopes with."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from sourcier.accounts.models import Organisation
from sourcier.sourcing.letter.specimen import invented_city, specimen

MOST = 2_000


class Command(BaseCommand):
    help = "Courriers : un spécimen, pour essayer l'imprimante et les enveloppes à fenêtre."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        wanted = actions.add_parser("specimen", help="des lettres à des entreprises inventées, dont le code n'ouvre rien")
        wanted.add_argument("--count", type=int, default=5, help=f"combien de lettres, {MOST} au plus (5)")
        wanted.add_argument("--out", type=Path, required=True, help="le PDF à écrire ; un fichier qui existe est gardé")
        wanted.add_argument("--city", default="", help="le SIRET de la ville dont prendre l'en-tête, s'il y en a plusieurs")

    def handle(self, *args: Any, **options: Any) -> None:
        count, out = options["count"], options["out"]
        if not 1 <= count <= MOST:
            raise CommandError(f"Demandez de 1 à {MOST} lettres. Rien n'a été écrit.")
        content = specimen(_city(options["city"]), count, timezone.now())
        try:
            with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
                file.write(content)
        except FileExistsError:
            raise CommandError(f"{out} existe déjà et n'a pas été touché. Donnez un autre nom.") from None
        told = f"{out} : {count} lettre{'s' if count > 1 else ''}."
        self.stdout.write(f"{told} Imprimez à 100 %, pliez aux deux traits de la marge.")


def _city(siret: str) -> Organisation:
    """The city whose letterhead is shown; an invented one where none is set up yet."""
    try:
        found = list(Organisation.objects.filter(siret=siret) if siret else Organisation.objects.all()[:2])
    except DatabaseError:
        found = []
    if siret and not found:
        raise CommandError(f"Aucune ville n'a le SIRET {siret}. Rien n'a été écrit.")
    return found[0] if len(found) == 1 else invented_city()
