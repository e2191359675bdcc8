"""`sourcier backup DOSSIER`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sourcier.project import backup


class Command(BaseCommand):
    help = "Sauvegarde la base, les fichiers et les clés dans un dossier neuf, sans arrêter le serveur."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DOSSIER", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = backup.make(options["folder"].resolve())
        except backup.BackupError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Sauvegarde faite : {made.folder} ({made.files} fichiers, {made.size // 1024} Kio).")
        for log in made.logs:
            self.stdout.write(f"Journal {log['origin']} : {log['size']} écritures, point de contrôle dans {log['checkpoint']}.")
        for warning in made.warnings:
            self.stderr.write(warning)
        self.stdout.write(
            f"Rangez {backup.KEYS} ailleurs que le reste : qui a les deux peut refaire un journal. "
            f"Pour vérifier les copies : sha256sum -c {backup.SUMS}"
        )
