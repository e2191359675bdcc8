"""Last stage: the new register takes its place at once, and for good (fsync), or not at all."""

import os
import re
import shutil
from pathlib import Path

from sourcier.register.arrays import folder_of
from sourcier.register.store import folder, matching_names, names_of, pointer, previous_names_of

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
    """Move FILE, FILE.names and the arrays to their place.

    The arrays bear the id of their build and come first. Killed between the two files, the old FILE finds its names under a
    second name, and its arrays where they were.
    """
    arrays = folder_of(built, build)
    for file in (*arrays.iterdir(), arrays):
        sync(file)
    os.replace(arrays, folder_of(target, build))
    sync(built)
    sync(names_of(built))
    previous = previous_names_of(target)
    if matching_names(target) == names_of(target):
        previous.unlink(missing_ok=True)
        os.link(names_of(target), previous)
        sync(target.parent)
    os.replace(names_of(built), names_of(target))
    os.replace(built, target)
    sync(target.parent)
    previous.unlink(missing_ok=True)
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
