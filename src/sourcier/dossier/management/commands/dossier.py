"""`sourcier dossier build|verify`."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from sourcier.dossier import build
from sourcier.dossier.models import Export
from sourcier.dossier.offline import verifier
from sourcier.kernel.transitions import Refused


class Command(BaseCommand):
    help = "Refaire un dossier de preuve déjà pris, ou vérifier un dossier (code de sortie 0 ou 1)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        again = verbs.add_parser("build", help="refaire le même dossier, octet pour octet")
        again.add_argument("--export", type=UUID, required=True, help="identifiant du dossier")
        again.add_argument("--out", type=Path, required=True, help="fichier ZIP à écrire")
        check = verbs.add_parser("verify", help="vérifier un dossier, sans base de données")
        check.add_argument("file", type=Path)
        check.add_argument("--fingerprint", default="", help="empreinte de la clé, venue d'ailleurs")
        check.add_argument("--json", action="store_true")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        if verb == "build":
            self.build(options["export"], options["out"])
        else:
            self.verify(options["file"], options["fingerprint"], as_json=options["json"])

    def build(self, export_id: UUID, out: Path) -> None:
        try:
            export = Export.objects.select_related("organisation", "need").get(pk=export_id)
        except Export.DoesNotExist:
            raise CommandError("Aucun dossier ne porte cet identifiant.") from None
        aside = out.with_name(f".{out.name}.{export.pk.hex[:8]}")
        try:
            with aside.open("wb") as file:
                build.write(export, file)
            aside.replace(out)
        except Refused as refused:
            raise CommandError(refused.sentence) from None
        finally:
            aside.unlink(missing_ok=True)
        self.stdout.write(f"Dossier écrit : {out}")

    def verify(self, file: Path, fingerprint: str, *, as_json: bool) -> None:
        report = verifier.verify(file, fingerprint)
        if as_json:
            self.stdout.write(json.dumps({"ok": report.ok, "problems": report.problems}, ensure_ascii=False))
        else:
            for fact in report.facts:
                self.stdout.write(f"· {fact}")
            for problem in report.problems:
                self.stdout.write(f"!! {problem}")
            self.stdout.write(report.verdict)
        if not report.ok:
            raise SystemExit(1)
