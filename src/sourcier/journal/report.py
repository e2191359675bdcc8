"""What a verification found, in French for people and in JSON for programs."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sourcier.kernel.french import format_moment

LISTED = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it was written: a stable code, a sentence, the entry it concerns if any."""

    code: str
    sentence: str
    index: int | None = None


@dataclass
class Findings:
    """Problems met so far; the first ones are listed, all are counted."""

    listed: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, code: str, sentence: str, index: int | None = None) -> None:
        self.count += 1
        if len(self.listed) < LISTED:
            self.listed.append(Problem(code, sentence, index))


@dataclass(frozen=True, slots=True)
class Sealed:
    """The last checkpoint whose signature and root were verified."""

    size: int
    root: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Anchored:
    """How many times of a third party were verified; the last one, and how many entries it covers."""

    count: int
    told_at: datetime | None
    size: int


@dataclass(frozen=True)
class Report:
    """Result of `verify`. `witnesses` counts the checkpoints and receipts given from outside, `uncompared` the business rows
    whose last snapshot was erased, `operations` the chains followed, `contents` the payloads hashed again; `key_compared` says
    that a fingerprint from outside was given, `exported` that an export was read, not the database; `former_keys` gives the
    fingerprint and the end of each key that signs no more; `erasures` says when and why contents were erased."""

    log_id: UUID
    origin: str
    size: int
    root: str
    fingerprint: str
    key_compared: bool
    checkpoint: Sealed | None
    checkpoints: int
    anchors: Anchored
    witnesses: int
    operations: int
    contents: int
    rows: int
    documents: int
    erased: int
    uncompared: int
    problems: tuple[Problem, ...]
    problem_count: int
    exported: bool = False
    former_keys: tuple[tuple[str, str], ...] = ()
    erasures: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.problem_count == 0

    def sentences(self) -> list[str]:
        """The report as a person reads it: the verdict first, then what it does not prove."""
        lines = [self._verdict(), *(f"✗ {problem.sentence}" for problem in self.problems)]
        if self.problem_count > len(self.problems):
            lines.append(f"… et {self.problem_count - len(self.problems)} de plus.")
        if self.ok and self.checkpoint and self.checkpoint.size < self.size:
            lines.append(f"{_count(self.size - self.checkpoint.size, 'écriture')} depuis, sans point de contrôle encore.")
        lines.append(
            f"Recalculés : le texte, l'empreinte et l'heure de {_count(self.size, 'écriture')}, "
            f"{_count(self.operations, 'chaîne')}, l'arbre entier, {_count(self.contents, 'contenu')}, la signature de "
            f"{_count(self.checkpoints, 'point')} de contrôle."
        )
        lines += self._beside()
        if self.erased:
            lines.append(f"Contenus effacés : {self.erased} ; leurs écritures restent, leur texte ne peut être relu.")
            lines += [f"· {erasure}" for erasure in self.erasures]
        if self.uncompared:
            lines.append(f"Lignes non comparées : {self.uncompared} ; le contenu qui les attestait a été effacé.")
        compared = "Clé comparée" if self.key_compared else "Clé non comparée"
        lines.append(f"{compared}. Empreinte de la clé de ce journal : {self.fingerprint}")
        lines += [f"Une clé d'avant, {fingerprint} : {end}." for fingerprint, end in self.former_keys]
        if not self.witnesses:
            lines.append(
                "Une fin coupée, ou un journal refait par qui détient la clé, ne se voit qu'avec un récépissé ou un point de "
                "contrôle gardé ailleurs : aucun n'a été fourni."
            )
        return lines

    def _verdict(self) -> str:
        if not self.ok:
            return f"Anomalie détectée : {_count(self.problem_count, 'point')} à examiner."
        if not self.checkpoint:
            return f"Aucune altération détectée dans {_count(self.size, 'écriture')} ; aucun point de contrôle encore signé."
        return (
            f"Aucune altération détectée, jusqu'au point de contrôle du {format_moment(self.checkpoint.at)} "
            f"({_count(self.checkpoint.size, 'écriture')})."
        )

    def _beside(self) -> list[str]:
        """What the entries were compared with."""
        if self.exported:
            return ["C'est un export : ni les lignes de la base, ni les documents, ni les heures de tiers n'ont été comparés."]
        return [
            self._times(),
            f"Lignes de la base comparées à leurs écritures : {self.rows}.",
            f"Documents relus dans le coffre et comparés à leur empreinte : {self.documents}.",
        ]

    def _times(self) -> str:
        if not self.anchors.told_at:
            return "Aucune heure attestée par un tiers : celles du journal sont celles du serveur."
        return (
            f"Heures attestées par un tiers, vérifiées : {self.anchors.count}. La dernière, du "
            f"{format_moment(self.anchors.told_at)}, couvre {_count(self.anchors.size, 'écriture')}."
        )

    def to_json(self) -> dict[str, Any]:
        """Strings, integers and booleans only; moments in ISO form."""
        checkpoint = self.checkpoint
        return {
            "ok": self.ok,
            "exported": self.exported,
            "log": self.log_id.hex,
            "origin": self.origin,
            "size": self.size,
            "root": self.root,
            "fingerprint": self.fingerprint,
            "key_compared": self.key_compared,
            "former_keys": [{"fingerprint": fingerprint, "end": end} for fingerprint, end in self.former_keys],
            "checkpoint": checkpoint
            and {"size": checkpoint.size, "root": checkpoint.root, "at": checkpoint.at.isoformat(timespec="seconds")},
            "checkpoints": self.checkpoints,
            "anchors": {
                "count": self.anchors.count,
                "told_at": self.anchors.told_at and self.anchors.told_at.isoformat(timespec="seconds"),
                "size": self.anchors.size,
            },
            "witnesses": self.witnesses,
            "operations": self.operations,
            "contents": self.contents,
            "rows": self.rows,
            "documents": self.documents,
            "erased": self.erased,
            "erasures": list(self.erasures),
            "uncompared": self.uncompared,
            "problem_count": self.problem_count,
            "problems": [{"code": p.code, "sentence": p.sentence, "index": p.index} for p in self.problems],
            "sentences": self.sentences(),
        }


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number > 1 else ''}"
