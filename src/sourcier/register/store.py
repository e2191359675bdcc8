"""Which register is in use, and its open files.

`SOURCIER_REGISTER` names a register; without it `<VAR>/register/current`, a text file switched by `os.replace`, does.
Each query asks `opened()`: when the name or the file behind it has changed, the new pair is opened, and the old one closes by
itself when the last query that holds it ends.
"""

import os
import sqlite3
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from django.conf import settings

from sourcier.kernel.transitions import Refusal, Refused
from sourcier.register.arrays import Arrays, folder_of, load

FORMAT = "3"
THREADS = min(4, os.cpu_count() or 1)
MEMORY = "2GB"
Config = dict[str, str | bool | int | float | list[str]]
QUIET: Config = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""A register never fetches code from the network."""

ATTEMPTS, PAUSE_S = 20, 0.05


class RegisterMissing(Refused):
    """There is no register, or it cannot be used; the sentence says which command to run."""

    def __init__(self, sentence: str) -> None:
        super().__init__(Refusal("register_missing", sentence))


@dataclass
class Pair:
    """FILE (DuckDB), its names (SQLite) and its arrays, of one build, open for reading. One cursor per thread."""

    file: Path
    names_file: Path
    build: str
    database: duckdb.DuckDBPyConnection
    arrays: Arrays
    signature: tuple[object, ...]
    _threads: threading.local = field(default_factory=threading.local)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """This thread's cursor on the establishments."""
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._threads, "cursor", None)
        if cursor is None:
            cursor = self._threads.cursor = self.database.cursor()
            cursor.execute("USE register")
        return cursor

    def names(self) -> sqlite3.Connection:
        """This thread's connection to the names."""
        names: sqlite3.Connection | None = getattr(self._threads, "names", None)
        if names is None:
            names = self._threads.names = open_names(self.names_file)
        return names


_pair: Pair | None = None
_lock = threading.Lock()


def folder() -> Path:
    """Where registers are built when no other place is asked."""
    return Path(settings.VAR) / "register"


def pointer() -> Path:
    """The text file that names the register in use."""
    return folder() / "current"


def names_of(file: Path) -> Path:
    """`FILE.names`."""
    return file.with_name(file.name + ".names")


def previous_names_of(file: Path) -> Path:
    """Where the names of the register being replaced wait until the whole pair is new."""
    return file.with_name(file.name + ".names.previous")


def open_names(file: Path) -> sqlite3.Connection:
    """The names, read-only. The file is never written again: SQLite need not lock it."""
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)


def current_file() -> Path:
    """The register to use now. Raises `RegisterMissing`."""
    if settings.REGISTER:
        return Path(settings.REGISTER)
    try:
        return folder() / pointer().read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise RegisterMissing(
            "Aucun répertoire d'entreprises n'est installé. Lancez : "
            "sourcier register import --establishments FICHIER --legal-units FICHIER"
        ) from None


def _signature(file: Path) -> tuple[object, ...]:
    try:
        stat, names = file.stat(), names_of(file).stat()
    except OSError:
        raise RegisterMissing(
            f"Le répertoire d'entreprises {file} est introuvable ou incomplet (il faut aussi {names_of(file).name}). "
            "Relancez : sourcier register import"
        ) from None
    return file, stat.st_ino, stat.st_mtime_ns, names.st_ino, names.st_mtime_ns


def _attached(file: Path) -> duckdb.DuckDBPyConnection:
    """A private in-memory instance that reads FILE: DuckDB shares those of a path, and would hand back a replaced file."""
    database = duckdb.connect(":memory:", config={"threads": THREADS, "memory_limit": MEMORY, **QUIET})
    quoted = str(file.resolve()).replace("'", "''")
    try:
        database.execute(f"ATTACH '{quoted}' AS register (READ_ONLY)")
        database.execute("USE register")
    except duckdb.Error:
        database.close()
        raise
    return database


def _build_of(names: Path) -> str:
    connection = open_names(names)
    try:
        return str(dict(connection.execute("SELECT key, value FROM meta").fetchall()).get("build"))
    finally:
        connection.close()


def _names_for(file: Path, build: str) -> Path | None:
    """The file of names made with that build: the one in place, else the one that an interrupted import left."""
    for names in (names_of(file), previous_names_of(file)):
        if names.exists() and _build_of(names) == build:
            return names
    return None


def matching_names(file: Path) -> Path | None:
    """The names that go with FILE; None when there are none, or no readable register."""
    try:
        database = _attached(file)
        try:
            return _names_for(file, dict(database.execute("SELECT key, value FROM meta").fetchall())["build"])
        finally:
            database.close()
    except (duckdb.Error, sqlite3.Error, KeyError):
        return None


def _open(file: Path, signature: tuple[object, ...]) -> Pair:
    """Open both files and compare their build ids. Raises `RegisterMissing`."""
    try:
        database = _attached(file)
    except duckdb.Error as error:
        raise _unreadable(file, error) from None
    try:
        meta = dict(database.execute("SELECT key, value FROM meta").fetchall())
        names = _names_for(file, meta["build"])
        if meta.get("format") != FORMAT:
            raise RegisterMissing(
                f"Le répertoire {file} a été fait par une autre version de Sourcier. Relancez : sourcier register import"
            )
        if names is None:
            raise RegisterMissing(
                f"Les fichiers du répertoire {file} ne viennent pas du même import. Relancez : sourcier register import"
            )
        return Pair(file, names, meta["build"], database, load(folder_of(file, meta["build"])), signature)
    except (duckdb.Error, sqlite3.Error, KeyError, OSError, ValueError, EOFError) as error:
        database.close()
        raise _unreadable(file, error) from None
    except RegisterMissing:
        database.close()
        raise


def _unreadable(file: Path, error: Exception) -> RegisterMissing:
    return RegisterMissing(
        f"Le répertoire d'entreprises {file} est illisible ({str(error).splitlines()[0]}). Relancez : sourcier register import"
    )


def opened() -> Pair:
    """The pair in use, opened anew when the register was switched. Raises `RegisterMissing`.

    A switch replaces two files one after the other: for an instant their ids differ, so a refusal is tried again for a second.
    """
    global _pair
    for attempt in range(ATTEMPTS):
        try:
            file = current_file()
            signature = _signature(file)
            with _lock:
                if _pair is None or _pair.signature != signature:
                    _pair = _open(file, signature)
                return _pair
        except RegisterMissing:
            if attempt == ATTEMPTS - 1 or not _recently_changed():
                raise
            time.sleep(PAUSE_S)
    raise AssertionError


def _recently_changed() -> bool:
    """Whether a switch may be under way: one of the files changed within the last seconds."""
    try:
        file = current_file()
        moments = [path.stat().st_ctime for path in (file, names_of(file)) if path.exists()]
    except (RegisterMissing, OSError):
        return False
    return any(abs(time.time() - moment) < ATTEMPTS * PAUSE_S * 2 for moment in moments)
