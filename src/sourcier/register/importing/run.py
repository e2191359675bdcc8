"""The stages in their order: `import_stock` is what the command calls."""

import fcntl
import os
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb

from sourcier.kernel.transitions import Refused
from sourcier.register import correspondence
from sourcier.register.arrays import folder_of, load
from sourcier.register.importing import (
    arrays,
    check,
    columns,
    communes,
    former,
    match,
    names,
    read,
    streets,
    switch,
    write,
)
from sourcier.register.importing.stages import Progress, Stages
from sourcier.register.store import QUIET, folder

MEMORY, BESIDE_NAMES, BESIDE_ARRAYS = "2800MB", "2200MB", "1300MB"
"""What DuckDB may take, less while Python holds the words of France, and still less with numpy's columns of it: these and what
the allocator keeps come on top, and the whole stays under 4 GiB."""


@dataclass(frozen=True)
class Chosen:
    """What was asked of an import, beside its two files (see `import_stock`)."""

    departments: Sequence[str]
    communes: Path | None
    fictitious: bool
    force: bool

    @property
    def scope(self) -> dict[str, str]:
        """What two registers must have in common for their sizes to compare, as the register keeps it."""
        return {"departments": ",".join(sorted(self.departments)), "fictitious": "1" if self.fictitious else "0"}


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
    force: bool = False,
    progress: Progress = lambda told: None,
) -> Report:
    """Build a register from INSEE's two stock files, and put it in use once it is whole.

    `out` is the file to write; without it, a new file in the default folder, which becomes the register in use. `departments`
    keeps those only (« 93 », « 2A », « 974 »). `force`: accept a stock much smaller than the register it replaces.
    Raises `Refused` (a French sentence); the register in place is then untouched.
    """
    if odd := next((code for code in departments if not re.fullmatch(r"\d[\dAB]\d?", code)), None):
        raise read.refused(f"« {odd} » n'est pas un code de département. Écrivez par exemple 93,2A,974.")
    build = secrets.token_hex(16)
    target = out.resolve() if out else folder() / f"register-{build[:12]}.duckdb"
    if target.is_dir():
        raise read.refused(f"{target} est un dossier : donnez à --out le nom d'un fichier.")
    with _workshop(target.parent) as workshop:
        sources = read.source(establishments, "établissements"), read.source(legal_units, "unités légales")
        try:
            report = _build(workshop, target, build, sources, Chosen(departments, communes, fictitious, force), progress)
            switch.install(workshop / "register.duckdb", target, build)
        except (duckdb.Error, OSError) as error:
            if read.disk_is_full(str(error)):
                raise read.refused(f"Le disque est plein : il n'y a plus de place dans {target.parent}.") from None
            if isinstance(error, duckdb.OutOfMemoryException):
                raise read.refused("La mémoire manque : l'import demande 4 Go libres.") from None
            raise read.stopped(sources, str(error)) from None
    if out is None:
        switch.point(target)
        with suppress(OSError):  # the register is in use: what may serve after 2026 does not make its import fail
            correspondence.keep(correspondence.told_by_rows(load(folder_of(target, build)), build))
    return report


@contextmanager
def _workshop(parent: Path) -> Iterator[Path]:
    """A folder beside the target, one import at a time; what a killed import left is cleared first."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        lock = (parent / ".import.lock").open("w")
    except OSError as error:
        raise read.refused(f"On ne peut pas écrire dans {parent} ({read.reason(error)}).") from None
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
    workshop: Path, target: Path, build: str, sources: tuple[read.Source, read.Source], chosen: Chosen, progress: Progress
) -> Report:
    """Every stage, in the workshop."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": os.cpu_count() or 1,
        "memory_limit": MEMORY,
        "temp_directory": str(workshop / "spill"),
        **QUIET,
    }
    with duckdb.connect(str(workshop / "stage.duckdb"), config=config) as database:
        stages = Stages(database, progress, sources[0].kind)
        rows, units = _load(stages, workshop, target, sources, chosen)
        orphans, outside, lost = _match(stages, workshop, rows, units)
        with stages.stage("Communes", watched=False):
            communes.communes(database, chosen.communes)
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        kept = {"build": build, "built_at": moment, "legal_units": str(units), **chosen.scope}
        counts = _write(stages, workshop, kept)
    return Report(target, build, rows, units, orphans, counts, lost, outside)


def _match(stages: Stages, workshop: Path, rows: int, units: int) -> tuple[int, int, dict[str, int]]:
    """Returns the establishments whose unit is absent, those placed out of their territory, and the values not read."""
    database = stages.database
    with stages.stage("Rapprochement", watched=False):
        typed = match.match(database, units, workshop, partial(stages.watch, "Rapprochement"))
        check.same(rows, typed, "rapprochement")
        orphans, outside = read.only(database, "SELECT count_if(NOT has_unit), count_if(outside) FROM typed")
        unread = zip(columns.TRIED.values(), read.only(database, columns.UNREAD), strict=True)
    return orphans, outside, {column: count for (column, _), count in unread if count}


def _write(stages: Stages, workshop: Path, kept: Mapping[str, str]) -> dict[str, int]:
    """The register and its arrays, in the workshop; the words of names, which take one core, beside the rest."""
    database, file = stages.database, workshop / "register.duckdb"
    folder = folder_of(file, kept["build"])
    folder.mkdir()
    quoted = str(file).replace("'", "''")
    with stages.stage("Noms", watched=False) as advance:
        names.rank(database)
        database.execute(f"SET memory_limit = '{BESIDE_NAMES}'")
        with _beside(partial(names.write_names, database.cursor(), folder, advance)):
            with stages.stage("Écriture"):
                database.execute(f"ATTACH '{quoted}' AS output")
                counts = write.write(database, kept)
                streets.write_streets(database)
                former.write_former(database)
            with stages.stage("Tableaux", watched=False):
                database.execute(f"SET memory_limit = '{BESIDE_ARRAYS}'")
                arrays.write_arrays(database, folder)
        names.place_names(database, folder)
        database.execute("DETACH output")
    return counts


@contextmanager
def _beside(work: Callable[[Callable[[], bool]], None]) -> Iterator[None]:
    """Do `work` in a thread of its own during the block, then wait for it; it is told when the block failed, and may stop."""
    failed = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(work, failed.is_set)
        try:
            yield
        except BaseException:
            failed.set()
            raise
    done.result()


def _load(
    stages: Stages, workshop: Path, target: Path, sources: tuple[read.Source, read.Source], chosen: Chosen
) -> tuple[int, int]:
    """Read and check both files; return the rows kept of each."""
    first, second = sources
    database, departments = stages.database, chosen.departments
    where = " OR ".join(f"starts_with(codeCommuneEtablissement, '{code}')" for code in departments) or read.EVERY_ROW
    with stages.stage("Établissements", watched=first.kind != "zip") as advance:
        rows = read.load(
            database, first, "establishment", columns.ESTABLISHMENT, columns.ESTABLISHMENT_OPTIONAL,
            folder=workshop, advance=advance, where=where,
        )  # fmt: skip
        if not rows:
            raise read.refused(f"Le fichier des {first.name} ne contient aucun établissement" + _among(departments) + ".")
        before = {} if chosen.force else check.previous(target)
        check.not_shrunk("establishments", rows, before, chosen.scope)
        # Once departments were chosen, the position among the rows kept is not the line of the file.
        numbered = not departments and not read.viewed(first, where)
        check.keys(database, first, "establishment", "siret", 14, numbered=numbered)
    with stages.stage("Unités légales", watched=second.kind != "zip") as advance:
        kept = "siren IN (SELECT siren FROM establishment)" if departments else read.EVERY_ROW
        units = read.load(
            database, second, "legal_unit", columns.LEGAL_UNIT, folder=workshop, advance=advance, where=kept
        )  # fmt: skip
        if not units:
            raise read.refused(f"Le fichier des {second.name} ne contient aucune unité légale" + _among(departments) + ".")
        check.not_shrunk("legal_units", units, before, chosen.scope)
        numbered = not departments and not read.viewed(second, kept)
        check.keys(database, second, "legal_unit", "siren", 9, numbered=numbered)
    return rows, units


def _among(departments: Sequence[str]) -> str:
    return f" des départements {', '.join(departments)}" if departments else ""


__all__ = ["Progress", "Refused", "Report", "import_stock"]
