"""The only code that writes files. Bytes reach the disk, flushed, before the row that names them."""

import errno
import logging
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from sourcier.kernel.canonical import canonical
from sourcier.kernel.sealing import BrokenSeal
from sourcier.kernel.transitions import Refusal, Refused, refuse
from sourcier.vault import rules
from sourcier.vault.inspect import Inspected, inspect
from sourcier.vault.master import MasterKeyMissing
from sourcier.vault.models import File
from sourcier.vault.queries import facts_id, path_of, sealed_file_facts
from sourcier.vault.sealing import seal, unseal

logger = logging.getLogger(__name__)
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CANNOT_SEAL = Refusal(
    "cannot_seal",
    "Le serveur ne peut rien sceller en ce moment : rien n'est parti, pour que personne ne lise votre réponse. "
    "Réessayez dans une heure, ou appelez la mairie.",
)
SEALED_NAME, SEALED_TYPE = "document scellé", "application/octet-stream"
_BY_EXTENSION = {ending: kind for kind in rules.KINDS for ending in kind.extensions}


def store(organisation_id: UUID, upload: UploadedFile, *, name: str = "") -> File:
    """Keep what a person sent, under `name` or the name it came with. Raises `Refused`; nothing is written then.

    Call it before the transaction of an action: checking and flushing a file takes seconds, during which a lock would stop the
    whole city. Within a transaction it raises `RuntimeError`. It writes no journal entry: the action that receives the file
    puts its `file_facts` in the payload of its own, and its row in `rows=`.
    """
    return store_bytes(organisation_id, _read(upload), name or upload.name or "")


def store_bytes(organisation_id: UUID, data: bytes, name: str, *, trusted: bool = False) -> File:
    """Keep bytes; `trusted` ones were made by the program and are taken as their extension says. Raises `Refused`."""
    if trusted:
        kind = _BY_EXTENSION[rules.extension(name)]
        kept = Inspected(kind, rules.safe_name(name, kind), data)
    else:
        kept = inspect(data, name)
    return _keep(organisation_id, kept.data, _facts(kept, data))


def store_sealed(organisation_id: UUID, operation_id: UUID, upload: UploadedFile) -> File:
    """Keep what a person sent so that nobody reads it before `unseal_file`: neither its bytes, its name nor its SHA-256.

    Checked like any other before it is sealed, in memory. Raises `Refused`; call it as `store`.
    """
    data = _read(upload)
    kept = inspect(data, upload.name or "")
    return _keep_sealed(organisation_id, operation_id, kept.data, _facts(kept, data))


def seal_message(organisation_id: UUID, operation_id: UUID, data: bytes) -> File:
    """Keep a message as it came, sealed, whatever it holds: it is evidence. Raises `Refused`; call it as `store`."""
    facts = {"name": "message.eml", "media_type": rules.EML.media_type, "received_sha256": ""}
    return _keep_sealed(organisation_id, operation_id, data, facts)


def _keep_sealed(organisation_id: UUID, operation_id: UUID, data: bytes, own: Mapping[str, str]) -> File:
    facts = {**own, "sha256": sha256(data).hexdigest(), "size": len(data)}
    file_id = uuid4()
    try:
        sealed_facts = seal(organisation_id, operation_id, facts_id(file_id), canonical(facts))
        box = seal(organisation_id, operation_id, file_id, data)
    except MasterKeyMissing as error:
        logger.critical("nothing can be sealed: %s", error)
        raise Refused(CANNOT_SEAL) from None
    sealed = {"media_type": SEALED_TYPE, "name": SEALED_NAME, "sealed_facts": sealed_facts}
    return _keep(organisation_id, box, sealed, file_id)


def unseal_file(operation_id: UUID, file: File) -> File:
    """A readable copy of a sealed file, with its own name; a new row. Who may ask for it is for the caller's rules.

    Raises `BrokenSeal` when its bytes are no longer those that were sealed, `FileNotFoundError` when they are gone.
    """
    facts = sealed_file_facts(operation_id, file)
    data = unseal(file.organisation_id, operation_id, file.pk, path_of(file).read_bytes())
    if sha256(data).hexdigest() != facts.pop("sha256") or len(data) != facts.pop("size"):
        raise BrokenSeal("not the file that was sealed")
    return _keep(file.organisation_id, data, facts)


def _facts(kept: Inspected, data: bytes) -> dict[str, str]:
    received = "" if kept.data is data else sha256(data).hexdigest()
    return {"name": kept.name, "media_type": kept.kind.media_type, "received_sha256": received}


def _keep(organisation_id: UUID, data: bytes, facts: Mapping[str, Any], file_id: UUID | None = None) -> File:
    digest = sha256(data).hexdigest()
    path = rules.place(organisation_id.hex, digest)
    _write(settings.VAULT / path, data, digest)
    with transaction.atomic(durable=True):
        return File.objects.create(
            id=file_id or uuid4(),
            organisation_id=organisation_id,
            sha256=digest,
            size=len(data),
            path=path,
            created_at=timezone.now(),
            **facts,
        )


def _read(upload: UploadedFile) -> bytes:
    """The whole upload, never more than one byte over the limit in memory."""
    upload.seek(0)
    data = upload.read(rules.MAX_FILE + 1)
    if refusal := rules.size_refusal(len(data)):
        raise Refused(refusal)
    return bytes(data)


def _write(target: Path, data: bytes, digest: str) -> None:
    """Write beside, flush, rename, flush the folder. A file already there is the same one: it is compared, never replaced."""
    if target.exists():
        if sha256(target.read_bytes()).hexdigest() != digest:
            logger.critical("vault file %s no longer has its content", digest)
            raise refuse("vault_damaged", "Ce fichier n'a pas pu être gardé : le coffre est abîmé. Prévenez l'administrateur.")
        return
    temporary = target.with_name(f".{digest[:16]}-{secrets.token_hex(8)}")
    try:
        _make_folder(target.parent)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, target)
        _flush_folder(target.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        logger.critical("nothing can be written in the vault: %s", error.strerror)
        code, why = ("no_room", "n'a plus de place") if error.errno in _NO_ROOM else ("no_writing", "ne peut plus écrire")
        raise refuse(
            code,
            f"Ce fichier n'a pas été gardé : le serveur {why}. Rien d'autre n'est perdu. "
            "Réessayez plus tard, ou prévenez la mairie.",
        ) from None


def _make_folder(folder: Path) -> None:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for made in reversed(missing):
        made.mkdir(mode=0o700, exist_ok=True)
        _flush_folder(made.parent)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def empty(file: File) -> str:
    """Forget what a file was, when nothing cites it any more; returns where its bytes are, for `remove_bytes` after the commit.

    No entry of its own: the caller's, which erases, vouches for the row as it is left.
    """
    path = file.path
    file.name, file.sha256, file.received_sha256, file.size, file.path = rules.ERASED_NAME, "", "", 0, ""
    file.sealed_facts = None
    file.save(update_fields=["name", "sha256", "received_sha256", "size", "path", "sealed_facts"])
    return path


def remove_bytes(path: str) -> None:
    """Remove the bytes at `path`, unless a file kept since has the same content."""
    if path and not File.objects.filter(path=path).exists():
        (settings.VAULT / path).unlink(missing_ok=True)
