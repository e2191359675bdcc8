"""Which register is in use, and its open files.

`SOURCIER_REGISTER` names a register; without it `<VAR>/register/current`, a text file switched by `os.replace`, does.
Each query asks `opened()`: when the name or the file behind it has changed, the new register is opened, and the old one closes
by itself when the last query that holds it ends.
"""

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from django.conf import settings

from sourcier.kernel.correspondence import Correspondence
from sourcier.kernel.transitions import Refusal, Refused
from sourcier.register import correspondence
from sourcier.register.arrays import Arrays, folder_of, load

FORMAT = "4"
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
class Register:
    """FILE (DuckDB) and its arrays, of one build, open for reading. One cursor per thread.

    `told`: which activities correspond, as its own rows say, or those of the last register that had both codes.
    """

    file: Path
    build: str
    database: duckdb.DuckDBPyConnection
    arrays: Arrays
    told: Correspondence
    signature: tuple[object, ...]
    _threads: threading.local = field(default_factory=threading.local)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """This thread's cursor on the establishments."""
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._threads, "cursor", None)
        if cursor is None:
            cursor = self._threads.cursor = self.database.cursor()
            cursor.execute("USE register")
        return cursor

    @property
    def correspondence(self) -> Correspondence:
        """The one that searches follow: INSEE's table when the city gave it and it reads (`sourcier doctor` says when not)."""
        try:
            return correspondence.official() or self.told
        except Refused:
            return self.told


_register: Register | None = None
_lock = threading.Lock()


def folder() -> Path:
    """Where registers are built when no other place is asked."""
    return Path(settings.VAR) / "register"


def pointer() -> Path:
    """The text file that names the register in use."""
    return folder() / "current"


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
        stat = file.stat()
    except OSError:
        raise RegisterMissing(
            f"Le répertoire d'entreprises {file} est introuvable. Relancez : sourcier register import"
        ) from None
    return file, stat.st_ino, stat.st_mtime_ns


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


def _open(file: Path, signature: tuple[object, ...]) -> Register:
    """Open FILE, and the arrays of its build. Raises `RegisterMissing`."""
    try:
        database = _attached(file)
    except duckdb.Error as error:
        raise _unreadable(file, error) from None
    try:
        meta = dict(database.execute("SELECT key, value FROM meta").fetchall())
        if meta.get("format") != FORMAT:
            raise RegisterMissing(
                f"Le répertoire {file} a été fait par une autre version de Sourcier. Relancez : sourcier register import"
            )
        arrays = load(folder_of(file, meta["build"]))
        told = correspondence.told_by_rows(arrays, meta["build"])
        if not told.others and (kept := correspondence.kept()).others:
            told = kept
        return Register(file, meta["build"], database, arrays, told, signature)
    except (duckdb.Error, KeyError, OSError, ValueError, EOFError) as error:
        database.close()
        raise _unreadable(file, error) from None
    except RegisterMissing:
        database.close()
        raise


def _unreadable(file: Path, error: Exception) -> RegisterMissing:
    return RegisterMissing(
        f"Le répertoire d'entreprises {file} est illisible ({str(error).splitlines()[0]}). Relancez : sourcier register import"
    )


def opened() -> Register:
    """The register in use, opened anew when it was switched. Raises `RegisterMissing`.

    A switch takes the old arrays away: who was just opening them is refused, and tries again for a second.
    """
    global _register
    for attempt in range(ATTEMPTS):
        try:
            file = current_file()
            signature = _signature(file)
            with _lock:
                if _register is None or _register.signature != signature:
                    _register = _open(file, signature)
                return _register
        except RegisterMissing:
            if attempt == ATTEMPTS - 1 or not _recently_changed():
                raise
            time.sleep(PAUSE_S)
    raise AssertionError


def _recently_changed() -> bool:
    """Whether a switch may be under way: the file changed within the last seconds."""
    try:
        changed = current_file().stat().st_ctime
    except (RegisterMissing, OSError):
        return False
    return abs(time.time() - changed) < ATTEMPTS * PAUSE_S * 2
