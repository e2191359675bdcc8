"""`sourcier dossier build|verify|seda|preflight`."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from sourcier.accounts.agents import agent_for
from sourcier.accounts.models import User
from sourcier.dossier import build, own_stamp
from sourcier.dossier.models import Export
from sourcier.dossier.offline import verifier
from sourcier.dossier.seda import package, preflight
from sourcier.kernel.transitions import Refused
from sourcier.needs.models import Need
from sourcier.needs.queries import visible


class Command(BaseCommand):
    help = "Prendre un dossier de preuve, en refaire un déjà pris, ou vérifier un dossier (code de sortie 0 ou 1)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        make = verbs.add_parser("build", help="refaire le même dossier, octet pour octet, ou en prendre un")
        which = make.add_mutually_exclusive_group(required=True)
        which.add_argument("--export", type=UUID, help="identifiant d'un dossier déjà pris, à refaire")
        which.add_argument("--need", default="", metavar="RÉFÉRENCE", help="achat dont on prend le dossier")
        make.add_argument(
            "--by", default="", metavar="ADRESSE", help="avec --need : qui le prend, au journal et selon ses droits"
        )
        make.add_argument("--communicable", action="store_true", help="avec --need : sans ce qu'un tiers ne peut pas lire")
        make.add_argument("--out", type=Path, required=True, help="fichier ZIP à écrire")
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
            self.build(self.again(options) if options["export"] else self.take(options), options["out"], build.write)
        elif verb == "seda":
            self.build(self.found(options["export"]), options["out"], package.write)
        elif verb == "preflight":
            self.preflight(options["file"], as_json=options["json"])
        else:
            self.verify(options["file"], options["fingerprint"], as_json=options["json"])

    def build(self, export: Export, out: Path, write: Callable[[Export, BinaryIO], None]) -> None:
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

    def again(self, options: dict[str, Any]) -> Export:
        """A dossier already taken: as a whole or for a third party, as it was."""
        if options["by"] or options["communicable"]:
            raise CommandError("Un dossier déjà pris se refait tel qu'il est : --by et --communicable vont avec --need.")
        return self.found(options["export"])

    def found(self, export_id: UUID) -> Export:
        try:
            return Export.objects.select_related("organisation", "need").get(pk=export_id)
        except Export.DoesNotExist:
            raise CommandError("Aucun dossier ne porte cet identifiant.") from None

    def take(self, options: dict[str, Any]) -> Export:
        """A new one, in the name of a person who may take it."""
        user = User.objects.filter(email__iexact=options["by"]).first()
        agent = agent_for(user) if user else None
        if agent is None:
            raise CommandError("Dites qui le prend : --by et l'adresse d'une personne de la ville.")
        try:
            need = visible(agent).get(reference=options["need"])
            export = build.take(agent, need.pk, for_third_party=options["communicable"])
        except Need.DoesNotExist:
            raise CommandError("Aucun achat de cette personne ne porte cette référence.") from None
        except Refused as refused:
            raise CommandError(refused.sentence) from None
        own_stamp.wait(export)
        return export

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
