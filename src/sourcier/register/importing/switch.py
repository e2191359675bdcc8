"""Last stage: the new pair takes its place at once, and for good (fsync), or not at all."""

import os
from pathlib import Path

from sourcier.register.store import folder, names_of, pointer

KEPT = 2
"""Registers left in the default folder: the new one, and the one that a slow query may still be opening."""


def sync(path: Path) -> None:
    """Force a file or a folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def install(built: Path, target: Path) -> None:
    """Move FILE and FILE.names to their place. Readers refuse unequal ids for the instant between the two."""
    sync(built)
    sync(names_of(built))
    os.replace(names_of(built), names_of(target))
    os.replace(built, target)
    sync(target.parent)


def point(target: Path) -> None:
    """Make `target`, in the default folder, the register in use."""
    new = pointer().with_name("current.new")
    new.write_text(target.name + "\n", encoding="utf-8")
    sync(new)
    os.replace(new, pointer())
    sync(folder())
    _prune(target)


def _prune(target: Path) -> None:
    """Remove the registers that nobody can be opening any more."""
    old = sorted(folder().glob("register-*.duckdb"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for file in [file for file in old if file != target][KEPT - 1 :]:
        names_of(file).unlink(missing_ok=True)
        file.unlink(missing_ok=True)
