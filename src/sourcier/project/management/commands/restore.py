"""`sourcier restore DOSSIER [--keys ARCHIVE] [--force]`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from sourcier.project import restore
from sourcier.project.backup import KEYS, SETTINGS, BackupError


class Command(BaseCommand):
    help = "Remet une sauvegarde en place, serveur arrêté ; ce qui est remplacé est gardé à côté."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DOSSIER", type=Path)
        parser.add_argument("--keys", metavar="ARCHIVE", type=Path, help=f"{KEYS}, s'il est rangé ailleurs")
        parser.add_argument("--force", action="store_true", help="remplacer une installation qui n'est pas vide")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"].resolve()
        try:
            done = restore.restore(folder, keys=options["keys"], force=options["force"])
        except BackupError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Sauvegarde {folder} remise en place.")
        if done.with_keys:
            self.stdout.write(f"Réglages d'alors : {Path(settings.KEYS) / SETTINGS}. Comparez avec les vôtres.")
        else:
            self.stderr.write(f"Aucune archive de clés ({KEYS}) : celles de l'installation sont restées.")
        for path in done.aside:
            self.stdout.write(f"Gardé à côté : {path}")
        for path in done.tails:
            self.stderr.write(f"Le journal remplacé allait plus loin que la sauvegarde : {path}")
        self.stdout.write("À faire maintenant :")
        self.stdout.write("  sourcier migrate")
        expected = {path.name: path for path in done.tails}
        for log in done.logs:
            if log["checkpoint"]:
                path = expected.get(Path(log["checkpoint"]).name, folder / log["checkpoint"])
                slug = log["origin"].rpartition("/")[2]
                self.stdout.write(f"  sourcier journal verify --organisation {slug} --expect {path}")
