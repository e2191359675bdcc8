"""Last stage: the new register takes its place at once, and for good (fsync), or not at all."""

import os
import re
import shutil
from pathlib import Path

from sourcier.register.arrays import folder_of
from sourcier.register.store import folder, pointer

KEPT = 2
"""Registers left in the default folder: the new one, and the one that a slow query may still be opening."""


def sync(path: Path) -> None:
    """Force a file or a folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def install(built: Path, target: Path, build: str) -> None:
    """Move the arrays, then FILE, to their place.

    The arrays bear the id of their build: killed between the two, the old FILE finds its own where they were.
    """
    arrays = folder_of(built, build)
    for file in (*arrays.iterdir(), arrays):
        sync(file)
    os.replace(arrays, folder_of(target, build))
    sync(built)
    os.replace(built, target)
    sync(target.parent)
    _remove_arrays(target, kept=build)


def _remove_arrays(target: Path, kept: str = "") -> None:
    """Remove the arrays of the builds that `target` held, but those of the build `kept`."""
    name = re.compile(rf"{re.escape(target.name)}\.[0-9a-f]{{12}}\.arrays")
    for found in target.parent.iterdir():
        if name.fullmatch(found.name) and found != folder_of(target, kept):
            shutil.rmtree(found)


def point(target: Path) -> None:
    """Make `target`, in the default folder, the register in use."""
    new = pointer().with_name("current.new")
    new.write_text(target.name + "\n", encoding="utf-8")
    sync(new)
    os.replace(new, pointer())
    sync(folder())
    _prune(target)


def _prune(target: Path) -> None:
    """Remove the registers that nobody can be opening any more, and what a killed import left of those it never finished."""
    files = sorted(folder().glob("register-*.duckdb"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    kept = [target, *[file for file in files if file != target][: KEPT - 1]]
    for found in folder().glob("register-*"):
        if any(found == file or found.name.startswith(f"{file.name}.") for file in kept):
            continue
        if found.is_dir():
            shutil.rmtree(found)
        else:
            found.unlink(missing_ok=True)
