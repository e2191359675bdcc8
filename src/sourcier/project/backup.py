"""A backup is a folder: database, files, last checkpoints, sums that `sha256sum -c` checks; keys and settings are apart."""

import json
import os
import shlex
import shutil
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.db import connection

from sourcier.journal import proofs
from sourcier.journal.keys import KeyMissing
from sourcier.journal.models import Log
from sourcier.project import databases

FORMAT = 1
SUMS = "SHA256SUMS"
DESCRIPTION = "backup.json"
KEYS = "keys.tar"
SETTINGS = "settings.env"


class BackupError(RuntimeError):
    """The backup was not made or not restored; a French sentence says why, and nothing was lost."""


@dataclass(frozen=True)
class Backup:
    """What a backup holds. `logs` gives origin, size and file of the checkpoint of each journal; `warnings` are sentences."""

    folder: Path
    files: int
    size: int
    logs: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]


def sha256(file: Path) -> str:
    """Digest of a file, read in slices."""
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def make(folder: Path) -> Backup:
    """Write a backup into a folder that is empty or does not exist; it appears whole or not at all. Raises `BackupError`.

    The database is copied before the files, which are written before the rows that name them: none can be missing.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupError(f"{folder} n'est pas un dossier vide : choisissez un autre nom, rien n'a été écrit.")
    partial = folder.with_name(f".{folder.name}.{os.getpid()}")
    partial.mkdir(parents=True, mode=0o700)
    try:
        logs, warnings = save_checkpoints(partial / "checkpoints")
        databases.dump(partial / databases.file_name())
        if Path(settings.VAULT).is_dir():
            shutil.copytree(settings.VAULT, partial / "vault")
        _pack_keys(partial / KEYS)
        _describe(partial, logs)
        files = _seal(partial)
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except (databases.CopyFailed, OSError) as error:
        raise BackupError(f"La sauvegarde n'a pas été faite. {error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Backup(folder, files, size, tuple(logs), tuple(warnings))


def save_checkpoints(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Sign and write the checkpoint of every journal; a journal that cannot sign is said, and its last one is kept."""
    folder.mkdir(mode=0o700)
    logs, warnings = [], []
    for log in Log.objects.order_by("origin"):
        name = f"{log.origin.replace('/', '_')}.txt"
        try:
            text = proofs.checkpoint(log.pk).text
        except (KeyMissing, proofs.Inconsistent, proofs.NodeMissing) as error:
            warnings.append(f"Journal {log.origin} : {error}")
            last = log.checkpoints.order_by("-size", "-pk").first()
            text = last.text if last else ""
        if text:
            (folder / name).write_text(text, encoding="utf-8")
        logs.append({"origin": log.origin, "size": log.size, "checkpoint": f"{folder.name}/{name}" if text else None})
    return logs, warnings


def _pack_keys(archive: Path) -> None:
    keys = Path(settings.KEYS)
    descriptor = os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out, tarfile.open(fileobj=out, mode="w") as tar:
        for file in sorted(keys.rglob("*")):
            if file.is_file() and not file.name.startswith(".") and file.name != SETTINGS:
                tar.add(file, arcname=file.relative_to(keys).as_posix())
        said = settings_in_words().encode()
        member = tarfile.TarInfo(SETTINGS)
        member.size, member.mode = len(said), 0o600
        tar.addfile(member, BytesIO(said))


def settings_in_words() -> str:
    """The settings of this installation, as its file of variables would say them; some are secrets: they go with the keys."""
    named = {name: value for name, value in os.environ.items() if name.startswith("SOURCIER_")}
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(named.items()))


def _describe(folder: Path, logs: list[dict[str, Any]]) -> None:
    described = {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "vendor": connection.vendor,
        "keys_sha256": sha256(folder / KEYS),
        "logs": logs,
    }
    (folder / DESCRIPTION).write_text(json.dumps(described, indent=1), encoding="utf-8")


def _seal(folder: Path) -> int:
    """Write the sums of every file but the keys, which may be taken elsewhere; flush all to the disk; return how many."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    lines = [f"{sha256(file)}  {file.relative_to(folder).as_posix()}\n" for file in files if file.name != KEYS]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
    for file in [*files, folder / SUMS]:
        with file.open("rb") as stream:
            os.fsync(stream.fileno())
    return len(files) + 1


def read(folder: Path) -> dict[str, Any]:
    """Verify the sums of a backup and return its description. Raises `BackupError` naming the first file that is wrong."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BackupError(f"{folder} n'est pas une sauvegarde : {SUMS} manque ou est illisible.") from None
    expected = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    present = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()} - {SUMS, KEYS}
    for name in sorted(expected.keys() | present):
        if not is_inside(name) or name not in expected:
            raise BackupError(f"La sauvegarde contient un fichier de trop : {name}.")
        if name not in present:
            raise BackupError(f"Il manque un fichier à la sauvegarde : {name}.")
        if sha256(folder / name) != expected[name]:
            raise BackupError(f"Un fichier de la sauvegarde est abîmé : {name}.")
    if DESCRIPTION not in expected:
        raise BackupError(f"{folder} n'est pas une sauvegarde : {DESCRIPTION} manque.")
    described: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    if described.get("format") != FORMAT:
        raise BackupError("Cette sauvegarde vient d'une autre version de Sourcier.")
    return described


def is_inside(name: str) -> bool:
    """A relative path that stays in its folder."""
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts


def unpack_keys(archive: Path, digest: str, target: Path) -> None:
    """Write the keys of an archive into a new folder, readable by their owner alone. Raises `BackupError`."""
    try:
        content = archive.read_bytes()
    except OSError:
        raise BackupError(f"L'archive des clés ne peut pas être lue : {archive}.") from None
    if sha256(archive) != digest:
        raise BackupError(f"L'archive des clés {archive} n'est pas celle de cette sauvegarde.")
    target.mkdir(mode=0o700)
    with tarfile.open(fileobj=BytesIO(content)) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isfile() and is_inside(member.name) else None
            if stream is None:
                continue
            file = target / member.name
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                shutil.copyfileobj(stream, out)
                out.flush()
                os.fsync(out.fileno())
