"""What goes to the buyer profile when the law asks for a procedure there: the need, what sourcing taught, the firms to notify.

The tool stops where the formal procedure begins (CCP art. R.2132-2 and R.2132-3); what was learnt here goes with it (R.2111-1).
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import get_valid_filename

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.dossier import build, history
from sourcier.dossier.history import History
from sourcier.dossier.report import asking, choosing
from sourcier.dossier.report.blocks import Block
from sourcier.dossier.verbs import PROFILE
from sourcier.interop.export import export
from sourcier.interop.tables import Column, Table
from sourcier.interop.tables import Kind as Cell
from sourcier.journal.actions import append
from sourcier.journal.proofs import checkpoint
from sourcier.kernel.french import format_moment
from sourcier.kernel.transitions import refuse
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.sourcing.models import Candidate, Correction, Invitation, RequestDocument
from sourcier.suppliers.models import Firm
from sourcier.suppliers.queries import written_to
from sourcier.vault import queries as vault
from sourcier.vault.models import File

Parts = tuple[tuple[str, Callable[[History], list[Block]]], ...]
MAKERS = (Role.BUYER, Role.HEAD_BUYER)
NEED: Parts = (("Le besoin", asking.need), ("La règle du jour", asking.rule))
SOURCING: Parts = (
    ("Le besoin", asking.need),
    ("Comment les entreprises ont été cherchées", asking.panel),
    ("Ce qui a été demandé, le même pour toutes", asking.request),
    ("Qui a été interrogé, par quelle voie, quand", asking.asked),
    ("Ce qui s'est dit ailleurs, et a été versé", asking.exchanged),
    ("Ce qui est revenu", choosing.answers),
    ("Ce que la ville en a retenu", choosing.choice),
)
LAW = (
    "Se renseigner auprès des entreprises avant l'achat est permis, sans fausser la concurrence (CCP art. R.2111-1).",
    "Ce que le sourçage a appris à une entreprise doit être dit à toutes dans la consultation (CCP art. R.2111-2).",
)
FIRMS = (
    Column("Entreprise"), Column("SIRET"), Column("Adresse"), Column("Code postal"), Column("Commune"), Column("Courriel"),
    Column("Interrogée le", Cell.MOMENT), Column("Voie"),
)  # fmt: skip


def package(agent: Agent, need_id: UUID) -> tuple[Need, bytes]:
    """The ZIP of a need for the buyer profile; its entry engages each file. Raises `Refused`, `Need.DoesNotExist`."""
    need = needs.get(agent, need_id)
    if needs.roles_for(agent, need.department_id).isdisjoint(MAKERS):
        raise refuse("not_allowed", "Ce paquet se prend par un acheteur.")
    if sentence := build.may_take(agent, need):
        raise refuse("sealed", sentence)
    now = timezone.now()
    told = history.read(need.organisation_id, need.pk, checkpoint(need.organisation_id).size)
    files = dict(_files(agent, need, told, now))
    engaged = {name: sha256(data).hexdigest() for name, data in files.items()}
    told_files = [{"path": name, "digest": digest} for name, digest in engaged.items()]
    with transaction.atomic():
        append(need.organisation_id, need.pk, PROFILE, {"name": agent.user.name, "files": told_files}, actor=agent.id)
    files["LISEZ-MOI.txt"] = _notice(need, engaged, now)
    return need, _zip(files)


def _files(agent: Agent, need: Need, told: History, now: datetime) -> Iterator[tuple[str, bytes]]:
    """Name in the ZIP and content: texts for Word, the firms as a sheet twice, then the documents of the operation."""
    from sourcier.interop.word import word  # a library that no other page needs

    city = need.organisation.name
    lines = (f"{city}, achat {need.reference}", f"Fait le {format_moment(now)} par {agent.user.name}.")
    yield "besoin.docx", word(f"Besoin : {need.title or need.sentence}", city, lines, _sections(NEED, told), now)
    yield (
        "rapport-de-sourcage.docx",
        word("Rapport de sourçage", city, (*lines, *LAW), _sections(SOURCING, told), now),
    )
    firms = Table("Entreprises à prévenir", FIRMS, _firms(need), (f"{city}, achat {need.reference}, {format_moment(now)}.",))
    for form in ("xlsx", "csv"):
        yield f"entreprises-a-prevenir.{form}", export(firms, form, city, now)[0]
    for number, file in enumerate(_documents(need), start=1):
        with vault.open_file(file) as stored:
            yield f"documents/{number:02d}-{get_valid_filename(file.name)}", stored.read()


def _sections(parts: Parts, told: History) -> list[dict[str, object]]:
    made = [(title, make(told)) for title, make in parts]
    return [{"title": title, "blocks": blocks} for title, blocks in made if blocks]


def _documents(need: Need) -> Iterator[File]:
    """What the city wrote for the firms, never what a firm sent: that stays in the dossier of proof."""
    sent = RequestDocument.objects.filter(sourcing__need=need, sourcing__sent_at__isnull=False)
    corrected = Correction.objects.filter(sourcing__need=need, file__isnull=False)
    for row in (*sent.select_related("file").order_by("pk"), *corrected.select_related("file").order_by("made_at", "pk")):
        if row.file:
            yield row.file


def _firms(need: Need) -> list[tuple[object, ...]]:
    """Each firm once: those asked or come by the notice, with when and how; then those kept and not asked."""
    shown = Q(sourcing__opened_at__isnull=False) | ~Q(channel=Invitation.Channel.NOTICE)
    asked = Invitation.objects.filter(shown, sourcing__need=need).select_related("firm").order_by("-created_at", "pk")
    kept = Candidate.objects.filter(sourcing__need=need, state=Candidate.State.KEPT).exclude(origin="notice")
    rows: dict[UUID, tuple[object, ...]] = {}
    for each in asked:
        rows.setdefault(
            each.firm_id, (*_firm(each.firm), each.address, each.created_at, Invitation.Channel(each.channel).label)
        )
    left = [each.firm for each in kept.select_related("firm").order_by("distance_m", "pk") if each.firm_id not in rows]
    emails = written_to(left)
    for firm in left:
        rows.setdefault(firm.pk, (*_firm(firm), emails.get(firm.pk, ""), None, ""))
    return list(rows.values())


def _firm(firm: Firm) -> tuple[str, ...]:
    return firm.name, firm.siret, firm.address, firm.postal_code, firm.commune


def _notice(need: Need, engaged: dict[str, str], now: datetime) -> bytes:
    """What the ZIP holds, in the words of who opens it."""
    lines = [
        f"Paquet pour le profil d'acheteur : {need.reference}, {need.title or need.sentence}",
        f"{need.organisation.name}, {format_moment(now)}.",
        "",
        "besoin.docx : le besoin et la règle du jour.",
        "rapport-de-sourcage.docx : comment les entreprises ont été cherchées, interrogées, et ce que la ville en retient.",
        "entreprises-a-prevenir (xlsx, csv) : à prévenir quand l'avis paraît.",
        *(["documents/ : ce que la ville a déjà remis aux entreprises."] if any("/" in name for name in engaged) else []),
        "",
        "Le journal de la ville engage ces fichiers par leur empreinte SHA-256 :",
        *(f"{digest}  {name}" for name, digest in engaged.items()),
    ]
    return "".join(line + "\r\n" for line in lines).encode("utf-8-sig")


def _zip(files: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()
