"""Puts a backup back: everything is verified and laid beside its place first, then swapped; what was there is kept aside."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

from sourcier.project import backup, databases
from sourcier.project.backup import BackupError


@dataclass(frozen=True)
class Restored:
    """`logs` as in the backup; `aside`: what was replaced; `tails`: checkpoints of the replaced journals that went further."""

    logs: tuple[dict[str, Any], ...]
    with_keys: bool
    aside: tuple[Path, ...]
    tails: tuple[Path, ...]


def restore(folder: Path, *, keys: Path | None = None, force: bool = False) -> Restored:
    """Restore a backup; stop the server before. Raises `BackupError`, and then everything is as before.

    `keys` is the archive of the keys when it is kept elsewhere; without any the present keys stay. `force` allows to replace
    an installation that is not empty.
    """
    described = backup.read(folder)
    if described["vendor"] != connection.vendor:
        raise BackupError(f"Cette sauvegarde vient de {described['vendor']}, l'installation est sur {connection.vendor}.")
    empty = _is_empty()
    if not force and not empty:
        raise BackupError("L'installation n'est pas vide. Pour la remplacer (elle sera gardée à côté), ajoutez --force.")
    archive = keys or (folder / backup.KEYS if (folder / backup.KEYS).exists() else None)
    stamp = f"remplace-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    vault, key_folder = Path(settings.VAULT), Path(settings.KEYS)
    new_vault, new_keys = (place.with_name(f".{place.name}.new") for place in (vault, key_folder))
    try:
        databases.check(folder / databases.file_name())
        for leftover in (new_vault, new_keys):
            shutil.rmtree(leftover, ignore_errors=True)
        if archive:
            backup.unpack_keys(archive, described["keys_sha256"], new_keys)
        if (folder / "vault").is_dir():
            shutil.copytree(folder / "vault", new_vault)
        else:
            new_vault.mkdir(parents=True, mode=0o700)
        tails = _tails(stamp, described["logs"])
        aside = _swap(folder, stamp, [(new_vault, vault), *([(new_keys, key_folder)] if archive else [])])
        if empty:  # a folder just made, and the secret drawn to make it: nothing that anyone has used
            while aside:
                shutil.rmtree(aside.pop())
    except (databases.CopyFailed, OSError) as error:
        raise BackupError(f"La restauration n'a pas été faite, rien n'est changé. {error}") from None
    finally:
        for leftover in (new_vault, new_keys):
            shutil.rmtree(leftover, ignore_errors=True)
    return Restored(tuple(described["logs"]), archive is not None, tuple(aside), tuple(tails))


def _is_empty() -> bool:
    vault = Path(settings.VAULT)
    journal_keys = Path(settings.KEYS) / "journal"
    return databases.is_empty() and not any(folder.is_dir() and any(folder.iterdir()) for folder in (vault, journal_keys))


def _tails(stamp: str, logs: list[dict[str, Any]]) -> list[Path]:
    """Sign once more the journals about to be replaced: the restored ones will be compared with what they had reached."""
    folder = Path(settings.VAR) / f"checkpoints.{stamp}"
    try:
        present, _ = backup.save_checkpoints(folder)
    except DatabaseError:  # no table yet, or those of another version
        present = []
    restored = {log["origin"]: log["size"] for log in logs}
    further = [log for log in present if log["checkpoint"] and log["size"] > restored.get(log["origin"], log["size"])]
    if not further:
        shutil.rmtree(folder, ignore_errors=True)
    return [folder.parent / log["checkpoint"] for log in further]


def _swap(folder: Path, stamp: str, places: list[tuple[Path, Path]]) -> list[Path]:
    """Set the present aside and put the new in place; undo it all if one step fails. Returns what was set aside."""
    undo: list[Callable[[], object]] = []
    aside: list[Path] = []
    try:
        if database := databases.set_aside(stamp):
            aside.append(database)
            undo.append(lambda: databases.put_back(database))
        databases.load(folder / databases.file_name())
        for new, place in places:
            old = place.with_name(f"{place.name}.{stamp}")
            if place.exists():
                place.rename(old)
                aside.append(old)
                undo.append(lambda old=old, place=place: (shutil.rmtree(place, ignore_errors=True), old.rename(place)))
            new.rename(place)
    except (databases.CopyFailed, OSError):
        for step in reversed(undo):
            step()
        raise
    return aside
