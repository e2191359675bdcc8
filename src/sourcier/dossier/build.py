"""Take a dossier, and build it again: the same bytes while nothing is erased."""

import base64
import json
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Organisation, Role
from sourcier.dossier import bag, communicable, contents, history, own_stamp
from sourcier.dossier.models import Export
from sourcier.dossier.verbs import COMMUNICABLE, WHOLE
from sourcier.journal.actions import append
from sourcier.journal.authorities import configured
from sourcier.journal.models import Entry, Log
from sourcier.journal.proofs import checkpoint, consistency, inclusion
from sourcier.journal.verbs import ERASED as ERASURE
from sourcier.kernel.notes import parse_head
from sourcier.kernel.transitions import refuse
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.quotes.models import LastPriceRound
from sourcier.quotes.queries.marking import marking_begun, may_mark
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.rules import is_sealed

ERASED_SINCE = (
    "Des contenus ont été effacés depuis ce dossier : il ne peut plus être refait. Les ZIP déjà remis restent vérifiables. "
    "Prenez-en un nouveau : il dit ce qui a été effacé, quand et pourquoi."
)
SOFTWARE_CHANGED = (
    "Le logiciel a changé depuis ce dossier : il ne peut plus être refait tel qu'il était. Les ZIP déjà remis restent "
    "vérifiables. Prenez-en un nouveau."
)
BUSY = "Quelqu'un écrit dans cet achat en ce moment. Reprenez le dossier dans un instant : rien n'est perdu."
BUSY_YEAR = "Quelqu'un d'autre prend le dossier de cette année en ce moment. Reprenez-le dans un instant : rien n'est perdu."
READERS = (Role.BUYER, Role.HEAD_BUYER, Role.AUDITOR)
ATTEMPTS = 5


def may_read(agent: Agent, need: Need) -> str:
    """Why no ZIP of this operation is for `agent` now; empty when it is. The marks of the others would be in it."""
    if may_mark(agent, need.department_id) and marking_begun(need):
        return "Des notes sont en cours : le dossier se prend après le choix. Un auditeur peut le prendre dès maintenant."
    return ""


def may_take(agent: Agent, need: Need, *, for_third_party: bool = False) -> str:
    """Why the dossier cannot be taken now, in French; empty when it can. Closed answers must not show, not even by number."""
    return _may_take(agent, need) or (communicable.may_be_made(need) if for_third_party else "")


def _may_take(agent: Agent, need: Need) -> str:
    if any(is_sealed(each.state) and each.state != Sourcing.State.DRAFT for each in need.sourcings.all()):
        return "Les réponses sont encore fermées : le dossier se prend après leur ouverture."
    if LastPriceRound.objects.filter(sourcing__need=need, opened_at=None).exists():
        return "Des derniers prix sont encore fermés : le dossier se prend après leur ouverture."
    return may_read(agent, need)


def take(agent: Agent, need_id: UUID, *, for_third_party: bool = False) -> Export:
    """Make the export of an operation and write its entry, which engages every file. Raises `Refused`, `DoesNotExist`.

    `for_third_party`: the communicable version, without what only the city and each firm may read.

    The report and the sums are made before the journal is locked; when someone wrote to this operation meanwhile, they are
    made again.
    """
    need = needs.get(agent, need_id)
    if needs.roles_on(agent, need).isdisjoint(READERS):
        raise refuse("not_allowed", "Le dossier se prend par un acheteur ou un auditeur.")
    for _ in range(ATTEMPTS):
        if sentence := _may_take(agent, need):
            raise refuse("sealed", sentence)
        if for_third_party and (sentence := communicable.may_be_made(need)):
            raise refuse("not_told", sentence)
        if export := _attempt(agent, need.organisation, need=need, communicable=for_third_party):
            return export
    raise refuse("busy", BUSY)


def take_year(agent: Agent, year: int) -> Export:
    """Make the export of a year whose tables are in the journal. Raises `Refused`. The caller has checked who asks."""
    for _ in range(ATTEMPTS):
        if export := _attempt(agent, agent.organisation, year=year):
            return export
    raise refuse("busy", BUSY_YEAR)


def _attempt(agent: Agent, organisation: Organisation, **of: Any) -> Export | None:
    """One try, `of` a need or of a year: None when its stream grew between its reading and its entry."""
    head = checkpoint(organisation.pk)
    export = Export(
        organisation=organisation, made_by=agent.user, made_at=timezone.now().replace(microsecond=0),
        asked=bool(configured()), size=head.size, checkpoint=head.text, entry_index=0, **of,
    )  # fmt: skip
    told = _told(export)
    files = {each.path: each.sha256 for each in contents.members(export, told)}
    with transaction.atomic():
        Log.objects.select_for_update().get(pk=export.organisation_id)
        if Entry.objects.filter(log_id=export.organisation_id, stream=export.stream.hex, index__gte=head.size).exists():
            return None
        export.save(force_insert=True)
        entry = append(
            export.organisation_id,
            export.stream,
            COMMUNICABLE if export.communicable else WHOLE,
            {
                "name": agent.user.name, "organisation": export.organisation.name, "export": export.pk, "size": head.size,
                "files": files,
            },
            actor=agent.id,
            rows=[export],
        )  # fmt: skip
        export.entry_index = entry.index
        export.save(update_fields=["entry_index"])
    export.closing_checkpoint = checkpoint(export.organisation_id).text
    export.save(update_fields=["closing_checkpoint"])
    return export


def write(export: Export, out: BinaryIO) -> None:
    """Write the ZIP of an export; the same bytes each time while nothing is erased. Raises `Refused` when a piece is lost."""
    bag.write(out, files(export, _told(export)), export.made_at)


def files(export: Export, told: history.History) -> list[contents.Member]:
    """Every file of an export, in the order of its ZIP. Raises `Refused` when a piece is lost, or was erased since; or when a
    file is no longer what the export's entry engages, for the ZIP would not verify; or while its own stamp is awaited."""
    if own_stamp.is_awaited(export, timezone.now()):
        raise refuse("awaited", own_stamp.AWAITED)
    if Entry.objects.filter(
        log_id=export.organisation_id, stream=export.stream.hex, verb=ERASURE, index__gte=export.size
    ).exists():
        raise refuse("erased_since", ERASED_SINCE)
    made = contents.members(export, told)
    if _changed(export, made):
        raise refuse("changed", SOFTWARE_CHANGED)
    anchor = own_stamp.of(export)
    closing = anchor.checkpoint.text if anchor and anchor.checkpoint else export.closing_checkpoint
    made.append(contents.member(f"{own_stamp.NAME}.json", contents.as_json(_proof(export, closing))))
    made += [contents.member(path, data) for path, data in own_stamp.files(anchor)]
    return bag.files(made, name=export.organisation.name, identifier=export.pk.hex, at=export.made_at)


def _changed(export: Export, made: list[contents.Member]) -> bool:
    """Whether these files are not those that the export's entry engages."""
    entry = Entry.objects.select_related("payload").get(log_id=export.organisation_id, index=export.entry_index)
    engaged = json.loads(bytes(entry.payload.body or b"{}")).get("files", {})
    return {each.path: each.sha256 for each in made} != engaged


def _told(export: Export) -> history.History:
    """What this export tells of its operation."""
    whole = history.read(export.organisation_id, export.stream, export.size)
    return communicable.version_of(whole) if export.communicable else whole


def _proof(export: Export, closing: str) -> dict[str, object]:
    """The export's own entry: its text, content and place in the `closing` tree, and that this tree prolongs the first one."""
    entry = Entry.objects.select_related("payload").get(log_id=export.organisation_id, index=export.entry_index)
    size = parse_head(closing).size
    return {
        "index": entry.index,
        "entry": bytes(entry.raw).decode(),
        "payload": bytes(entry.payload.body or b"").decode(),
        "salt": bytes(entry.payload.salt or b"").hex(),
        "proof": _encoded(inclusion(export.organisation_id, entry.index, size)),
        "consistency": _encoded(consistency(export.organisation_id, export.size, size)),
        "checkpoint": closing,
    }


def _encoded(hashes: list[bytes]) -> list[str]:
    return [base64.b64encode(each).decode() for each in hashes]
