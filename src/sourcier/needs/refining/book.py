"""The questions, and which of them a need is asked: those of its family, else of a family like it, else of its kind."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sourcier.kernel.activities import Activity
from sourcier.matching.thesaurus import NOTHING, thesaurus
from sourcier.needs.refining.patterns import pattern
from sourcier.spend.nomenclature import Line, lines

KINDS = ("supplies", "services", "works")
FEWEST, MOST = 3, 7
SAME_CPV = 3
"""Digits of a CPV that two families must share to be asked the same questions: a group of the vocabulary."""


class BadQuestions(ValueError):
    """A data file contradicts itself; the message names the line."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its short name, how it is asked, why it matters, a good answer, and what in a text answers it."""

    id: str
    name: str
    ask: str
    why: str
    example: str
    answered: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a need is about: its family as the city's nomenclature has it (empty strings without one), activities, kind."""

    code: str = ""
    label: str = ""
    cpv: str = ""
    activities: tuple[Activity, ...] = ()
    kind: str = ""


@cache
def questions() -> dict[str, Question]:
    """Every question by its id. Raises `BadQuestions` for an id used twice or an empty column."""
    found: dict[str, Question] = {}
    for row in _rows("questions.tsv"):
        if len(row) != 6 or not all(row) or row[0] in found:
            raise BadQuestions(row[0])
        found[row[0]] = Question(*row[:5], pattern(row[5]))
    return found


@cache
def lists() -> dict[str, tuple[Question, ...]]:
    """Code of a family of ours, or a kind → its questions. Raises `BadQuestions` for one listed twice, too few or too many."""
    found: dict[str, tuple[Question, ...]] = {}
    for codes, ids in _rows("question_lists.tsv"):
        asked = tuple(questions()[each] for each in dict.fromkeys(ids.split()))
        if not FEWEST <= len(asked) <= MOST:
            raise BadQuestions(codes)
        for code in codes.split():
            if code in found:
                raise BadQuestions(code)
            found[code] = asked
    return found


def asked_of(subject: Subject) -> tuple[Question, ...]:
    """The questions for this subject: always some."""
    line = _same(subject) or _like(subject.cpv, subject.kind) or _by_activities(subject.activities)
    if line:
        return lists()[line.code]
    return lists()[subject.kind if subject.kind in KINDS else KINDS[0]]


def _same(subject: Subject) -> Line | None:
    """Our family, when the city kept it: another nomenclature may give its code to something else."""
    by_code = {line.code: line for line in lines()}
    line = by_code.get(subject.code)
    return line if line and (line.cpv == subject.cpv or line.label == subject.label) else None


def _like(cpv: str, kind: str) -> Line | None:
    """The family of ours whose CPV begins most like this one, of the same kind first, then the most general."""
    shared = {line: _shared(line.cpv, cpv) for line in lines()}
    best = max(lines(), key=lambda line: (shared[line], line.kind == kind, -len(line.cpv.rstrip("0"))))
    return best if shared[best] >= SAME_CPV else None


def _shared(one: str, other: str) -> int:
    """How many digits two codes begin with alike; the zeros that end a general code say nothing."""
    one, other = one.rstrip("0"), other.rstrip("0")
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _by_activities(activities: Sequence[Activity]) -> Line | None:
    """The family of ours that names most of these activities, and of them the first; else the thesaurus tells one."""
    wanted = set(activities)
    best = max(lines(), key=lambda line: (len(wanted.intersection(line.activities)), line.activities[:1] == activities[:1]))
    if wanted.intersection(best.activities):
        return best
    given = [code for each in activities for code in thesaurus().get(each, NOTHING).families]
    return next((line for code in given for line in lines() if line.code == code), None)


def _rows(name: str) -> list[list[str]]:
    text = (files("sourcier.needs") / "data" / name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()[1:]]
