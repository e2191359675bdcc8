"""Checkpoints and receipts kept outside: they alone show a tail cut off, or a log rebuilt by who holds the key."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from sourcier.journal.key_line import Line, key_at
from sourcier.journal.report import Findings
from sourcier.journal.walk import Walk
from sourcier.kernel.notes import BadNote, TreeHead, open_checkpoint, parse_head
from sourcier.kernel.receipts import HEADER, Receipt, check_receipt, parse_receipt

SET_ASIDE = "checkpoints.remplace-"


def set_aside(origin: str) -> dict[str, str]:
    """What `sourcier restore` kept of the journal it replaced: without it, a tail lost by going back would not show.

    Raises `OSError` or `UnicodeDecodeError` for a file that cannot be read.
    """
    var = Path(settings.VAR)
    files = sorted(var.glob(f"{SET_ASIDE}*/{origin.replace('/', '_')}.txt"))
    return {str(file.relative_to(var)): file.read_text(encoding="utf-8") for file in files}


@dataclass(frozen=True, slots=True)
class Witness:
    """A text given from outside, verified by the key of the log alone."""

    name: str
    head: TreeHead
    receipt: Receipt | None


def read_witness(name: str, text: str, origin: str, keys: Line, findings: Findings) -> Witness | None:
    """Read a checkpoint or a receipt; what this log never signed is a finding."""
    text = text.replace("\r\n", "\n").lstrip("\ufeff")
    try:
        receipt = parse_receipt(text) if text.startswith(HEADER) else None
        public_key = key_at(keys, (receipt.head if receipt else parse_head(text)).size)
        head = check_receipt(receipt, public_key) if receipt else open_checkpoint(text, public_key)
    except BadNote as error:
        findings.add("witness_unreadable", f"{name} : {error}")
        return None
    if head.origin != origin:
        findings.add("witness_other", f"{name} : ce texte est du journal « {head.origin} », non de « {origin} ».")
        return None
    return Witness(name, head, receipt)


def compare_witness(witness: Witness, walk: Walk, findings: Findings) -> None:
    """Does the log still hold what it had signed?"""
    receipt, head = witness.receipt, witness.head
    if head.size > walk.size:
        sealed = walk.sealed
        since = f"après le point de contrôle à {sealed.size} écritures" if sealed else "sans aucun point de contrôle"
        missing = f"n° {walk.size}" if head.size == walk.size + 1 else f"n° {walk.size} à {head.size - 1}"
        findings.add(
            "tail_missing",
            f"{witness.name} : la fin du journal manque. Ce texte engage {head.size} écritures, le journal n'en contient que "
            f"{walk.size} et s'arrête {since} ; manque : {missing}.",
            walk.size,
        )
        if receipt and receipt.index >= walk.size:
            sentence = f"{witness.name} : ce récépissé porte sur l'écriture n° {receipt.index}, que le journal ne contient pas."
            findings.add("receipt_missing", sentence, receipt.index)
        return
    if walk.roots[head.size] != head.root:
        what = f"l'écriture n° {receipt.index}" if receipt else f"{head.size} écritures"
        findings.add(
            "rewritten",
            f"{witness.name} : ce texte, signé par la clé du journal, engage {what} autrement que le journal : "
            "le passé a été réécrit.",
            receipt.index if receipt else None,
        )
