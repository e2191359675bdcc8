"""Learn from published contracts: read the files, join their winners to the register, write the index, put it in use at once.

Whatever happens on the way, the former index answers until the new one is whole.
"""

import fcntl
import gzip
import hashlib
import io
import os
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from django.utils import timezone

from sourcier.kernel.french import format_number
from sourcier.kernel.transitions import Refused, refuse
from sourcier.matching import decp
from sourcier.matching.collected import Collected, Firms, ints
from sourcier.matching.learned import Learned
from sourcier.needs import learned
from sourcier.needs.learned import Report, Source
from sourcier.register import bulk
from sourcier.register.importing.stages import NEARLY, Estimate, Progress
from sourcier.register.store import opened as register

READING, INDEXING, WRITING = "Lecture", "Index", "Écriture"
WEIGHTS = {READING: 94.0, INDEXING: 4.0, WRITING: 2.0}
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"

Tell = Callable[[str, float], None]


def learn(files: Sequence[Path], progress: Progress) -> Report:
    """Read all of these files into one new index, which takes the place of the former one.

    JSON of 2019 or 2022, bare, `.gz` or `.zip`. Raises `Refused`, with nothing changed.
    """
    estimate, begun = Estimate(WEIGHTS), time.monotonic()
    sizes = [_size(path) for path in files]

    def tell(stage: str, share: float) -> None:
        progress(estimate.tell(stage, share, time.monotonic() - begun))

    build = register().build

    def asked(sirets: ints) -> Firms:
        nonlocal build
        told = bulk.firms(sirets)
        build = told.build
        return Firms(told.known, told.disclosed, told.pair, told.pairs)

    with _workshop() as new:
        now, sources = timezone.now(), []
        collected = Collected(timezone.localdate(now), asked)
        for number, path in enumerate(files):
            before, size = sum(sizes[:number]), sizes[number]
            sources.append(_read(path, collected, lambda done: tell(READING, NEARLY * (before + done * size) / sum(sizes))))  # noqa: B023
        tell(READING, 1)
        index = collected.build()
        tell(INDEXING, 1)
        left = {reason.value: count for reason, count in collected.left.items() if count}
        report = Report(
            learned_at=now, sources=tuple(sources), rows=collected.rows, left=left,
            contracts=collected.rows - sum(left.values()),
            activities=_activities(index), winners=len(index.sirets), last=collected.last,
            register=build,
        )  # fmt: skip
        if not report.contracts:
            raise refuse(
                "nothing_learned", f"Aucun marché n'a pu être utilisé. Rien n'a été changé.\n{why_left(report)}".strip()
            )
        _install(new, learned.arrays(index, report))
        tell(WRITING, 1)
    return report


def why_left(report: Report) -> str:
    """One line for each reason, the most rows first."""
    ordered = sorted(report.left.items(), key=lambda item: -item[1])
    return "\n".join(f"  {format_number(count):>11}  {reason}" for reason, count in ordered)


def _activities(index: Learned) -> int:
    """How many activities won a contract: of NAF rév. 2, and of NAF 2025 for firms that bear it alone."""
    pairs = {*np.unique(index.line_pair).tolist(), *np.unique(index.cpv_pair).tolist()}
    return len({(rev2, "" if rev2 else recent) for rev2, recent in map(index.codes.__getitem__, pairs)})


def _size(path: Path) -> int:
    """Bytes of a file that can be read. Raises `Refused`."""
    if path.is_dir():
        raise refuse("folder", f"{path} est un dossier : donnez le fichier JSON des données essentielles.")
    if not path.exists():
        raise refuse("absent", f"{path} est introuvable.")
    size = path.stat().st_size
    if not path.is_file() or not size:
        raise refuse("empty", f"{path} est vide. Téléchargez-le de nouveau.")
    return size


def _read(path: Path, collected: Collected, advance: Callable[[float], None]) -> Source:
    """Gather the rows of one file. Raises `Refused`."""
    before = collected.rows
    try:
        with path.open("rb") as raw:
            sum_ = hashlib.file_digest(raw, "sha256").hexdigest()
            size = raw.seek(0, os.SEEK_END)
            raw.seek(0)
            for text in _texts(raw, path):

                def piece(signs: int, text: io.TextIOWrapper = text) -> str:
                    advance(raw.tell() / size)
                    return text.read(signs)

                for row in decp.rows(piece):
                    collected.add(decp.contract(row))
    except (EOFError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile, RuntimeError):
        raise refuse(
            "damaged_archive",
            f"{path} est une archive abîmée, incomplète ou chiffrée. Rien n'a été changé. Téléchargez-la de nouveau.",
        ) from None
    except decp.Damaged:
        raise _damaged(path, collected.rows - before) from None
    except OSError as error:
        raise refuse("unreadable", f"{path} ne se lit pas : {error.strerror or error}. Rien n'a été changé.") from None
    if collected.rows == before:
        raise refuse("no_contract", f"{path} ne contient aucun marché (« marches »). Rien n'a été changé.")
    return Source(path.name, sum_, collected.rows - before)


def _damaged(path: Path, rows: int) -> Refused:
    if not rows:
        return refuse(
            "not_json",
            f"{path} n'est pas un fichier JSON de données essentielles (une page web, un tableur ?). Rien n'a été changé.",
        )
    return refuse(
        "damaged",
        f"{path} est abîmé ou incomplet : {format_number(rows)} lignes ont été lues, puis le texte s'arrête. "
        "Rien n'a été changé : ce qui était déjà appris répond toujours. Téléchargez-le de nouveau.",
    )


def _texts(raw: BinaryIO, path: Path) -> Iterator[io.TextIOWrapper]:
    """The text of a file, unpacked; each JSON file of a ZIP. Signs out of UTF-8 are replaced."""
    first = raw.read(4)
    raw.seek(0)
    if first.startswith(ZIP):
        with zipfile.ZipFile(raw) as archive:
            members = [name for name in archive.namelist() if name.lower().endswith(".json")]
            if not members:
                raise refuse("no_json", f"{path} ne contient aucun fichier .json. Rien n'a été changé.")
            for member in members:
                with archive.open(member) as packed:
                    yield io.TextIOWrapper(packed, "utf-8", errors="replace")
    elif first.startswith(GZIP):
        with gzip.open(raw) as packed:
            yield io.TextIOWrapper(packed, "utf-8", errors="replace")
    else:
        yield io.TextIOWrapper(raw, "utf-8", errors="replace")


@contextmanager
def _workshop() -> Iterator[Path]:
    """A new file beside the index, one learning at a time; what a killed one left is written over."""
    folder = learned.file().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise refuse("unwritable", f"On ne peut pas écrire dans {folder} ({error.strerror}).") from None
    new = folder / "contracts.new"
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise refuse("busy", f"Un autre apprentissage est en cours dans {folder}. Attendez qu'il finisse.") from None
        try:
            yield new
        finally:
            new.unlink(missing_ok=True)


def _install(new: Path, arrays: dict[str, Any]) -> None:
    """Write, force to disk, and switch: the index is whole or it is not there. Raises `Refused`."""
    try:
        with new.open("wb") as out:
            np.savez(out, **arrays)
            out.flush()
            os.fsync(out.fileno())
        os.replace(new, learned.file())
        folder = os.open(learned.file().parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise refuse("unwritable", f"{new} ne s'écrit pas : {error.strerror or error}. Rien n'a été changé.") from None
