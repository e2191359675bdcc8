"""The clauses of a request: those that the law of a day offers for its need, those ticked, the obligations left aside."""

from collections.abc import Collection, Mapping
from datetime import date

from sourcier.kernel.activities import Activity
from sourcier.law import clauses as law
from sourcier.law.clauses import Clause
from sourcier.needs.queries import proposed_family
from sourcier.sourcing.models import RequestClause, Sourcing
from sourcier.spend.nomenclature import stands_for

COPIED = ("clause", "force", "title", "text", "basis", "taken", "reason")


def offered(sourcing: Sourcing, on: date) -> tuple[Clause, ...]:
    """For the family, the kind and the amount of its need; none when information alone is asked, or nothing tells the kind."""
    need = sourcing.need
    family = need.family or proposed_family(need)
    kind = need.kind or (family.kind if family else "")
    if sourcing.kind == Sourcing.Kind.RFI or not kind:
        return ()
    if family is None:
        return law.offered(kind, (), "", need.counted_cents, on)
    activities = [Activity(*pair) for pair in family.activities]
    codes = stands_for(family.code, family.label, family.cpv, activities)
    return law.offered(kind, codes, family.cpv, need.counted_cents, on)


def rows(sourcing: Sourcing, taken: Collection[str], reasons: Mapping[str, str], on: date) -> list[RequestClause]:
    """What is kept of a page, not saved: each clause ticked, each obligation that is not, in the order of the page.

    One that was ticked and is offered no more stays as it was, until it is unticked.
    """
    held = {row.clause: row for row in sourcing.clauses.all()}
    listed = offered(sourcing, on)
    found = [
        _row(sourcing, each, each.id in taken, reasons.get(each.id, ""), on)
        for each in listed
        if each.obligatory or each.id in taken
    ]
    offered_ids = {each.id for each in listed}
    found += [row for id, row in held.items() if row.taken and id in taken and id not in offered_ids]
    return [_again(row, held.get(row.clause), position) for position, row in enumerate(found, 1)]


def _row(sourcing: Sourcing, clause: Clause, taken: bool, reason: str, on: date) -> RequestClause:
    return RequestClause(
        sourcing=sourcing, clause=clause.id, force=clause.force, title=clause.title, text=clause.text, basis=clause.basis,
        taken=taken, reason="" if taken else reason, noted_on=on,
    )  # fmt: skip


def _again(row: RequestClause, held: RequestClause | None, position: int) -> RequestClause:
    """A new row with its place; with the day it was first noted on when it says the same."""
    copied = {name: getattr(row, name) for name in COPIED}
    same = held is not None and all(getattr(held, name) == value for name, value in copied.items())
    noted_on = held.noted_on if held is not None and same else row.noted_on
    return RequestClause(sourcing=row.sourcing, position=position, noted_on=noted_on, **copied)


def left_aside(sourcing: Sourcing, on: date) -> list[RequestClause]:
    """The obligations of that day that are not ticked, those that nobody answered included; not saved."""
    taken = [row.clause for row in sourcing.clauses.all() if row.taken]
    reasons = {row.clause: row.reason for row in sourcing.clauses.all()}
    return [row for row in rows(sourcing, taken, reasons, on) if not row.taken]


def note_left_aside(sourcing: Sourcing, on: date) -> list[RequestClause]:
    """Before it leaves, write the obligations of that day on which nobody said anything."""
    known = {row.clause for row in sourcing.clauses.all()}
    return RequestClause.objects.bulk_create(row for row in left_aside(sourcing, on) if row.clause not in known)


def outdated(sourcing: Sourcing, on: date) -> list[str]:
    """The titles of the clauses ticked that the law of that day words otherwise, or has no more."""
    book = {each.id: each for each in law.clauses() if each.in_force(on)}
    ticked = (row for row in sourcing.clauses.all() if row.taken)
    return [row.title for row in ticked if row.clause not in book or not _says(row, book[row.clause])]


def _says(row: RequestClause, clause: Clause) -> bool:
    return (row.text, row.basis, row.force) == (clause.text, clause.basis, clause.force)
