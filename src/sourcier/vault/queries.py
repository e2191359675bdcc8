"""Reading the vault, always within one organisation."""

from hashlib import sha256
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.conf import settings

from sourcier.vault.models import File


def get(organisation_id: UUID, file_id: UUID) -> File:
    """A file of that organisation. Raises `File.DoesNotExist`, for another organisation's too."""
    return File.objects.get(organisation_id=organisation_id, pk=file_id)


def path_of(file: File) -> Path:
    """Where its bytes lie."""
    path: Path = settings.VAULT / file.path
    return path


def open_file(file: File) -> BinaryIO:
    """Its bytes, open for reading; the caller closes. Raises `FileNotFoundError`."""
    return path_of(file).open("rb")


def is_whole(file: File) -> bool:
    """True when the stored bytes still have the size and hash of the row."""
    try:
        with open_file(file) as stored:
            data = stored.read()
    except FileNotFoundError:
        return False
    return len(data) == file.size and sha256(data).hexdigest() == file.sha256
