"""Which activities correspond: INSEE's table (`<VAR>/nomenclature/correspondence.json`), or what the register's rows say."""

import json
import threading
from dataclasses import asdict
from datetime import date
from pathlib import Path

import numpy as np
from django.conf import settings

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.correspondence import Correspondence, Counted, Official, corresponding, counted
from sourcier.kernel.transitions import refuse
from sourcier.register.arrays import Arrays

_read: tuple[tuple[str, int, int, int], Correspondence] | None = None
_lock = threading.Lock()


def file() -> Path:
    """Where the table in use is, once a city gave it."""
    return Path(settings.VAR) / "nomenclature" / "correspondence.json"


def official() -> Correspondence | None:
    """INSEE's table, opened anew when it was replaced; None when no city gave it. Raises `Refused` when it cannot be read."""
    global _read
    path = file()
    try:
        stat = path.stat()
    except OSError:
        return None
    signature = (str(path), stat.st_ino, stat.st_mtime_ns, stat.st_size)
    with _lock:
        if _read is None or _read[0] != signature:
            try:
                _read = signature, from_text(path.read_text(encoding="utf-8"))
            except (OSError, ValueError, TypeError, KeyError):
                again = "Relancez : sourcier nomenclature import FICHIER"
                raise refuse("damaged_correspondence", f"La table de correspondance {path} ne se lit plus. {again}") from None
        return _read[1]


def to_text(table: Correspondence, origin: Official) -> str:
    """A table as it is kept."""
    pairs = [[one.code, other.code] for one in table.others for other in table.of(one) if one.nomenclature == NAF_REV2]
    return json.dumps({"origin": {**asdict(origin), "on": origin.on.isoformat()}, "pairs": sorted(pairs)})


def from_text(text: str) -> Correspondence:
    """The inverse of `to_text`. Raises `ValueError`, `TypeError` or `KeyError`."""
    told = json.loads(text)
    origin = Official(told["origin"]["file"], told["origin"]["sha256"], date.fromisoformat(told["origin"]["on"]))
    pairs = [(Activity(NAF_REV2, former), Activity(NAF_2025, recent), None) for former, recent in told["pairs"]]
    return corresponding(pairs, origin)


def kept_file() -> Path:
    """What the rows of the last register with both codes said: a stock of after 2026 may bear the new one alone."""
    return file().with_name("counted.json")


def keep(told: Correspondence) -> None:
    """Keep what a new register's rows say, unless they say nothing. Raises `OSError`."""
    if isinstance(told.origin, Counted) and told.others:
        pairs = [
            [a.code, b.code, n] for a, others in told.others.items() if a.nomenclature == NAF_REV2 for b, n in others.items()
        ]
        kept_file().parent.mkdir(parents=True, exist_ok=True)
        new = kept_file().with_suffix(".new")
        new.write_text(json.dumps({"origin": asdict(told.origin), "pairs": pairs}), encoding="utf-8")
        new.replace(kept_file())


def kept() -> Correspondence:
    """What `keep` kept; nothing corresponds when it did not, or when that cannot be read."""
    try:
        told = json.loads(kept_file().read_text(encoding="utf-8"))
        pairs = [(Activity(NAF_REV2, former), Activity(NAF_2025, recent), count) for former, recent, count in told["pairs"]]
        return corresponding(pairs, Counted(**told["origin"]))
    except (OSError, ValueError, TypeError, KeyError):
        return Correspondence()


def told_by_rows(arrays: Arrays, build: str) -> Correspondence:
    """From the active, placed establishments that bear both codes: rows stand by pair, so only the pairs are read."""
    rows = np.diff(np.append(arrays.first_rows, len(arrays.siret.values)).astype(np.int64)).tolist()
    both = {
        (Activity(NAF_REV2, former), Activity(NAF_2025, recent)): number
        for (former, recent), number in zip(arrays.pairs, rows, strict=True)
        if former and recent
    }
    return counted(both, build)
