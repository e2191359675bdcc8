"""Verifies the anchors of a log once more: each reply against the checkpoint it stamped, and the entries that came before."""

import json
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.x509 import Certificate

from sourcier.journal import authorities
from sourcier.journal.models import Anchor, Entry, Log, Payload
from sourcier.journal.report import Anchored, Findings
from sourcier.kernel import timestamps
from sourcier.kernel.french import format_moment
from sourcier.kernel.timestamps import CLOCKS_DIFFER, BadStamp


def check_anchors(log: Log, findings: Findings) -> Anchored:
    """Verify every anchor that was obtained. What its columns say is compared with its entry, as for every row."""
    try:
        trusted = authorities.roots()
    except authorities.NoStamp as error:
        findings.add("anchor_roots", str(error))
        trusted = []
    held = Anchored(0, None, 0)
    obtained = Anchor.objects.filter(log=log, state=Anchor.State.OBTAINED).select_related("checkpoint").order_by("pk")
    for anchor in obtained.iterator(chunk_size=100):
        fault = _fault(anchor, trusted)
        if fault or not anchor.checkpoint:
            when = format_moment(anchor.told_at) if anchor.told_at else "une date effacée"
            findings.add("anchor", f"L'heure attestée le {when} ne tient pas : {fault}", anchor.entry_index)
        else:
            held = Anchored(held.count + 1, anchor.told_at, anchor.checkpoint.size)
    return held


def _as_told(anchor: Anchor) -> bool:
    """Is all that was kept with an anchor what its entry told? An anchor of before told its token alone."""
    found = Payload.objects.filter(entry__log_id=anchor.log_id, entry__index=anchor.entry_index, body__isnull=False)
    told = json.loads(bytes(found.values_list("body", flat=True).first() or b"{}"))
    kept = {
        "token_sha256": bytes(anchor.reply or b""),
        "certificates_sha256": anchor.certificates.encode(),
        "revocations_sha256": bytes(anchor.revocations or b""),
        "answers_sha256": bytes(anchor.answers or b""),
    }
    return all(told[name] == sha256(data).hexdigest() for name, data in kept.items() if name in told)


def _fault(anchor: Anchor, trusted: list[Certificate]) -> str:
    """What is wrong with an anchor; empty when it holds. Its own clock alone dates its certificates: they expire later."""
    if anchor.checkpoint is None or anchor.reply is None or anchor.checkpoint.log_id != anchor.log_id:
        return "son jeton ou son point de contrôle manque."
    try:
        kept = timestamps.read_certificates(anchor.certificates.encode())
        stamp = timestamps.verify(bytes(anchor.reply), anchor.checkpoint.text.encode(), known=kept)
        if trusted and anchor.trusted:
            timestamps.path(stamp, trusted)
    except BadStamp as error:
        return f"l'autorité {error.sentence}"
    except ValueError:
        return "ses certificats ne sont pas lisibles."
    if not _as_told(anchor):
        return "son jeton, ses certificats ou leurs révocations ne sont plus ceux que son écriture dit."
    if stamp.told_at != anchor.told_at:
        return "l'heure gardée n'est pas celle du jeton."
    last = Entry.objects.filter(log_id=anchor.log_id, index=anchor.checkpoint.size - 1).values_list("at", flat=True).first()
    if last and datetime.fromtimestamp(last / 1000, UTC) > stamp.told_at + CLOCKS_DIFFER:
        return "une écriture qu'elle couvre est datée d'après elle."
    return ""
