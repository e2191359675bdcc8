"""The report as PDF/A-3a: tagged, in French, the same bytes each time it is built from the same entries."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from sourcier.dossier import anchors
from sourcier.dossier.history import History
from sourcier.dossier.models import Export
from sourcier.dossier.report.sections import essentials, sections
from sourcier.dossier.report.timeline import days, drafts, milestones
from sourcier.journal.keys import fingerprint_of, keys_at
from sourcier.journal.models import Anchor
from sourcier.kernel.french import format_moment
from sourcier.kernel.typesetting import typeset

TEMPLATE = Path(__file__).with_name("report.typ")
MAX_EMBEDDED = 20_000_000


def report(export: Export, history: History, entries: bytes, documents: Sequence[dict[str, Any]]) -> bytes:
    """The PDF of an export. `entries` (entries.jsonl) travels inside it up to 20 MB; `documents` is the index of the pieces."""
    carried = {"entries": entries.decode() if len(entries) <= MAX_EMBEDDED else ""}
    data = _data(export, history, entries, documents)
    return typeset(TEMPLATE.read_bytes(), data, inputs=carried, pdf_standards=["a-3a"], timestamp=export.made_at)


def _data(export: Export, history: History, entries: bytes, documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    need = next(iter(history.of("need")), {})
    return {
        "city": export.organisation.name,
        "fictitious": export.organisation.fictitious,
        "communicable": export.communicable,
        "colour": export.organisation.colour,
        "title": f"Dossier de l'année {export.year}" if export.year else need.get("title") or need.get("sentence") or "Achat",
        "reference": need.get("reference", ""),
        "made_at": format_moment(export.made_at),
        "export": export.pk.hex,
        "size": export.size,
        "count": len(history.steps),
        "fingerprint": fingerprint_of(keys_at(export.organisation_id, export.size)[0].public_key),
        "essentials": essentials(history),
        "milestones": milestones(history),
        "sections": sections(history),
        "days": days(history),
        "drafts": drafts(history),
        "anchors": [_anchor(history, anchor) for anchor in anchors.covering(export, history)],
        "asked": export.asked,
        "documents": [_document(row) for row in documents],
        "withheld": _withheld(history),
        "entries_sha256": sha256(entries).hexdigest(),
    }


def _anchor(history: History, anchor: Anchor) -> list[str]:
    """Who told the time, when, over how many entries of this operation, and whether the city trusts his root."""
    size = anchor.checkpoint.size if anchor.checkpoint else 0
    covered = sum(step.index < size for step in history.steps)
    told = format_moment(anchor.told_at) if anchor.told_at else ""
    return [anchor.authority_name, told, str(covered), "oui" if anchor.trusted else "aucune racine n'était réglée"]


def _document(row: dict[str, Any]) -> list[str]:
    """Short name, sender's name, size, hash on two lines, number of the entry that cites it."""
    digest = row["sha256"]
    short = row["path"].rpartition("/")[2]
    return [short, row["name"], _size(row["size"]), f"{digest[:32]}\n{digest[32:]}", str(row["entry"])]


def _withheld(history: History) -> list[list[str]]:
    """`[[reason, numbers of the entries]]`."""
    found: dict[str, list[str]] = {}
    for step in history.steps:
        if step.withheld:
            found.setdefault(step.withheld, []).append(str(step.index))
    return [[reason, ", ".join(numbers)] for reason, numbers in found.items()]


def _size(octets: int) -> str:
    return f"{octets / 1_000_000:.1f} Mo".replace(".", ",") if octets >= 1_000_000 else f"{max(1, octets // 1000)} Ko"
