"""Clauses of sustainable purchasing, offered to whoever prepares a request, each with its text, its article and its days. Pure.

The texts are ours, short enough for a small purchase. A clause is an obligation, a possibility that the law opens, or a good
practice. Most obligations hold under a condition (`when`) that only the buyer knows: so none is ever ticked for him.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from sourcier.law.book import CHECK, KINDS, SURE, BadBook

OBLIGATION, POSSIBILITY, PRACTICE = "obligation", "possibility", "practice"
FORCES = {OBLIGATION: "Obligation", POSSIBILITY: "Possibilité", PRACTICE: "Bonne pratique"}
GROUPS = {
    "all": "Tous les achats",
    "food": "Alimentation",
    "stationery": "Papeterie",
    "furniture": "Mobilier",
    "vehicles": "Véhicules",
    "it": "Informatique",
    "cleaning": "Nettoyage",
    "green": "Espaces verts",
    "works": "Travaux",
    "textile": "Textile",
    "printing": "Impression",
    "events": "Événements",
    "transport": "Transport",
    "social": "Services sociaux",
}
COLUMNS = (
    "id", "groups", "kinds", "cpv", "families", "euros", "from", "to", "force", "title", "text", "why", "when", "basis",
    "confidence",
)  # fmt: skip
MAY_BE_EMPTY = {"cpv", "families", "to", "when"}

_ARTICLE = r"(?:[LRD]\.)?\d[\d-]*"
_BASIS = re.compile(
    rf"[Aa]rticles? {_ARTICLE}(?:(?:, | et | à ){_ARTICLE})* (?:du code \S.*|de la loi n° \d{{4}}-\d+)"
    r"|décret n° \d{4}-\d+"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One row: `first` and `last` inclusive, `last` None while in force; `from_cents` before tax.

    `cpv` are beginnings of codes, `families` codes of the project's nomenclature, or the beginning of a chapter (« 30. »).
    """

    id: str
    groups: frozenset[str]
    kinds: frozenset[str]
    cpv: tuple[str, ...]
    families: tuple[str, ...]
    from_cents: int
    first: date
    last: date | None
    force: str
    title: str
    text: str
    why: str
    when: str
    basis: str
    confidence: str

    @property
    def to_verify(self) -> bool:
        return self.confidence != SURE

    @property
    def obligatory(self) -> bool:
        return self.force == OBLIGATION

    def in_force(self, on: date) -> bool:
        return self.first <= on and (self.last is None or on <= self.last)

    def concerns(self, codes: Collection[str], cpv: str) -> bool:
        """Whether a family is among those of the clause; a clause that names none concerns them all.

        A family of the project's nomenclature is named by its code; any other is known by its CPV only.
        """
        if not self.cpv and not self.families:
            return True
        return any(code.startswith(self.families) for code in codes) if codes else cpv.startswith(self.cpv)


def read(lines: Iterable[str]) -> tuple[Clause, ...]:
    """Read and check the clauses. Raises `BadBook`, which names the clause."""
    rows = [line.rstrip("\n").split("\t") for line in lines if line.strip()]
    if not rows or tuple(rows[0]) != COLUMNS:
        raise BadBook(f"columns must be {', '.join(COLUMNS)}")
    found = tuple(_clause(row) for row in rows[1:])
    if len({clause.id for clause in found}) != len(found):
        raise BadBook("an id is used twice")
    return found


def _clause(row: list[str]) -> Clause:
    if len(row) != len(COLUMNS):
        raise BadBook(f"{row[0]}: {len(row)} cells, {len(COLUMNS)} expected")
    cells = dict(zip(COLUMNS, row, strict=True))
    if empty := [name for name in COLUMNS if not cells[name] and name not in MAY_BE_EMPTY]:
        raise BadBook(f"{cells['id']}: empty {empty[0]}")
    groups, kinds = frozenset(cells["groups"].split()), frozenset(cells["kinds"].split())
    known = groups <= GROUPS.keys() and kinds <= KINDS.keys() and cells["force"] in FORCES
    if not known or cells["confidence"] not in (SURE, CHECK):
        raise BadBook(f"{cells['id']}: unknown group, kind, force or confidence")
    if wrong := [part for part in cells["basis"].split(" ; ") if not _BASIS.fullmatch(part)]:
        raise BadBook(f"{cells['id']}: {wrong[0]} is not an article nor a decree")
    try:
        cents = int(cells["euros"]) * 100
        first = date.fromisoformat(cells["from"])
        last = date.fromisoformat(cells["to"]) if cells["to"] else None
    except ValueError as error:
        raise BadBook(f"{cells['id']}: {error}") from None
    if cents < 0 or (last and last < first):
        raise BadBook(f"{cells['id']}: negative amount, or last day before the first")
    return Clause(
        cells["id"], groups, kinds, tuple(cells["cpv"].split()), tuple(cells["families"].split()), cents, first, last,
        cells["force"], cells["title"], cells["text"], cells["why"], cells["when"], cells["basis"], cells["confidence"],
    )  # fmt: skip


@cache
def clauses() -> tuple[Clause, ...]:
    """The project's own clauses, read once."""
    text = (files("sourcier.law") / "data" / "clauses.tsv").read_text(encoding="utf-8")
    return read(text.splitlines())


def clause(id: str) -> Clause:
    """One clause by its id. Raises `KeyError` for an unknown one."""
    return _by_id()[id]


@cache
def _by_id() -> dict[str, Clause]:
    return {each.id: each for each in clauses()}


def offered(kind: str, codes: Collection[str], cpv: str, cents: int | None, on: date) -> tuple[Clause, ...]:
    """The clauses for a purchase of that day, obligations first, then in the order of the file.

    `codes`: the families of the project's nomenclature that the city's own family stands for; `cpv`: its code, or "". `cents`
    before tax; None when nobody said: then only what holds at any amount.
    """
    amount = cents or 0
    found = [
        each
        for each in clauses()
        if kind in each.kinds and each.in_force(on) and each.from_cents <= amount and each.concerns(codes, cpv)
    ]
    return tuple(sorted(found, key=lambda each: not each.obligatory))
