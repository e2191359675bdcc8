"""The clauses of sustainable purchasing on the page of a request: offered, ticked or not, with why an obligation is not."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.http import QueryDict

from sourcier.law.clauses import FORCES, OBLIGATION, Clause
from sourcier.sourcing.clauses import left_aside, offered
from sourcier.sourcing.models import RequestClause, Sourcing

REASON = "clause_reason-"


class Clauses:
    """What the page shows for each clause, as typed or as stored; one ticked and offered no more too, to be unticked."""

    def __init__(self, sourcing: Sourcing, on: date, data: QueryDict | None = None) -> None:
        self.rows: list[dict[str, Any]] = []
        if sourcing.kind == Sourcing.Kind.RFI:
            return
        stored = {row.clause: row for row in sourcing.clauses.all()}
        ticked = {id for id, row in stored.items() if row.taken} if data is None else set(data.getlist("clauses"))
        reasons = {id: row.reason for id, row in stored.items()}
        if data is not None:
            reasons |= {name.removeprefix(REASON): data[name] for name in data if name.startswith(REASON)}
        listed = offered(sourcing, on)
        known = {each.id for each in listed}
        gone = [row for id, row in stored.items() if row.taken and id in ticked and id not in known]
        self.rows = [*(_offered(each) for each in listed), *(_gone(row) for row in gone)]
        for shown in self.rows:
            shown |= {"ticked": shown["id"] in ticked, "reason": reasons.get(shown["id"], "")}

    def values(self) -> dict[str, Any]:
        """What `save_request` takes."""
        return {
            "taken": [row["id"] for row in self.rows if row["ticked"]],
            "reasons": {row["id"]: row["reason"] for row in self.rows if row["obligatory"] and not row["ticked"]},
        }

    def in_words(self) -> str:
        """Those ticked, to compare with what someone else has typed."""
        return "\n".join(row["title"] for row in self.rows if row["ticked"])


def _offered(clause: Clause) -> dict[str, Any]:
    return {
        "id": clause.id, "title": clause.title, "text": clause.text, "basis": clause.basis, "why": clause.why,
        "when": clause.when, "to_verify": clause.to_verify, "obligatory": clause.obligatory, "force": FORCES[clause.force],
        "gone": False,
    }  # fmt: skip


def _gone(row: RequestClause) -> dict[str, Any]:
    return {
        "id": row.clause, "title": row.title, "text": row.text, "basis": row.basis, "why": "", "when": "", "to_verify": False,
        "obligatory": row.force == OBLIGATION, "force": FORCES[row.force], "gone": True,
    }  # fmt: skip


def not_taken(sourcing: Sourcing, on: date) -> Iterable[RequestClause]:
    """The obligations that are not in the request: those of that day before it leaves, then those that were left aside."""
    if sourcing.state == Sourcing.State.DRAFT:
        return left_aside(sourcing, on)
    return sourcing.clauses.filter(taken=False)
