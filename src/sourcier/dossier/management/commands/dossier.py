"""`sourcier dossier build|verify|seda|preflight`."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from sourcier.dossier import build
from sourcier.dossier.models import Export
from sourcier.dossier.offline import verifier
from sourcier.dossier.seda import package, preflight
from sourcier.kernel.transitions import Refused


class Command(BaseCommand):
    help = "Refaire un dossier de preuve déjà pris, ou vérifier un dossier (code de sortie 0 ou 1)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        again = verbs.add_parser("build", help="refaire le même dossier, octet pour octet")
        again.add_argument("--export", type=UUID, required=True, help="identifiant du dossier")
        again.add_argument("--out", type=Path, required=True, help="fichier ZIP à écrire")
        seda = verbs.add_parser("seda", help="écrire le versement aux archives (SEDA 2.3) d'un dossier déjà pris")
        seda.add_argument("--export", type=UUID, required=True, help="identifiant du dossier")
        seda.add_argument("--out", type=Path, required=True, help="fichier ZIP à écrire")
        before = verbs.add_parser("preflight", help="contrôler un versement SEDA avant son départ, sans base de données")
        before.add_argument("file", type=Path)
        before.add_argument("--json", action="store_true")
        check = verbs.add_parser("verify", help="vérifier un dossier, sans base de données")
        check.add_argument("file", type=Path)
        check.add_argument("--fingerprint", default="", help="empreinte de la clé, venue d'ailleurs")
        check.add_argument("--json", action="store_true")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        if verb == "build":
            self.build(options["export"], options["out"], build.write)
        elif verb == "seda":
            self.build(options["export"], options["out"], package.write)
        elif verb == "preflight":
            self.preflight(options["file"], as_json=options["json"])
        else:
            self.verify(options["file"], options["fingerprint"], as_json=options["json"])

    def build(self, export_id: UUID, out: Path, write: Callable[[Export, BinaryIO], None]) -> None:
        try:
            export = Export.objects.select_related("organisation", "need").get(pk=export_id)
        except Export.DoesNotExist:
            raise CommandError("Aucun dossier ne porte cet identifiant.") from None
        aside = out.with_name(f".{out.name}.{export.pk.hex[:8]}")
        try:
            with aside.open("w+b") as file:
                write(export, file)
            aside.replace(out)
        except Refused as refused:
            raise CommandError(refused.sentence) from None
        finally:
            aside.unlink(missing_ok=True)
        self.stdout.write(f"Dossier écrit : {out}")

    def preflight(self, file: Path, *, as_json: bool) -> None:
        try:
            with file.open("rb") as opened:
                problems = preflight.check(opened)
        except OSError:
            raise CommandError("Ce fichier n'a pas pu être lu.") from None
        if as_json:
            told = [{"code": each.code, "sentence": each.sentence} for each in problems]
            self.stdout.write(json.dumps({"ok": not problems, "problems": told}, ensure_ascii=False))
        else:
            for each in problems:
                self.stdout.write(f"!! {each.sentence}")
            self.stdout.write("Ce versement n'est PAS prêt." if problems else "Rien à redire : ce versement peut partir.")
        if problems:
            raise SystemExit(1)

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
