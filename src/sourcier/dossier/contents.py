"""What goes into the bag: name inside → bytes, or a file of the vault streamed at writing time."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from sourcier.dossier import anchors
from sourcier.dossier.history import History, Piece, pieces
from sourcier.dossier.models import Export
from sourcier.dossier.report.pages import report
from sourcier.journal.keys import fingerprint_of, keys_at
from sourcier.journal.proofs import inclusions
from sourcier.kernel.transitions import Refused, refuse
from sourcier.vault import queries as vault

OFFLINE = Path(__file__).with_name("offline")
README = "LISEZ-MOI.txt"
HELPERS = (README, "VERIFIER.html", "verifier.py")
SLICE = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the bag: its bytes, or the stored file they come from."""

    path: str
    sha256: str
    size: int
    data: bytes | None = None
    stored: Path | None = None

    def slices(self) -> Iterator[bytes]:
        """The content, at most 1 MiB at a time."""
        if self.stored is None:
            yield self.data or b""
            return
        with self.stored.open("rb") as stored:
            while block := stored.read(SLICE):
                yield block


def member(path: str, data: bytes) -> Member:
    return Member(path, sha256(data).hexdigest(), len(data), data=data)


def as_json(value: object) -> bytes:
    """Readable, stable."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def members(export: Export, history: History) -> list[Member]:
    """Every file but manifests, tags and the proof of the export's own entry, in the order of the bag."""
    entries = _entries(export, history)
    documents = list(_documents(export, history))
    index = [row for _, row in documents]
    return [
        member("data/rapport.pdf", report(export, history, entries, index)),
        member("data/journal/entries.jsonl", entries),
        *_payloads(history),
        *(file for file, _ in documents),
        member("data/documents/index.json", as_json(index)),
        member("data/proofs/checkpoint.txt", export.checkpoint.encode()),
        member("data/proofs/key.txt", _key(export)),
        *_anchors(export, history),
        *(member(name, helper(name)) for name in HELPERS),
    ]


def helper(name: str) -> bytes:
    """What helps a reader, as a dossier carries it; the notice gives the sums of the others."""
    data = (OFFLINE / name).read_bytes()
    for other in HELPERS if name == README else ():
        data = data.replace(f"{{{other}}}".encode(), sha256((OFFLINE / other).read_bytes()).hexdigest().encode())
    return data


def _entries(export: Export, history: History) -> bytes:
    """One line per entry: its place in the city's tree, its exact text, its proof of inclusion."""
    proofs = inclusions(export.organisation_id, [step.index for step in history.steps], export.size)
    lines = []
    for step, proof in zip(history.steps, proofs, strict=True):
        row = {"index": step.index, "entry": step.raw.decode(), "proof": [base64.b64encode(node).decode() for node in proof]}
        lines.append(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
    return "".join(lines).encode()


def _payloads(history: History) -> Iterator[Member]:
    salts: dict[str, str] = {}
    withheld: dict[str, str] = {}
    for step in history.steps:
        if step.withheld or step.body is None or step.salt is None:
            withheld[str(step.index)] = step.withheld
            continue
        salts[str(step.index)] = step.salt.hex()
        yield member(f"data/payloads/{step.index:06d}.json", step.body)
    yield member("data/payloads/salts.json", as_json(salts))
    yield member("data/payloads/withheld.json", as_json(withheld))


def _documents(export: Export, history: History) -> Iterator[tuple[Member, dict[str, Any]]]:
    """Each file that a content cites, under a short name, with its line of the index, which gives the sender's name back.

    Name and hash come from the journal, the bytes from the vault: what its rows became changes nothing. Raises `Refused` for
    a piece that is lost.
    """
    for number, piece in enumerate(pieces(history), start=1):
        if fault := vault.fault(export.organisation_id, piece.sha256):
            raise _lost(piece, fault)
        stored = vault.content_path(export.organisation_id, piece.sha256)
        size = stored.stat().st_size
        suffix = PurePosixPath(piece.name).suffix.lower()
        path = f"data/documents/{number:04d}{suffix if suffix.isascii() and suffix[1:].isalnum() else ''}"
        row = {"path": path, "name": piece.name, "sha256": piece.sha256, "size": size, "entry": piece.entry}
        yield Member(path, piece.sha256, size, stored=stored), row


def _lost(piece: Piece, fault: str) -> Refused:
    what = "n'est plus dans le coffre" if fault == "missing" else "est abîmée dans le coffre"
    return refuse(
        f"piece_{fault}",
        f"La pièce « {piece.name} » {what} : un dossier ne part pas sans elle. Demandez à l'administrateur de la remettre "
        f"depuis une sauvegarde (fichier {piece.sha256}), puis reprenez le dossier.",
    )


def _anchors(export: Export, history: History) -> Iterator[Member]:
    """Nothing when no third party told the time before the export: the verifiers then say so."""
    if told := anchors.index(export, history):
        for path, data in anchors.files(export, history):
            yield member(path, data)
        yield member(anchors.INDEX, as_json(told))


def _key(export: Export) -> bytes:
    """The key that signed the dossier, then those before it, which signed receipts and what third parties stamped."""
    key, *former = keys_at(export.organisation_id, export.size)
    lines = [
        f"Clé publique Ed25519 du journal de {export.organisation.name}",
        f"cle: {base64.b64encode(key.public_key).decode()}",
        f"empreinte: {fingerprint_of(key.public_key)}",
        *(f"ancienne: {base64.b64encode(each.public_key).decode()} {_encoded(each.statement)}" for each in former),
    ]
    return "".join(line + "\n" for line in lines).encode()


def _encoded(statement: str) -> str:
    return base64.b64encode(statement.encode()).decode() or "-"
