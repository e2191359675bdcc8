"""`sourcier journal verify`, `sourcier journal checkpoint` and `sourcier journal export`."""

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from sourcier.journal import proofs
from sourcier.journal.export_check import verify_export
from sourcier.journal.exported import About, Unreadable, write
from sourcier.journal.keys import KeyMissing, line
from sourcier.journal.models import Log
from sourcier.journal.report import Report
from sourcier.journal.stored import Stored
from sourcier.journal.verify import verify
from sourcier.journal.witnesses import set_aside


class Command(BaseCommand):
    help = "Vérifie les journaux, signe leur point de contrôle, ou les exporte."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="verify | checkpoint | export")
        check = verbs.add_parser(
            "verify", help="recalculer tout le journal, le comparer à la base ; code 1 si une anomalie paraît"
        )
        sign = verbs.add_parser("checkpoint", help="signer la taille et la racine du journal, et les afficher")
        export = verbs.add_parser(
            "export", help="écrire tout un journal, contenus compris, dans un fichier à vérifier ailleurs"
        )
        export.add_argument("file", metavar="FICHIER", type=Path)
        export.add_argument("--force", action="store_true", help="remplacer un fichier de ce nom")
        for each in (check, sign, export):
            each.add_argument("--organisation", default="", metavar="NOM", help="nom court ou identifiant ; toutes par défaut")
        check.add_argument("--json", action="store_true", help="résultat pour un programme")
        check.add_argument("--fingerprint", default="", metavar="EMPREINTE", help="empreinte de la clé, notée hors de la ville")
        check.add_argument(
            "--processes",
            type=int,
            default=len(os.sched_getaffinity(0)),
            metavar="N",
            help="processus ; un par cœur par défaut",
        )
        check.add_argument("--export", type=Path, metavar="FICHIER", help="vérifier cet export, sans la base")
        kept = {"action": "append", "default": [], "metavar": "FICHIER"}
        check.add_argument("--expect", **kept, help="point de contrôle gardé ailleurs")
        check.add_argument(
            "--receipt", action="append", default=[], metavar="FICHIER", help="récépissé (.tlog-proof) d'une entreprise"
        )
        sign.add_argument("--public", action="store_true", help="point de contrôle à publier")
        sign.add_argument("--out", default="", metavar="FICHIER", help="écrire le texte dans un fichier (une organisation)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "verify" and options["export"]:
            self._verify_export(options)
            return
        logs = _logs(options["organisation"])
        if options["verb"] == "verify":
            self._verify(logs, options)
        elif options["verb"] == "export":
            self._export(logs, options["file"], force=options["force"])
        else:
            self._checkpoint(logs, options)

    def _verify(self, logs: list[Log], options: dict[str, Any]) -> None:
        if len(logs) > 1 and (options["fingerprint"] or options["expect"] or options["receipt"]):
            raise CommandError("Plusieurs journaux : dites lequel avec --organisation.")
        witnesses = {name: _read(name) for name in (*options["expect"], *options["receipt"])}
        asked = {"fingerprint": options["fingerprint"], "processes": options["processes"]}
        reports = [verify(log.pk, witnesses={**witnesses, **_set_aside(log)}, **asked) for log in logs]
        self._tell(reports, as_json=options["json"])

    def _verify_export(self, options: dict[str, Any]) -> None:
        witnesses = {name: _read(name) for name in (*options["expect"], *options["receipt"])}
        try:
            report = verify_export(
                options["export"], fingerprint=options["fingerprint"], witnesses=witnesses, processes=options["processes"]
            )
        except Unreadable as error:
            raise CommandError(str(error)) from None
        self._tell([report], as_json=options["json"])

    def _export(self, logs: list[Log], file: Path, *, force: bool) -> None:
        if len(logs) > 1:
            raise CommandError("Plusieurs journaux : dites lequel avec --organisation.")
        if file.exists() and not force:
            raise CommandError(f"Le fichier {file} existe déjà, et il est laissé tel quel. Pour le remplacer, ajoutez --force.")
        (log,) = logs
        try:
            write(About(log.pk, log.origin, line(log), log.size), Stored(log.pk), file)
        except Unreadable as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"Le fichier {file} ne peut pas être écrit : {error.strerror}.") from None
        self.stdout.write(f"{log.size} écritures dans {file}, avec ce qu'elles disent : gardez-le comme la base.")

    def _tell(self, reports: list[Report], *, as_json: bool) -> None:
        ok = all(report.ok for report in reports)
        if as_json:
            found = {"ok": ok, "logs": [report.to_json() for report in reports]}
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
        else:
            for report in reports:
                self.stdout.write(f"Journal {report.origin} ({report.size} écritures)")
                for sentence in report.sentences():
                    self.stdout.write(f"  {sentence}")
        if not ok:
            sys.exit(1)

    def _checkpoint(self, logs: list[Log], options: dict[str, Any]) -> None:
        if options["out"] and len(logs) > 1:
            raise CommandError("Plusieurs journaux : dites lequel avec --organisation.")
        for log in logs:
            try:
                text = proofs.checkpoint(log.pk, public=options["public"]).text
            except (KeyMissing, proofs.Inconsistent, proofs.NodeMissing) as error:
                raise CommandError(f"{log.origin} : {error}") from None
            if options["out"]:
                Path(options["out"]).write_text(text, encoding="utf-8")
            else:
                self.stdout.write(text)


def _logs(name: str) -> list[Log]:
    """The log of that short name or id; all of them by default."""
    logs = Log.objects.order_by("origin")
    if name:
        try:
            logs = logs.filter(pk=UUID(name))
        except ValueError:
            logs = logs.filter(origin__endswith=f"/{name}")
    found = list(logs)
    if not found:
        raise CommandError(f"Aucun journal pour « {name} »." if name else "Aucun journal : aucune organisation n'est créée.")
    return found


def _set_aside(log: Log) -> dict[str, str]:
    try:
        return set_aside(log.origin)
    except (OSError, UnicodeDecodeError):
        raise CommandError("Un point de contrôle gardé par une restauration ne peut pas être lu.") from None


def _read(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise CommandError(f"Le fichier {name} ne peut pas être lu.") from None
