"""What goes into the bag: name inside → bytes, or a file of the vault streamed at writing time."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from sourcier.dossier.history import History, cited_files
from sourcier.dossier.models import Export
from sourcier.dossier.report.pages import report
from sourcier.journal.keys import fingerprint_of, public_key
from sourcier.journal.proofs import inclusions
from sourcier.vault.models import File
from sourcier.vault.queries import open_file

OFFLINE = Path(__file__).with_name("offline")
HELPERS = ("LISEZ-MOI.txt", "VERIFIER.html", "verifier.py")
SLICE = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the bag: its bytes, or the stored file they come from."""

    path: str
    sha256: str
    size: int
    data: bytes | None = None
    file: File | None = None

    def slices(self) -> Iterator[bytes]:
        """The content, at most 1 MiB at a time."""
        if self.file is None:
            yield self.data or b""
            return
        with open_file(self.file) as stored:
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
        *(member(name, (OFFLINE / name).read_bytes()) for name in HELPERS),
    ]


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
    """Each file that a content cites, under a short name, with its line of the index, which gives the sender's name back."""
    cited = cited_files(history)
    known: dict[str, File] = {}
    for file in File.objects.filter(organisation_id=export.organisation_id, sha256__in=cited).order_by("created_at", "pk"):
        known.setdefault(file.sha256, file)
    for number, (digest, entry) in enumerate(sorted(cited.items(), key=lambda item: (item[1], item[0])), start=1):
        file = known.get(digest)
        if file is None:
            continue
        suffix = PurePosixPath(file.name).suffix.lower()
        path = f"data/documents/{number:04d}{suffix if suffix.isascii() and suffix[1:].isalnum() else ''}"
        row = {"path": path, "name": file.name, "sha256": digest, "size": file.size, "entry": entry}
        yield Member(path, digest, file.size, file=file), row


def _key(export: Export) -> bytes:
    key = public_key(export.organisation_id)
    return (
        f"Clé publique Ed25519 du journal de {export.organisation.name}\n"
        f"cle: {base64.b64encode(key).decode()}\n"
        f"empreinte: {fingerprint_of(key)}\n"
    ).encode()
