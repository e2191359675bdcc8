"""What published contracts taught this installation: the index in use.

`<VAR>/learned/contracts.npz`, switched by `os.replace`: each question asks `opened()`, which opens the new one by itself.
Without it, or when it cannot be read, pages say nothing of published contracts; `sourcier matching` and `doctor` say why.
"""

import json
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from sourcier.kernel.transitions import Refused, refuse
from sourcier.matching.learned import Learned, from_arrays

FORMAT = 1
META = "meta"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read: its name, the SHA-256 of its bytes, its rows."""

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Report:
    """What was read and what it taught. `left`: rows of no use, by reason. `last`: the latest notification among the rows.

    `contracts`: those used; `activities`: how many are known by them, `winners`: by the words of their titles; `register`: the
    build that told them.
    """

    learned_at: datetime
    sources: tuple[Source, ...]
    rows: int
    contracts: int
    left: Mapping[str, int]
    activities: int
    winners: int
    last: date | None
    register: str


@dataclass(frozen=True, slots=True)
class Opened:
    """An index and what is told of it."""

    index: Learned
    report: Report
    size: int


_opened: tuple[tuple[int, int, int], Opened] | None = None
_lock = threading.Lock()


def file() -> Path:
    """Where the index in use is."""
    return Path(settings.VAR) / "learned" / "contracts.npz"


def opened() -> Opened | None:
    """The index in use, None when nothing was learned. Raises `Refused` when it cannot be read."""
    global _opened
    try:
        stat = file().stat()
    except OSError:
        return None
    signature = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
    with _lock:
        if _opened is None or _opened[0] != signature:
            _opened = (signature, _read(file(), stat.st_size))
        return _opened[1]


def _read(path: Path, size: int) -> Opened:
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as read:
            told = json.loads(read[META].tobytes())
            if told["format"] == FORMAT:
                return Opened(from_arrays({name: read[name] for name in Learned.names()}), _report(told["report"]), size)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise refuse(
            "learned_unreadable", f"{path} est illisible ({type(error).__name__}). Relancez : sourcier matching learn FICHIER"
        ) from None
    raise refuse("learned_old", f"{path} vient d'une autre version de Sourcier. Relancez : sourcier matching learn FICHIER")


def arrays(index: Learned, report: Report) -> dict[str, Any]:
    """What the file holds."""
    told = json.dumps({"format": FORMAT, "report": as_json(report)}, ensure_ascii=False).encode()
    return {META: np.frombuffer(told, np.uint8)} | {name: getattr(index, name) for name in Learned.names()}


def as_json(report: Report) -> dict[str, Any]:
    """The report for a program: days and moments in ISO form."""
    moments = {"learned_at": report.learned_at.isoformat(), "last": report.last.isoformat() if report.last else None}
    return {**asdict(report), "left": dict(report.left), **moments}


def _report(told: dict[str, Any]) -> Report:
    return Report(**{
        **told,
        "learned_at": datetime.fromisoformat(told["learned_at"]),
        "last": date.fromisoformat(told["last"]) if told["last"] else None,
        "sources": tuple(Source(**source) for source in told["sources"]),
    })  # fmt: skip


def usable() -> Opened | None:
    """The same, for pages: none fails for an index that cannot be read, it says nothing of it."""
    try:
        return opened()
    except Refused:
        return None
