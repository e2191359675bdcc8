"""`sourcier nomenclature [import FILE]`: NAF 2025, its labels and what corresponds to NAF rév. 2, on the command line."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from sourcier.kernel.activities import NAF_2025, NAF_REV2
from sourcier.kernel.correspondence import Correspondence, Counted, Official
from sourcier.kernel.french import format_date, format_number
from sourcier.kernel.transitions import Refused
from sourcier.needs import nomenclatures
from sourcier.needs.nomenclatures import Imported
from sourcier.register import correspondence
from sourcier.register import search as register

SHOWN = 20


class Command(BaseCommand):
    help = "La NAF 2025 : ses libellés, et ce qui y correspond à la NAF rév. 2."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb")
        reads = "la table de correspondance ou les libellés de l'INSEE (XLS, XLSX, ODS, CSV, JSON) ; remplace les précédents"
        importing = verbs.add_parser("import", help=reads)
        importing.add_argument("file", type=Path, metavar="FICHIER")
        for each in (parser, importing):
            each.add_argument("--json", action="store_true", help="pour un programme")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["verb"] == "import":
                given = nomenclatures.load(options["file"])
                self.stdout.write(json.dumps(_imported(given), ensure_ascii=False) if options["json"] else imported(given))
                return
            followed = correspondence.official() or register.correspondence()
        except Refused as refused:
            self.stderr.write(refused.sentence)
            sys.exit(1)
        self.stdout.write(json.dumps(_state(followed), ensure_ascii=False) if options["json"] else state(followed))


def imported(given: Imported) -> str:
    """What a file gave, and each row that was not read."""
    lines = [f"{given.origin.file}, SHA-256 {given.origin.sha256} :"]
    if given.pairs:
        told = f"{format_number(given.former)} codes de la NAF rév. 2 et {format_number(given.recent)} de la NAF 2025"
        lines.append(f"  {format_number(given.pairs)} correspondances entre {told}, en service dès maintenant.")
    if given.labels:
        lines.append(f"  {format_number(given.labels)} libellés de la NAF 2025, en service dès maintenant.")
    if given.left:
        lines.append(f"Lignes laissées : {format_number(len(given.left))}")
        lines += [f"  ligne {each.line} : {each.why}" for each in given.left[:SHOWN]]
        lines += ["  …"] * (len(given.left) > SHOWN)
    return "\n".join(lines)


def _imported(given: Imported) -> dict[str, Any]:
    left = [{"line": each.line, "why": each.why} for each in given.left]
    counts = {name: getattr(given, name) for name in ("pairs", "former", "recent", "labels")}
    return {"file": given.origin.file, "sha256": given.origin.sha256, **counts, "left": left}


def state(followed: Correspondence) -> str:
    """Which correspondence is in use, from where, and whether NAF 2025 has labels."""
    labels = len(nomenclatures.labels())
    said = f"{format_number(labels)} libellés de la NAF 2025."
    if not labels:
        said = "Pas de libellés de la NAF 2025 : ses codes sont montrés seuls."
    return f"{told(followed)}\n{said}"


def told(followed: Correspondence) -> str:
    """« 712 codes… : table de l'INSEE (f.xlsx, lue le 3 octobre 2026) »."""
    counts = f"{format_number(len(_codes(followed, NAF_REV2)))} codes de la NAF rév. 2 correspondent à "
    counts += f"{format_number(len(_codes(followed, NAF_2025)))} codes de la NAF 2025"
    match followed.origin:
        case Official(file, sha256, on):
            return f"{counts} : table de l'INSEE ({file}, lue le {format_date(on)}, SHA-256 {sha256})."
        case Counted(_, establishments):
            proof = f"d'après {format_number(establishments)} établissements du répertoire qui portent les deux codes"
            return f"{counts} : {proof}. La table de l'INSEE n'a pas été lue : sourcier nomenclature import FICHIER"
    raise AssertionError


def _codes(followed: Correspondence, nomenclature: str) -> list[str]:
    return [each.code for each in followed.others if each.nomenclature == nomenclature]


def _state(followed: Correspondence) -> dict[str, Any]:
    match followed.origin:
        case Official(file, sha256, on):
            origin = {"official": file, "sha256": sha256, "on": on.isoformat()}
        case Counted(build, establishments):
            origin = {"register": build, "establishments": establishments}
    counts = {"naf_rev2": len(_codes(followed, NAF_REV2)), "naf_2025": len(_codes(followed, NAF_2025))}
    return {**origin, **counts, "labels": len(nomenclatures.labels())}
