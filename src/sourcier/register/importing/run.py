"""The stages in their order: `import_stock` is what the command calls."""

import fcntl
import os
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from sourcier.kernel.transitions import Refused
from sourcier.register.arrays import folder_of
from sourcier.register.importing import arrays, check, columns, names, project, read, switch, write
from sourcier.register.store import QUIET, folder

MEMORY = "3GB"
POLL_S = 0.2
Progress = Callable[[str, float], None]
"""Told the stage and the share of it done, 0 to 1."""


@dataclass(frozen=True)
class Report:
    """What an import read and wrote: `counts` of `Status`, rows kept from each file, rows whose legal unit is absent.

    `unread`: values left out because they cannot be read, by column of the file; `outside`: points out of their territory.
    """

    file: Path
    build: str
    establishments: int
    legal_units: int
    orphans: int
    counts: dict[str, int]
    unread: dict[str, int]
    outside: int


def import_stock(
    establishments: Path,
    legal_units: Path,
    *,
    out: Path | None = None,
    departments: Sequence[str] = (),
    communes: Path | None = None,
    fictitious: bool = False,
    progress: Progress = lambda stage, share: None,
) -> Report:
    """Build a register from INSEE's two stock files, and put it in use once it is whole.

    `out` is the file to write; without it, a new file in the default folder, which becomes the register in use. `departments`
    keeps those only (« 93 », « 2A », « 974 »). Raises `Refused` (a French sentence); the register in place is then untouched.
    """
    if odd := next((code for code in departments if not re.fullmatch(r"\d[\dAB]\d?", code)), None):
        raise read.refused(f"« {odd} » n'est pas un code de département. Écrivez par exemple 93,2A,974.")
    build = secrets.token_hex(16)
    target = out.resolve() if out else folder() / f"register-{build[:12]}.duckdb"
    with _workshop(target.parent) as workshop:
        sources = read.source(establishments, "établissements"), read.source(legal_units, "unités légales")
        try:
            report = _build(workshop, target, build, sources, departments, communes, fictitious, progress)
            switch.install(workshop / "register.duckdb", target, build)
        except duckdb.Error as error:
            raise read.refused(f"L'import s'est arrêté : {str(error).splitlines()[0]}.") from None
        except OSError as error:
            raise read.refused(f"L'import s'est arrêté : {error.strerror or error}.") from None
    if out is None:
        switch.point(target)
    return report


@contextmanager
def _workshop(parent: Path) -> Iterator[Path]:
    """A folder beside the target, one import at a time; what a killed import left is cleared first."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        lock = (parent / ".import.lock").open("w")
    except OSError as error:
        raise read.refused(f"On ne peut pas écrire dans {parent} ({error.strerror}).") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise read.refused(f"Un autre import est en cours dans {parent}. Attendez qu'il finisse.") from None
        workshop = parent / ".import"
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir()
        try:
            yield workshop
        finally:
            shutil.rmtree(workshop, ignore_errors=True)


def _build(
    workshop: Path,
    target: Path,
    build: str,
    sources: tuple[read.Source, read.Source],
    departments: Sequence[str],
    communes: Path | None,
    fictitious: bool,
    progress: Progress,
) -> Report:
    """Every stage, in the workshop."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": os.cpu_count() or 1,
        "memory_limit": MEMORY,
        "temp_directory": str(workshop / "spill"),
        **QUIET,
    }
    quoted = str(workshop).replace("'", "''")
    with duckdb.connect(str(workshop / "stage.duckdb"), config=config) as database:
        rows, units = _load(database, workshop, sources, departments, progress)
        with _stage(database, "Rapprochement", progress):
            for macro in columns.MACROS:
                database.execute(macro)
            database.execute(columns.TYPED)
            orphans, typed = read.only(database, "SELECT count_if(NOT has_unit), count(*) FROM typed")
            check.same(rows, typed, "rapprochement")
            unread = zip(columns.TRIED.values(), read.only(database, columns.UNREAD), strict=True)
            lost = {column: count for (column, _), count in unread if count}
        with _stage(database, "Positions", progress, watched=False):
            project.positions(database, workshop)
            outside = project.outside(database)
            project.communes(database, communes)
        with _stage(database, "Écriture", progress):
            database.execute(f"ATTACH '{quoted}/register.duckdb' AS output")
            moment = datetime.now(UTC).isoformat(timespec="seconds")
            counts = write.write(database, build, moment, fictitious=fictitious)
        arrays_folder = folder_of(workshop / "register.duckdb", build)
        with _stage(database, "Tableaux", progress, watched=False):
            arrays.write_arrays(database, arrays_folder)
        with _stage(database, "Noms", progress, watched=False):
            names.write_names(database, workshop / "register.duckdb.names", arrays_folder, build)
            database.execute("DETACH output")
    return Report(target, build, rows, units, orphans, counts, lost, outside)


def _load(
    database: duckdb.DuckDBPyConnection,
    workshop: Path,
    sources: tuple[read.Source, read.Source],
    departments: Sequence[str],
    progress: Progress,
) -> tuple[int, int]:
    """Read and check both files; return the rows kept of each."""
    first, second = sources
    where = " OR ".join(f"starts_with(codeCommuneEtablissement, '{code}')" for code in departments) or "true"
    with _stage(database, "Établissements", progress, watched=first.kind != "zip") as advance:
        rows = read.load(
            database, first, "establishment", columns.ESTABLISHMENT, columns.ESTABLISHMENT_OPTIONAL,
            folder=workshop, advance=advance, where=where,
        )  # fmt: skip
        if not rows:
            raise read.refused(f"Le fichier des {first.name} ne contient aucun établissement" + _among(departments) + ".")
        check.keys(database, first, "establishment", "siret", 14, filtered=bool(departments))
    with _stage(database, "Unités légales", progress, watched=second.kind != "zip") as advance:
        kept = "siren IN (SELECT siren FROM establishment)" if departments else "true"
        units = read.load(
            database, second, "legal_unit", columns.LEGAL_UNIT, folder=workshop, advance=advance, where=kept
        )  # fmt: skip
        check.keys(database, second, "legal_unit", "siren", 9, filtered=bool(departments))
    return rows, units


def _among(departments: Sequence[str]) -> str:
    return f" des départements {', '.join(departments)}" if departments else ""


@contextmanager
def _stage(
    database: duckdb.DuckDBPyConnection, name: str, progress: Progress, *, watched: bool = True
) -> Iterator[Callable[[float], None]]:
    """Tell a stage's progress; `watched`: DuckDB itself is asked how far its query is."""
    progress(name, 0)
    with _watch(database, name, progress) if watched else nullcontext():
        yield lambda share: progress(name, share)
    progress(name, 1)


@contextmanager
def _watch(database: duckdb.DuckDBPyConnection, name: str, progress: Progress) -> Iterator[None]:
    done = threading.Event()

    def poll() -> None:
        while not done.wait(POLL_S):
            share = database.query_progress()
            if share > 0:
                progress(name, min(1.0, share / 100))

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


__all__ = ["Refused", "Report", "import_stock"]
