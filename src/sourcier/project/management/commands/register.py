"""`sourcier register import|search|status|diff`: the register of establishments on the command line."""

import json
import re
import sys
import time
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from django.core.management.base import BaseCommand
from django.utils import timezone
from rich.console import Console

from sourcier.kernel.activities import NAF_2025, Activity, InvalidActivity, parse_activity
from sourcier.kernel.french import format_date
from sourcier.kernel.geodesy import format_distance
from sourcier.kernel.transitions import Refused, refuse
from sourcier.matching.labels import labels, nearest
from sourcier.needs.models import Need
from sourcier.project.bars import bars
from sourcier.register import scorers
from sourcier.register import search as register
from sourcier.register.changes import CLOSED, MOVED, OPENED, Change, compared
from sourcier.register.establishment import Establishment, Facets, Filters
from sourcier.register.geocoding import locate
from sourcier.register.importing import download, read
from sourcier.register.importing.run import Report, import_stock
from sourcier.register.importing.stages import Estimate
from sourcier.register.places import Place, suggested
from sourcier.register.store import folder
from sourcier.sourcing import own_words

MAX_RADIUS_KM = 20_000


class Command(BaseCommand):
    help = "Le répertoire des entreprises (SIRENE) : importer un stock de l'INSEE, chercher, dire ce qu'il contient."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        self._import_arguments(verbs.add_parser("import", help="fabriquer un répertoire à partir du stock de l'INSEE"))
        self._search_arguments(verbs.add_parser("search", help="chercher des établissements autour d'un lieu"))
        diff = verbs.add_parser("diff", help="ce qui a ouvert, fermé ou déménagé entre deux répertoires")
        diff.add_argument("old", type=Path, metavar="ANCIEN", help="fichier du répertoire d'avant")
        diff.add_argument("new", type=Path, metavar="NOUVEAU", help="fichier du répertoire d'après")
        diff.add_argument("--json", action="store_true", help="une ligne JSON de comptes, puis une par changement")
        verbs.add_parser("status", help="ce que contient le répertoire en service").add_argument("--json", action="store_true")

    def _import_arguments(self, parser: ArgumentParser) -> None:
        file = {"type": Path, "metavar": "FICHIER"}
        stock = {"required": True, "metavar": "FICHIER"}
        kinds = "(CSV, ZIP, Parquet), ou son adresse https://…"
        sums = "SHA-256 attendus des deux fichiers, dans cet ordre"
        parser.add_argument("--establishments", help=f"StockEtablissement {kinds}", **stock)
        parser.add_argument("--legal-units", help=f"StockUniteLegale {kinds}", **stock)
        parser.add_argument("--sha256", nargs=2, default=["", ""], metavar=("ÉTABLISSEMENTS", "UNITÉS"), help=sums)
        parser.add_argument("--force", action="store_true", help="accepter un stock bien plus petit que celui en place")
        parser.add_argument("--departments", default="", metavar="93,94", help="ne garder que ces départements")
        parser.add_argument("--communes", help="codes postaux de La Poste, pour un stock sans coordonnées", **file)
        parser.add_argument("--out", help="écrire ici, sans mettre en service (voir SOURCIER_REGISTER)", **file)
        parser.add_argument("--fictitious", action="store_true", help="entreprises inventées : les pages le diront")
        parser.add_argument("--json", action="store_true", help="compte rendu pour un programme")

    def _search_arguments(self, parser: ArgumentParser) -> None:
        # South of the equator, « -21.1,55.5 » is a place and not an option: argparse knows whole negative numbers alone.
        parser._negative_number_matcher = re.compile(r"-\.?\d")
        codes = "codes NAF, par exemple 10.71C 47.24Z"
        place = "latitude,longitude, commune (nom, code postal, code INSEE), rue ou adresse avec sa commune"
        lines = "lignes JSON {id, activities, lat, lon, radius_km, limit} ; une ligne JSON pour chacune"
        parser.add_argument("--activity", nargs="+", action="extend", default=[], metavar="CODE", help=codes)
        parser.add_argument("--near", metavar="LIEU", help=place)
        parser.add_argument("--radius", type=float, default=10, metavar="KM", help="rayon en kilomètres (10)")
        parser.add_argument("--limit", type=int, default=50, help="nombre de réponses (50)")
        parser.add_argument("--offset", type=int, default=0, help="nombre de réponses à passer (0)")
        parser.add_argument("--by", choices=("distance", "score"), default="distance", help="l'ordre (distance)")
        listed = {"nargs": "+", "default": [], "metavar": "CODE"}
        parser.add_argument("--size-class", help="tranches d'effectifs de l'INSEE : 01 02", **listed)
        parser.add_argument("--category", choices=("PME", "ETI", "GE"), nargs="+", default=[], help="catégories d'entreprise")
        parser.add_argument("--legal-form", help="catégories juridiques, ou leurs premiers chiffres : 92 5499", **listed)
        parser.add_argument("--department", help="départements : 93 2A 974", **listed)
        parser.add_argument("--commune", help="codes INSEE ; Paris, Lyon et Marseille valent leurs arrondissements", **listed)
        for name, help_ in (("employer", "employeur"), ("social-economy", "économie sociale"), ("sole-trader", "individuel")):
            parser.add_argument(f"--{name}", action=BooleanOptionalAction, help=help_)
        parser.add_argument("--created-since", type=date.fromisoformat, metavar="AAAA-MM-JJ", help="créés ce jour ou après")
        needs = "son numéro : comparer ce que les entreprises disent d'elles avec ce besoin"
        parser.add_argument("--need", type=UUID, metavar="BESOIN", help=needs)
        parser.add_argument("--explain", action="store_true", help="dire ce que chaque critère donne, sous chaque entreprise")
        parser.add_argument("--batch", type=Path, metavar="FICHIER", help=lines)
        parser.add_argument("--json", action="store_true", help="pour un programme")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = Namespace(**options)
        verbs = {
            "import": self._import,
            "diff": self._diff,
            "search": self._batch if chosen.__dict__.get("batch") else self._search,
        }
        try:
            verbs.get(chosen.verb, self._status)(chosen)
        except Refused as refused:
            self.stderr.write(refused.sentence)
            sys.exit(1)

    def _import(self, chosen: Namespace) -> None:
        departments = [code.strip().upper() for code in chosen.departments.split(",") if code.strip()]
        words, labels = (chosen.establishments, chosen.legal_units), ("établissements", "unités légales")
        files = [self._file(*given) for given in zip(words, labels, chosen.sha256, strict=True)]
        with bars("Import", Console(stderr=True)) as told:
            try:
                report = import_stock(
                    *files, out=chosen.out, departments=departments, communes=chosen.communes, fictitious=chosen.fictitious,
                    force=chosen.force, progress=told,
                )  # fmt: skip
            except Refused as refused:
                if refused.refusal.code == read.DAMAGED:
                    _forget(words, files)
                raise
        _forget(words, files)
        if chosen.json:
            self.stdout.write(json.dumps({**asdict(report), "file": str(report.file)}, ensure_ascii=False))
        else:
            self.stdout.write(_report(report, in_use=chosen.out is None))

    def _file(self, word: str, label: str, sha256: str) -> Path:
        """The file that a word of the command names, downloaded when it is an address; its sum is checked when one is given."""
        if not download.is_address(word):
            return download.checked(Path(word), label, sha256).file if sha256 else Path(word)
        title, begun = f"Téléchargement ({label})", time.monotonic()
        estimate = Estimate({title: 1})
        with bars(title, Console(stderr=True)) as told:
            found = download.fetch(
                word, folder() / "downloads", label, sha256=sha256,
                advance=lambda share: told(estimate.tell(title, share, time.monotonic() - begun)),
            )  # fmt: skip
        self.stderr.write(f"{word} : {found.size} octets, SHA-256 {found.sha256}")
        return found.file

    def _diff(self, chosen: Namespace) -> None:
        with compared(chosen.old, chosen.new) as comparison:
            counts = comparison.counts()
            if chosen.json:
                self.stdout.write(json.dumps(counts))
            else:
                told = (
                    "{opened} ouverts, {closed} fermés, {moved} déménagés (y compris ceux qui ne souhaitent pas être nommés)."
                )
                self.stdout.write(told.format(**counts))
            for change in comparison.lines():
                line = json.dumps(asdict(change), ensure_ascii=False) if chosen.json else _changed(change)
                self.stdout.write(line)

    def _search(self, chosen: Namespace) -> None:
        if not chosen.activity or not chosen.near:
            raise refuse("usage", "Donnez au moins un code avec --activity et un lieu avec --near (ou --batch et un fichier).")
        activities = [activity_of(code) for code in chosen.activity]
        centre = centre_of(chosen.near, self.stderr.write)
        radius, said = metres(chosen.radius), said_for(chosen.need) if chosen.need else {}
        searched = scorers.Context(activities, radius, timezone.localdate(), "du lieu cherché", said, register.correspondence())
        points = {siret: each.points for siret, each in said.items()}
        found = register.search(
            activities, [centre], searched.radius_m, limit=limit_of(chosen.limit), offset=limit_of(chosen.offset),
            filters=filters_of(chosen), scored_on=searched.on if chosen.by == "score" else None, said=points,
        )  # fmt: skip
        if chosen.json:
            counted = {"total": found.total, "undisclosed": found.undisclosed, "facets": facets_as_json(found.facets)}
            results = [as_json(row) | (explained(row, searched) if chosen.explain else {}) for row in found.rows]
            answer = {**counted, "build": found.build, "results": results}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        for row in found.rows:
            near = "≈ " if row.approximate else ""
            self.stdout.write(
                f"{row.siret}  {near}{format_distance(row.distance_m or 0)}  {row.name}, {row.postal_code} {row.commune}"
            )
            if chosen.explain:
                for why in scorers.explain(row, searched):
                    self.stdout.write(f"    {why.points:>3}  {why.name} : {why.sentence}")
                self.stdout.write(f"    {scorers.score(row, searched):>3}  en tout")
        self.stdout.write(f"{found.total} établissements, dont {found.undisclosed} qui ne souhaitent pas être nommés.")

    def _batch(self, chosen: Namespace) -> None:
        try:
            lines = chosen.batch.open(encoding="utf-8-sig")
        except OSError as error:
            raise refuse("usage", f"{chosen.batch} ne se lit pas : {error.strerror}.") from None
        with lines:
            register.status()  # Opened before the first question: `ms` is the query alone.
            for number, asked in _asked(lines):
                self.stdout.write(json.dumps(answer(asked, number), ensure_ascii=False))

    def _status(self, chosen: Namespace) -> None:
        found = register.status()
        if chosen.json:
            dates = {"built_at": found.built_at.isoformat(), "stock_date": found.stock_date and found.stock_date.isoformat()}
            self.stdout.write(json.dumps({**asdict(found), "file": str(found.file), **dates}, ensure_ascii=False))
            return
        kind = "Entreprises inventées pour la démonstration." if found.fictitious else "Stock de l'INSEE."
        day = f" arrêté au {format_date(found.stock_date)}" if found.stock_date else ""
        self.stdout.write(
            f"{kind} Répertoire {found.file}{day}, {found.size / 1e6:.1f} Mo.\n"
            f"{found.active} établissements actifs (dont {found.undisclosed} qui ne souhaitent pas être nommés), "
            f"{found.closed} fermés.\n"
            f"{found.located} situés à leur adresse ({_share(found.located, found.active)} des actifs), "
            f"{found.approximate} à leur commune, {found.unplaced} non situés. {found.communes} communes."
        )


def _forget(words: Sequence[str], files: Sequence[Path]) -> None:
    """Remove the files that were downloaded."""
    for word, file in zip(words, files, strict=True):
        if download.is_address(word):
            download.forget(file)


def _share(part: int, whole: int) -> str:
    """« 93,4 % »."""
    return f"{100 * part / max(1, whole):.1f} %".replace(".", ",")


def _changed(change: Change) -> str:
    """One line of the differences, in French."""
    which = {OPENED: "ouvert", CLOSED: "fermé", MOVED: "déménagé"}[change.kind]
    moved = f" (avant : {change.before}, {change.commune_before})" if change.before else ""
    return f"{which:<9} {change.siret}  {change.activity:<6}  {change.name}, {change.commune}{moved}"


def _report(report: Report, *, in_use: bool) -> str:
    """The row counts, in French."""
    counts = report.counts
    end = "Il est en service." if in_use else f"Pour l'utiliser : SOURCIER_REGISTER={report.file}"
    return (
        f"Lu : {report.establishments} établissements, {report.legal_units} unités légales "
        f"({report.orphans} établissements sans unité légale).\n"
        f"Écrit : {counts['active']} actifs, {counts['closed']} fermés ; "
        f"{counts['undisclosed']} ne souhaitent pas être nommés.\n"
        f"Situés : {counts['located']} à leur adresse, {counts['approximate']} à leur commune, "
        f"{counts['unplaced']} non situés ; {counts['communes']} communes.\n"
        f"{_left_out(report)}{_without_point(report)}"
        f"Répertoire : {report.file}. {end}"
    )


def _without_point(report: Report) -> str:
    """What to do for a stock that gives no point, as before 2024: no search around a place can find its firms."""
    counts = report.counts
    if counts["unplaced"] * 2 <= counts["active"]:
        return ""
    return (
        "Ce stock ne donne presque aucune coordonnée : aucune recherche autour d'un lieu n'y trouvera d'entreprise.\n"
        "Relancez avec --communes et la « Base officielle des codes postaux » de La Poste : leur commune les placera.\n"
    )


def _left_out(report: Report) -> str:
    """What the stock says and the register does not, by column; nothing when everything was read."""
    lines = []
    if report.unread:
        listed = ", ".join(f"{column} ({count})" for column, count in report.unread.items())
        lines.append(f"Valeurs illisibles, laissées de côté : {listed}.\n")
    if report.outside:
        lines.append(f"Points hors de leur territoire, remplacés par le milieu de la commune : {report.outside}.\n")
    return "".join(lines)


def activity_of(text: str) -> Activity:
    """A code of NAF rév. 2, else of NAF 2025 as the register uses it. Raises `Refused` for a code of neither."""
    try:
        activity = parse_activity(text)
    except InvalidActivity as error:
        raise refuse("unknown_activity", f"« {text} » : {error}") from None
    if activity in labels():
        return activity
    recent = Activity(NAF_2025, activity.code)
    if register.known_activity(recent):
        return recent
    near = ", ".join(nearest(activity.code))
    raise refuse("unknown_activity", f"Le code d'activité {activity.code} n'existe pas dans la NAF. Les plus proches : {near}.")


def centre_of(text: str, tell: Callable[[str], object]) -> tuple[int, int]:
    """« 48.871,2.486 », a commune, a street or an address, as micro-degrees; `tell` is told which. Raises `Refused`."""
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        return _located(text, tell)
    return point(latitude, longitude)


def _located(text: str, tell: Callable[[str], object]) -> tuple[int, int]:
    located = locate(text)
    if located.note:
        tell(located.note)
    found = located.place
    if found is None:
        raise refuse(
            "unknown_place",
            f"Aucune commune « {text} » dans ce répertoire. Essayez son code postal.{_perhaps(suggested(text))}",
        )
    if found.unread:
        perhaps = _perhaps(found.alternatives or suggested(text))
        raise refuse("unknown_place", f"{found.label} : « {found.unread} » n'est pas dans ce répertoire.{perhaps}")
    tell(f"Autour de : {found.label} ({found.precision}).{_perhaps(found.alternatives)}")
    return found.lat_e6, found.lon_e6


def _perhaps(places: Sequence[Place]) -> str:
    return f" Ou bien : {' ; '.join(each.label for each in places)}." if places else ""


def point(latitude: float, longitude: float) -> tuple[int, int]:
    """Degrees to micro-degrees. Raises `Refused` outside the globe."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise refuse("unknown_place", "La latitude va de -90 à 90, la longitude de -180 à 180, dans cet ordre.")
    return round(latitude * 1_000_000), round(longitude * 1_000_000)


def metres(kilometres: float) -> int:
    """A radius. Raises `Refused`."""
    if not 0 <= kilometres <= MAX_RADIUS_KM:
        raise refuse("radius", "Le rayon est un nombre de kilomètres, zéro ou plus.")
    return round(kilometres * 1000)


def filters_of(chosen: Namespace) -> Filters:
    """What the options narrow to."""
    return Filters(
        size_classes=chosen.size_class,
        categories=chosen.category,
        legal_forms=chosen.legal_form,
        departments=chosen.department,
        communes=chosen.commune,
        employer=chosen.employer,
        social_economy=chosen.social_economy,
        sole_trader=chosen.sole_trader,
        created_since=chosen.created_since,
    )


def said_for(need_id: UUID) -> dict[str, scorers.Said]:
    """What firms say of themselves, to the city of this need, that answers it. Raises `Refused`."""
    need = Need.objects.filter(pk=need_id).first()
    if need is None:
        raise refuse("unknown_need", f"Aucun besoin n'a le numéro {need_id} : il est dans l'adresse de ses pages.")
    return own_words.of(need)


def limit_of(limit: int) -> int:
    """A number of answers. Raises `Refused`."""
    if limit < 0:
        raise refuse("limit", "Le nombre de réponses est zéro ou plus.")
    return limit


def facets_as_json(facets: Facets) -> dict[str, Any]:
    """The counts, for programs; activities as « NAFRev2 10.71C »."""
    activities = {f"{activity.nomenclature} {activity.code}": count for activity, count in facets.activities.items()}
    others = {one.name: getattr(facets, one.name) for one in fields(facets) if one.name != "activities"}
    return {"activities": activities, **others}


def as_json(row: Establishment) -> dict[str, Any]:
    """One result, for programs."""
    return {
        "siret": row.siret,
        "name": row.name,
        "activity": row.activity,
        "nomenclature": row.nomenclature,
        "activity_2025": row.activity_2025,
        "distance_km": (row.distance_m or 0) / 1000,
        "approximate": row.approximate,
        "address": row.address,
        "postal_code": row.postal_code,
        "commune": row.commune,
        "commune_code": row.commune_code,
        "lat": (row.lat_e6 or 0) / 1_000_000,
        "lon": (row.lon_e6 or 0) / 1_000_000,
        "size_class": row.size_class,
        "category": row.category,
        "created_on": row.created_on and row.created_on.isoformat(),
        "social_economy": row.social_economy,
        "employer": row.employer,
    }


def explained(row: Establishment, searched: scorers.Context) -> dict[str, Any]:
    """What each scorer gave, and the whole, for programs."""
    return {"score": scorers.score(row, searched), "why": [asdict(why) for why in scorers.explain(row, searched)]}


def _asked(lines: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    """The questions of a batch with their line numbers. Raises `Refused` naming the line."""
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, dict(json.loads(line))
    except (ValueError, TypeError, RecursionError):
        raise refuse("batch", f"La ligne {number or 1} n'est pas un objet JSON en UTF-8.") from None


def answer(asked: dict[str, Any], number: int) -> dict[str, Any]:
    """`{"id", "total", "sirets", "ms"}`; `ms` is the query alone. Raises `Refused` naming the line."""
    try:
        activities = [activity_of(code) for code in asked["activities"]]
        centre = point(float(asked["lat"]), float(asked["lon"]))
        radius, limit = metres(float(asked["radius_km"])), limit_of(int(asked.get("limit", 50)))
        identifier = asked["id"]
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        fields = "id, activities, lat, lon, radius_km, limit"
        raise refuse("batch", f"Ligne {number} : il faut un objet avec {fields}.") from None
    except Refused as refused:
        raise refuse("batch", f"Ligne {number} : {refused.sentence}") from None
    start = time.perf_counter()
    found = register.search(activities, [centre], radius, limit=limit)
    elapsed = (time.perf_counter() - start) * 1000
    return {"id": identifier, "total": found.total, "sirets": [row.siret for row in found.rows], "ms": round(elapsed, 3)}
