"""Are the keys that signed a log those that its own entries tell? And is the last one known to who compares a fingerprint?"""

from collections.abc import Sequence
from dataclasses import dataclass

from sourcier.journal.key_line import RENEWED, Change, Line, line_of, linked, told, vouched
from sourcier.journal.keys import fingerprint_of, same_fingerprint
from sourcier.journal.report import Findings


@dataclass(frozen=True, slots=True)
class Keys:
    """What was found of the keys. `former`: fingerprint and end of each that signs no more."""

    compared: bool
    fingerprint: str
    former: tuple[tuple[str, str], ...]


def check_keys(line: Line, changes: Sequence[Change], origin: str, fingerprint: str, findings: Findings) -> Keys:
    """`line` is what the log was read with; `changes` what its verified entries tell; `fingerprint` came from outside."""
    if line != line_of(line[-1].public_key, changes):
        findings.add("keys", "Les clés de ce journal ne sont pas celles que ses écritures disent l'une après l'autre.")
    for change, before in zip(changes, line, strict=False):
        if change.old != before.public_key:
            findings.add("keys", f"L'écriture n° {change.index} change une clé qui n'était pas celle du journal.", change.index)
        elif change.verb == RENEWED and not linked(change, origin):
            sentence = f"L'écriture n° {change.index} dit la clé renouvelée, sans la signature de celle qui la précède."
            findings.add("keys", sentence, change.index)
    own = fingerprint_of(line[-1].public_key)
    return Keys(
        _compared(line, changes, origin, fingerprint, findings),
        own,
        tuple((fingerprint_of(change.old), told(change)) for change in changes),
    )


def _compared(line: Line, changes: Sequence[Change], origin: str, fingerprint: str, findings: Findings) -> bool:
    if not fingerprint:
        return False
    known = next((span.public_key for span in line if same_fingerprint(fingerprint, fingerprint_of(span.public_key))), None)
    if known is None:
        findings.add("key", "La clé de ce journal n'a pas l'empreinte fournie : le journal a pu être refait.")
    elif not vouched(known, line, changes, origin):
        findings.add(
            "key",
            "L'empreinte fournie est celle d'une clé d'avant une perte ou un vol, qui n'a pas pu signer la suivante : comparez "
            "celle de la clé d'aujourd'hui, lue sur un papier récent de la ville.",
        )
    return True
