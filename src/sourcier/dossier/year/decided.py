"""What was decided against what the tool refused or advised, with the reasons, as the journal tells it."""

from collections.abc import Iterable

from sourcier.interop.tables import Column, Kind, Table
from sourcier.journal.models import Entry
from sourcier.journal.queries import moment_of, sentence
from sourcier.journal.registry import VERBS
from sourcier.needs.models import Need


def verbs() -> list[str]:
    """Those by which somebody goes past what the tool refused or advised."""
    return [verb.id for verb in VERBS.values() if verb.overrules]


def overruled(needs: Iterable[Need], entries: Iterable[Entry], year: int) -> Table:
    """Each of them in a sentence, oldest first, with the operation it belongs to."""
    references = {need.pk.hex: need.reference for need in needs}
    columns = (
        Column("Le", Kind.MOMENT),
        Column("Achat"),
        Column("Ce qui a été décidé, et pourquoi"),
        Column("Entrée", Kind.INTEGER),
    )
    rows = [(moment_of(entry), references.get(entry.stream, ""), sentence(entry), entry.index) for entry in entries]
    return Table(f"Décisions contraires {year}", columns, rows)
