"""Write the transfer of an export: the very files of its ZIP under `Content/`, and their manifest."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha512
from pathlib import PurePosixPath
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from sourcier.accounts.models import Organisation
from sourcier.dossier import build, history
from sourcier.dossier.bag import REGULAR_FILE
from sourcier.dossier.contents import Member
from sourcier.dossier.history import History
from sourcier.dossier.models import Export
from sourcier.dossier.seda.manifest import Agencies, Carried, Transfer, Unit, manifest
from sourcier.dossier.seda.preflight import check
from sourcier.journal.citations import cited
from sourcier.kernel.french import PARIS
from sourcier.kernel.transitions import refuse
from sourcier.law.retention import CONTRACT, PROCEDURE, Term, proof_of, term

MISSING = "Le service d'archives n'est pas renseigné : complétez « Réglages, Archives » avant de préparer un versement."
WHOLE_ONLY = "Les archives reçoivent le dossier entier : cette version est celle d'un tiers."
REPORT, DOCUMENTS, LOSERS = "Rapport", "Pièces", "Pièces des offres non retenues"
CONTENTS, PROOFS = "Contenus du journal", "Journal, preuves et vérificateurs"
# What is left when an operation was erased: no name is in it, nor a plain digest in a list of the bag.
LEFT = ("data/journal/", "data/proofs/", "LISEZ-MOI.txt", "VERIFIER.html", "verifier.py")


def archives_set(city: Organisation) -> bool:
    """Whether the city has said who receives, and under which agreement."""
    return bool(city.archives_identifier and city.archives_agreement)


def agencies(export: Export) -> Agencies:
    """Who gives, who receives, under which agreement. Raises `Refused` while the city has not said it."""
    city = export.organisation
    if not archives_set(city):
        raise refuse("archives_unknown", MISSING)
    return Agencies(city.archives_identifier, city.archives_producer or city.siret, city.archives_agreement)


def write(export: Export, out: BinaryIO) -> None:
    """Write the transfer's ZIP, then check it as the archives would. Raises `Refused` when something would be turned away."""
    if export.communicable:
        raise refuse("communicable", WHOLE_ONLY)
    known = agencies(export)
    told = history.read(export.organisation_id, export.need_id, export.size)
    members = build.files(export, told)
    carried = [_carried(number, member) for number, member in enumerate(members, start=1)]
    whole = _transfer(export, told, known)
    made = manifest(whole, _units(told, members, carried, whole))
    with ZipFile(out, "w", ZIP_STORED) as archive:
        _put(archive, "manifest.xml", export.made_at, [made])
        for file, member in zip(carried, members, strict=True):
            _put(archive, file.uri, export.made_at, member.slices(), large=member.size >= 1 << 31)
    out.seek(0)
    if problems := check(out):
        raise refuse("preflight", f"Ce versement serait refusé : {problems[0].sentence} Prévenez l'administrateur.")
    out.seek(0)


def _put(archive: ZipFile, name: str, at: datetime, blocks: object, *, large: bool = False) -> None:
    info = ZipInfo(name, at.timetuple()[:6])
    info.external_attr = REGULAR_FILE
    info.create_system = 3
    with archive.open(info, "w", force_zip64=large) as target:
        for block in blocks:  # type: ignore[attr-defined]
            target.write(block)


def _carried(number: int, member: Member) -> Carried:
    """A file under its number: `Filename` gives back its place in the dossier."""
    digest = sha512()
    for block in member.slices():
        digest.update(block)
    suffix = PurePosixPath(member.path).suffix
    identifier = f"F-{number}"
    return Carried(identifier, f"Content/{identifier}{suffix}", member.path, member.path, digest.hexdigest(), member.size)


def _units(told: History, members: Sequence[Member], carried: Sequence[Carried], whole: Transfer) -> list[Unit]:
    """The report, the documents, those of the losing answers with a term of their own, the contents, then what is kept."""
    names = {piece.sha256: piece.name for piece in history.pieces(told)}
    losing = _losing_documents(told)
    groups: dict[str, list[Carried]] = defaultdict(list)
    for member, file in zip(members, carried, strict=True):
        if member.path == "data/rapport.pdf":
            groups[REPORT].append(_titled(file, "Rapport"))
        elif member.path.startswith("data/documents/") and member.sha256 in names:
            group = LOSERS if member.sha256 in losing else DOCUMENTS
            groups[group].append(_titled(file, names[member.sha256]))
        else:
            groups[PROOFS if member.path.startswith(LEFT) else CONTENTS].append(file)
    losers = (term_of(told, PROCEDURE), started_on(told, PROCEDURE)) if groups[LOSERS] else ()
    return [
        Unit(REPORT, groups[REPORT]),
        Unit(DOCUMENTS, groups[DOCUMENTS]),
        Unit(LOSERS, groups[LOSERS], *losers),
        Unit(CONTENTS, groups[CONTENTS]),
        Unit(PROOFS, groups[PROOFS], proof_of(whole.term), whole.start),
    ]


def _titled(file: Carried, title: str) -> Carried:
    return Carried(file.id, file.uri, file.name, title, file.digest, file.size)


def _losing_documents(told: History) -> set[str]:
    """The documents that only answers not chosen joined; none while nothing is chosen."""
    chosen = {row["submission_id"] for row in told.of("award") if row["submission_id"]}
    joined: dict[bool, set[str]] = {True: set(), False: set()}
    for step, said in told.payloads("answer.received", "answer.unsealed", "answer.paper_typed"):
        won = any(row["id"] in chosen for row in said.get("rows", ()) if row["kind"] == "submission")
        joined[won].update(cited(step.body or b""))
    return joined[False] - joined[True] if chosen else set()


def term_of(told: History, kind: str, nature: str = "") -> Term:
    """The rule of the day the clock began; that of today while none did."""
    rule = term(kind, nature)
    clocks = [row for row in told.of("clock") if row["kind_"] == kind]
    if not clocks:
        return rule
    return replace(rule, years=clocks[-1]["years"], event=clocks[-1]["event"], article=clocks[-1]["article"])


def started_on(told: History, kind: str) -> date | None:
    """The day a clock of the operation says its term began; None while nobody knows it."""
    days = [row["started_on"] for row in told.of("clock") if row["kind_"] == kind and row["started_on"]]
    return date.fromisoformat(days[-1]) if days else None


def _transfer(export: Export, told: History, known: Agencies) -> Transfer:
    need = next(iter(told.of("need")), {})
    title = need.get("title") or need.get("sentence") or "Achat"
    reference = need.get("reference", "")
    chosen = bool(told.of("award"))
    rule = term_of(told, CONTRACT, need.get("kind_", "")) if chosen else term_of(told, PROCEDURE)
    return Transfer(
        identifier=export.pk.hex,
        made_at=export.made_at,
        title=f"{reference} {title}".strip(),
        description=f"Dossier de preuve de l'achat {reference} de {export.organisation.name}, tel que son journal le dit.",
        reference=reference or export.need_id.hex,
        first=told.steps[0].at.astimezone(PARIS).date(),
        last=told.steps[-1].at.astimezone(PARIS).date(),
        term=rule,
        start=started_on(told, rule.kind),
        agencies=known,
    )
