"""The rule book: every threshold with its first and last day, its article, its source and how sure we are of it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise

from sourcier.kernel.money import format_cents

SUPPLIES, SERVICES, WORKS = "supplies", "services", "works"
KINDS = {SUPPLIES: "fournitures", SERVICES: "services", WORKS: "travaux"}

SERIES = {
    "exemption": "Dispense de publicité et de mise en concurrence",
    "formal": "Procédure formalisée",
    "publicity": "Publicité obligatoire",
    "buyer_profile": "Profil d'acheteur",
    "written_contract": "Contrat écrit",
    "vigilance": "Attestation de vigilance",
    "essential_data": "Données essentielles",
    "year_list": "Liste annuelle des contrats",
    "environment": "Environnement",
    "innovation": "Achat innovant",
    "books": "Livres non scolaires",
    "social": "Services sociaux et spécifiques",
    "small_lot": "Petit lot",
}
SURE, CHECK, FUTURE = "sure", "check", "future"
CONFIDENCES = (SURE, CHECK, FUTURE)
COLUMNS = ("id", "series", "kinds", "euros", "from", "to", "article", "basis", "confidence", "sentence")

# The code de la commande publique came into force: a rule whose first day is not known applies from there, to verify.
CODE_IN_FORCE = date(2019, 4, 1)
UNKNOWN_DAY = "Règle inconnue ce jour-là."


class BadBook(ValueError):
    """The data file contradicts itself; the message names the rule."""


class UnknownRule(LookupError):
    """No rule of that series on that day: « Règle inconnue ce jour-là. »"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: `amount_cents` before tax; `first` and `last` inclusive, `last` None while it is in force."""

    id: str
    series: str
    kinds: frozenset[str]
    amount_cents: int
    first: date
    last: date | None
    article: str
    basis: str
    confidence: str
    sentence: str

    @property
    def to_verify(self) -> bool:
        return self.confidence != SURE

    def covers(self, kind: str, on: date) -> bool:
        return kind in self.kinds and self.first <= on and (self.last is None or on <= self.last)


def read(lines: Iterable[str]) -> tuple[Rule, ...]:
    """Read and check a book. Raises `BadBook` for an unknown column or key, a gap or an overlap in a series."""
    rows = [line.rstrip("\n").split("\t") for line in lines if line.strip()]
    if not rows or tuple(rows[0]) != COLUMNS:
        raise BadBook(f"columns must be {', '.join(COLUMNS)}")
    rules = tuple(_rule(row) for row in rows[1:])
    if len({rule.id for rule in rules}) != len(rules):
        raise BadBook("an id is used twice")
    _check_days(rules)
    return rules


def _rule(row: list[str]) -> Rule:
    if len(row) != len(COLUMNS):
        raise BadBook(f"{row[0]}: {len(row)} cells, {len(COLUMNS)} expected")
    cells = dict(zip(COLUMNS, row, strict=True))
    kinds = frozenset(cells["kinds"].split())
    if cells["series"] not in SERIES or cells["confidence"] not in CONFIDENCES or not kinds or not kinds <= set(KINDS):
        raise BadBook(f"{cells['id']}: unknown series, kind or confidence")
    if not all(cells[column] for column in ("id", "article", "basis", "sentence")):
        raise BadBook(f"{cells['id']}: empty cell")
    try:
        cents = int(cells["euros"]) * 100
        first = date.fromisoformat(cells["from"]) if cells["from"] else CODE_IN_FORCE
        last = date.fromisoformat(cells["to"]) if cells["to"] else None
        sentence = cells["sentence"].format(amount=format_cents(cents))
    except (ValueError, KeyError, IndexError) as error:
        raise BadBook(f"{cells['id']}: {error}") from None
    if cents < 0 or (last and last < first):
        raise BadBook(f"{cells['id']}: negative amount, or last day before the first")
    confidence = cells["confidence"] if cells["from"] or cells["confidence"] == FUTURE else CHECK
    return Rule(
        cells["id"], cells["series"], kinds, cents, first, last, cells["article"], cells["basis"], confidence, sentence
    )  # fmt: skip


def _check_days(rules: Iterable[Rule]) -> None:
    """In a series, for a kind, each rule begins the day after the one before; announced rules are apart."""
    series: defaultdict[tuple[str, str], list[Rule]] = defaultdict(list)
    for rule in rules:
        if rule.confidence != FUTURE:
            for kind in rule.kinds:
                series[rule.series, kind].append(rule)
    for (name, kind), listed in series.items():
        listed.sort(key=lambda rule: rule.first)
        for before, after in pairwise(listed):
            if before.last is None or before.last >= after.first:
                raise BadBook(f"{before.id} and {after.id} overlap ({name}, {kind})")
            if before.last + timedelta(days=1) != after.first:
                raise BadBook(f"gap between {before.id} and {after.id} ({name}, {kind})")


@cache
def book() -> tuple[Rule, ...]:
    """The project's own book, read once."""
    text = (files("sourcier.law") / "data" / "rules.tsv").read_text(encoding="utf-8")
    return read(text.splitlines())


def rule(series: str, kind: str, on: date) -> Rule:
    """The rule in force that day. Raises `UnknownRule` outside the book, `ValueError` for an unknown kind or series."""
    if kind not in KINDS or series not in SERIES:
        raise ValueError(f"{kind} or {series} is not known")
    for known in book():
        if known.series == series and known.confidence != FUTURE and known.covers(kind, on):
            return known
    raise UnknownRule(UNKNOWN_DAY)


def threshold(kind: str, on: date) -> dict[str, Rule | None]:
    """Every series that concerns this kind of purchase, with its rule that day, or None: « règle inconnue ce jour-là »."""
    if kind not in KINDS:
        raise ValueError(f"{kind} is not a kind of purchase")
    concerned = [name for name in SERIES if any(known.series == name and kind in known.kinds for known in book())]
    found: dict[str, Rule | None] = {}
    for name in concerned:
        try:
            found[name] = rule(name, kind, on)
        except UnknownRule:
            found[name] = None
    return found


def announced(kind: str) -> tuple[Rule, ...]:
    """Rules announced and not applied, whatever the day: to be said, never to be used."""
    return tuple(known for known in book() if known.confidence == FUTURE and kind in known.kinds)
