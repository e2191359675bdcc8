"""INSEE's files on NAF 2025: read, checked whole, and put in use at once. A second file takes the place of the first.

What is in use is in `<VAR>/nomenclature/`: the table of correspondence (see `register.correspondence`), and the labels.
"""

import hashlib
import json
import os
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from django.utils import timezone

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.correspondence import Counted, Official, corresponding
from sourcier.kernel.french import format_number
from sourcier.kernel.transitions import Refused, refuse
from sourcier.matching import labels as rev2
from sourcier.matching import official
from sourcier.register import correspondence
from sourcier.register.search import followed
from sourcier.spend.importing import sheets
from sourcier.spend.importing.lines import text
from sourcier.spend.importing.sheets import Row, Sheet

MAX_BYTES = 30_000_000
WHOLE = 95
"""Per cent of the codes of NAF rév. 2 that a table must have: less is a table cut, or another file."""

LABELS = 700
"""NAF 2025 has some 750 sub-classes: a file with fewer is cut, or is another file."""

UNCHANGED = "Rien n'a été changé."


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file gave: zero pairs when it holds labels alone, zero labels when it holds none or too few of them."""

    origin: Official
    pairs: int
    former: int
    recent: int
    labels: int
    left: tuple[official.Left, ...]


@dataclass(frozen=True, slots=True)
class InUse:
    """What this installation knows of NAF 2025: which table says what corresponds (None: none), how many codes of each
    nomenclature it has, how many labels there are, and why INSEE's table is left aside, "" when it is not."""

    origin: Official | Counted | None
    former: int
    recent: int
    labels: int
    wrong: str

    @property
    def official(self) -> bool:
        """Whether INSEE's table is what is followed."""
        return isinstance(self.origin, Official)

    @property
    def establishments(self) -> str:
        """« 1 214 », those that bear both codes, when the register counts."""
        return format_number(self.origin.establishments) if isinstance(self.origin, Counted) else ""


_read: tuple[tuple[str, int, int, int], Mapping[Activity, str]] | None = None
_lock = threading.Lock()


def labels_file() -> Path:
    """Where the labels of NAF 2025 are, once a city gave them."""
    return correspondence.file().with_name("naf_2025.json")


def labels() -> Mapping[Activity, str]:
    """The labels of NAF 2025 in use; none without a file, or when it cannot be read: codes are then shown alone."""
    global _read
    path = labels_file()
    try:
        stat = path.stat()
        signature = (str(path), stat.st_ino, stat.st_mtime_ns, stat.st_size)
        with _lock:
            if _read is None or _read[0] != signature:
                told = json.loads(path.read_text(encoding="utf-8"))["labels"]
                _read = signature, {Activity(NAF_2025, code): str(label) for code, label in told.items()}
            return _read[1]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def named(activity: Activity) -> str | None:
    """How a page names an activity; None when neither nomenclature, as far as this installation knows them, has it.

    Without its official label, one of NAF 2025 is named as what it corresponds to.
    """
    if label := rev2.labels().get(activity) or labels().get(activity):
        return label
    known = followed()
    if activity.nomenclature != NAF_2025 or activity not in known.others:
        return None
    return f"{' ; '.join(rev2.label(each) for each in known.of(activity))} (d'après la NAF rév. 2)"


def corresponds(activity: Activity) -> str:
    """« correspond en NAF rév. 2 à 10.71C, 10.71D ; table de l'INSEE », empty for one of NAF rév. 2 or that has none."""
    known = followed()
    others = known.of(activity) if activity.nomenclature == NAF_2025 else ()
    if not others:
        return ""
    proof = "table de l'INSEE"
    if isinstance(known.origin, Counted):
        both = sum(count or 0 for count in known.others[activity].values())
        proof = f"d'après {format_number(both)} établissements du répertoire qui portent les deux codes"
    return f"correspond en NAF rév. 2 à {', '.join(each.code for each in others)} ; {proof}"


def read_as_before(activities: Sequence[Activity]) -> list[Activity]:
    """These, then what those of NAF 2025 correspond to: families and questions tell their activities in NAF rév. 2."""
    recent = [each for each in activities if each.nomenclature == NAF_2025]
    return [*activities, *(other for each in recent for other in followed().of(each))]


def in_use() -> InUse:
    """Of what is followed today."""
    wrong = ""
    try:
        correspondence.official()
    except Refused as refused:
        wrong = refused.sentence
    known = followed()
    each = Counter(activity.nomenclature for activity in known.others)
    return InUse(known.origin if known.others else None, each[NAF_REV2], each[NAF_2025], len(labels()), wrong)


def load(path: Path) -> Imported:
    """Read one of INSEE's files (XLS, XLSX, ODS, CSV, JSON) and put it in use. Raises `Refused`, with nothing changed."""
    data = _bytes(path)
    table = max(_tables(data), key=lambda each: (len(each.pairs), len(each.labels)))
    origin = Official(path.name, hashlib.sha256(data).hexdigest(), timezone.localdate())
    former = {one for one, _ in table.pairs}
    _check(table, len(former))
    if table.pairs:
        found = corresponding([(*pair, None) for pair in table.pairs], origin)
        _replace(correspondence.file(), correspondence.to_text(found, origin))
    said = table.labels if len(table.labels) >= LABELS else {}
    if said:
        kept = {"origin": {**asdict(origin), "on": origin.on.isoformat()}}
        _replace(labels_file(), json.dumps({**kept, "labels": {each.code: label for each, label in said.items()}}))
    recent = len({other for _, other in table.pairs})
    return Imported(origin, len(table.pairs), len(former), recent, len(said), tuple(table.left))


def _check(table: official.Table, former: int) -> None:
    every = len(rev2.labels())
    if table.pairs and 100 * former < WHOLE * every:
        raise refuse(
            "cut_table",
            f"Ce fichier ne donne la correspondance que de {former} code{'s' * (former > 1)} de la NAF rév. 2 sur {every} : "
            f"il est coupé, ou ce n'est pas la table de l'INSEE. {UNCHANGED}",
        )
    if not table.pairs and len(table.labels) < LABELS:
        told = f"que {len(table.labels)} libellés" if table.labels else "aucun code"
        raise refuse(
            "not_a_nomenclature",
            f"On ne lit dans ce fichier {told} de la NAF 2025. Donnez la table de correspondance « NAF rév. 2 – NAF 2025 » de "
            f"l'INSEE, ou la liste de ses sous-classes. {UNCHANGED}",
        )


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise refuse("absent", f"{path} n'est pas un fichier, ou il est introuvable. {UNCHANGED}")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise refuse("too_large", f"{path.name} dépasse 30 Mo : ce n'est pas une nomenclature. {UNCHANGED}")
        data = path.read_bytes()
    except OSError as error:
        raise refuse("unreadable", f"{path} ne se lit pas : {error.strerror or error}. {UNCHANGED}") from None
    if not data.strip():
        raise refuse("empty", f"{path.name} est vide. Téléchargez-le de nouveau. {UNCHANGED}")
    if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise refuse("web_page", f"{path.name} est une page web : ouvrez-la et téléchargez le fichier lui-même. {UNCHANGED}")
    return data


def _tables(data: bytes) -> Iterator[official.Table]:
    """What each sheet says, one at least."""
    if data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
        yield official.read(_from_json(data))
        return
    try:
        for sheet in sheets.every(data):
            yield official.read(_lines(sheet))
    except Refused as refused:
        raise refuse(refused.refusal.code, f"{refused.sentence} {UNCHANGED}".replace("Rien n'est importé. ", "")) from None


def _from_json(data: bytes) -> list[tuple[int, Sequence[str]]]:
    """`{"01.11Y": "label"}`, or a list of objects."""
    try:
        told = json.loads(data.decode("utf-8-sig"))
        rows = list(told.items()) if isinstance(told, dict) else [tuple(each.values()) for each in told]
        return [(number, [str(cell) for cell in row]) for number, row in enumerate(rows, 1)]
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise refuse("not_json", f"Ce fichier JSON est coupé, ou n'est pas une liste de codes. {UNCHANGED}") from None


def _lines(sheet: Sheet) -> Iterator[tuple[int, Sequence[str]]]:
    """Every line with its number; what is merged holds for each line of the area."""
    above: Row = []
    for number, row in ((1, sheet.headings), *sheet.rows()):
        for place in range(min(len(row), len(above))):
            if (number, place) in sheet.merged and row[place] in (None, ""):
                row[place] = above[place]
        above = row
        yield number, [text(cell) for cell in row]


def _replace(path: Path, told: str) -> None:
    """Written whole, forced to disk, then switched."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        with new.open("w", encoding="utf-8") as out:
            out.write(told)
            out.flush()
            os.fsync(out.fileno())
        os.replace(new, path)
    except OSError as error:
        raise refuse("unwritable", f"{path} ne s'écrit pas : {error.strerror or error}. {UNCHANGED}") from None
