"""Reading the vault, always within one organisation."""

import json
from hashlib import file_digest
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID, uuid5

from django.conf import settings

from sourcier.vault import rules
from sourcier.vault.models import File
from sourcier.vault.sealing import unseal


def get(organisation_id: UUID, file_id: UUID) -> File:
    """A file of that organisation. Raises `File.DoesNotExist`, for another organisation's too."""
    return File.objects.get(organisation_id=organisation_id, pk=file_id)


def file_facts(file: File) -> dict[str, Any]:
    """What an entry says of a file: its name and its content's SHA-256."""
    return {"name": file.name, "sha256": file.sha256, "size": file.size, "type": file.media_type}


def sealed_file_facts(operation_id: UUID, file: File) -> dict[str, Any]:
    """Name, media type, `received_sha256`, SHA-256 and size of the content of a sealed file. Raises as `sealing.unseal`."""
    facts: dict[str, Any] = json.loads(
        unseal(file.organisation_id, operation_id, facts_id(file.pk), bytes(file.sealed_facts or b""))
    )
    return facts


def read_sealed(operation_id: UUID, file: File) -> bytes:
    """The content of a sealed file, in memory alone; who may ask is for the caller's rules. Raises as `sealing.unseal`."""
    return unseal(file.organisation_id, operation_id, file.pk, path_of(file).read_bytes())


def facts_id(file_id: UUID) -> UUID:
    """The id under which the facts of a sealed file are sealed, apart from its bytes."""
    return uuid5(file_id, "facts")


def path_of(file: File) -> Path:
    """Where its bytes lie."""
    path: Path = settings.VAULT / file.path
    return path


def open_file(file: File) -> BinaryIO:
    """Its bytes, open for reading; the caller closes. Raises `FileNotFoundError`, for one that was erased too."""
    if not file.path:
        raise FileNotFoundError(file.name)
    return path_of(file).open("rb")


def content_path(organisation_id: UUID, digest: str) -> Path:
    """Where the bytes of that SHA-256 lie, whatever the rows say."""
    return Path(settings.VAULT) / rules.place(organisation_id.hex, digest)


def fault(organisation_id: UUID, digest: str) -> str:
    """Read the bytes of that SHA-256 again, by slices: `missing`, `damaged`, or empty when they are whole."""
    try:
        with content_path(organisation_id, digest).open("rb") as stored:
            return "" if file_digest(stored, "sha256").hexdigest() == digest else "damaged"
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "damaged"
