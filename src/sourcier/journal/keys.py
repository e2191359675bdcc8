"""Ed25519 keys of the journals, outside the database: one file per log, readable by its owner alone."""

import json
import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from sourcier.journal import key_line
from sourcier.journal.key_line import CHANGES, Change, Line
from sourcier.journal.models import Log, Payload


class Signer(NamedTuple):
    """A key, and what it signed of the one that followed it, if it could."""

    public_key: bytes
    statement: str


class KeyMissing(RuntimeError):
    """The signing key of a journal is not on this machine, or is not the one the journal was born with."""


def key_file(log_id: UUID) -> Path:
    """Where the first private key of a log lies (32 raw bytes, mode 0600)."""
    return Path(settings.KEYS) / "journal" / f"{log_id.hex}.key"


def later_file(log_id: UUID, public_key: bytes) -> Path:
    """Where a key that came after the first lies, by its fingerprint."""
    return key_file(log_id).with_name(f"{log_id.hex}.{sha256(public_key).hexdigest()[:16]}.key")


def create(log_id: UUID) -> bytes:
    """Draw the key of a new log and return its public half (32 bytes); a key already there is kept."""
    file = key_file(log_id)
    write_once(file, Ed25519PrivateKey.generate().private_bytes_raw())
    return _read(file).public_key().public_bytes_raw()


def create_next(log_id: UUID) -> bytes:
    """Draw the key that will follow the present one, beside it; return its public half."""
    drawn = Ed25519PrivateKey.generate()
    public_key = drawn.public_key().public_bytes_raw()
    write_once(later_file(log_id, public_key), drawn.private_bytes_raw())
    return public_key


def write_once(file: Path, secret: bytes) -> None:
    """Write a key that its owner alone reads; one already there is kept.

    The file appears whole or not at all (written aside, fsynced, then linked), so two processes end with the same key.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = file.with_name(f".{file.name}.{token_hex(8)}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(secret)
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(aside, file)
    finally:
        aside.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(file: Path) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(file.read_bytes())
    except FileNotFoundError:
        raise KeyMissing(f"La clé du journal est absente : {file}. Remettez la sauvegarde des clés à cet endroit.") from None
    except ValueError:
        raise KeyMissing(f"Le fichier {file} n'est pas une clé : remettez la sauvegarde des clés à cet endroit.") from None


def private_key(log: Log) -> Ed25519PrivateKey:
    """The key that signs for `log`. Raises `KeyMissing`: a lost key is never replaced in silence."""
    later = later_file(log.pk, bytes(log.public_key))
    file = later if later.exists() else key_file(log.pk)
    key = _read(file)
    if key.public_key().public_bytes_raw() != bytes(log.public_key):
        raise KeyMissing(f"La clé du fichier {file} n'est pas celle de ce journal.")
    return key


def public_key(log_id: UUID) -> bytes:
    """The 32 bytes that verify the checkpoints of a log."""
    return bytes(Log.objects.values_list("public_key", flat=True).get(pk=log_id))


def changes(log_id: UUID) -> list[Change]:
    """The changes of key that the entries of a log tell, in order."""
    found = Payload.objects.filter(entry__log_id=log_id, entry__verb__in=CHANGES, body__isnull=False).order_by("entry__index")
    told = []
    for index, verb, body in found.values_list("entry__index", "entry__verb", "body"):
        with suppress(ValueError, KeyError, TypeError):  # the verification says it
            told.append(key_line.read(index, verb, json.loads(bytes(body))))
    return told


def line(log: Log) -> Line:
    """The keys of a log, one after the other."""
    return key_line.line_of(bytes(log.public_key), changes(log.pk))


def keys_at(log_id: UUID, size: int) -> list[Signer]:
    """The key that signed a tree of that size, then those before it, the last first."""
    told = [change for change in changes(log_id) if change.index < size]
    current = key_line.key_at(line(Log.objects.get(pk=log_id)), size)
    return [Signer(current, ""), *(Signer(change.old, change.statement) for change in reversed(told))]


def fingerprint_of(key: bytes) -> str:
    """SHA-256 of a public key as people compare it: « 4F2A 91C0 … », sixteen groups of four."""
    digest = sha256(key).hexdigest().upper()
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))


def fingerprint(log_id: UUID) -> str:
    """The fingerprint to print on paper and to keep outside the city: it is what tells a log from another with its name."""
    return fingerprint_of(public_key(log_id))


def fingerprint_line(log_id: UUID) -> str:
    """The line at the foot of what a city sends to firms."""
    return f"Empreinte de la clé de la Ville : {fingerprint(log_id)} (elle sert à vérifier nos récépissés)"


def same_fingerprint(one: str, other: str) -> bool:
    """Compare two fingerprints whatever their spaces, colons and case."""
    plain = [text.upper().translate(str.maketrans("", "", " :\u00a0\u202f-\n")) for text in (one, other)]
    return plain[0] == plain[1]
