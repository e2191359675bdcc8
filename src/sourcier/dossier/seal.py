"""What the city never opened: the contents of an operation that stay closed in its dossier, each with its reason.

A draft, a replaced, withdrawn or late answer, a last price whose round was not opened, and all that tells who answered a
consultation stopped before its opening.
"""

from collections.abc import Iterable
from typing import Any

from sourcier.journal.registry import VERBS

Payload = dict[str, Any]
DRAFT = "brouillon d'une réponse : ce que l'entreprise a envoyé est à l'entrée de l'envoi"
NEVER_OPENED = "réponse qui n'a pas été ouverte"
REASONS = {
    "answer.received": "réponse reçue, puis remplacée, retirée ou jamais ouverte",
    "answer.replaced": "réponse remplacée par une autre de la même entreprise, jamais ouverte",
    "answer.withdrawn": "réponse retirée par l'entreprise, jamais ouverte",
    "answer.late": "réponse arrivée après la date limite, gardée fermée",
    "message.sent.sealed": "message à une entreprise, au sujet d'une réponse qui n'a pas été ouverte",
    "message.failed.sealed": "message non remis, au sujet d'une réponse qui n'a pas été ouverte",
    "message.deferred.sealed": "message pas encore remis, au sujet d'une réponse qui n'a pas été ouverte",
    "text.deferred.sealed": "SMS pas encore remis, au sujet d'une réponse qui n'a pas été ouverte",
    "text.sent.sealed": "SMS à une entreprise, au sujet d'une réponse qui n'a pas été ouverte",
    "text.delivered.sealed": "SMS remis, au sujet d'une réponse qui n'a pas été ouverte",
    "text.lost.sealed": "SMS jamais remis, au sujet d'une réponse qui n'a pas été ouverte",
    "text.failed.sealed": "SMS non remis, au sujet d'une réponse qui n'a pas été ouverte",
}
STOPPED = "consultation arrêtée avant l'ouverture : qui a répondu n'a jamais été montré"
DRAFT_VERBS = ("answer.begun", "answer.document_joined", "answer.document_removed")
FIRST_ROUND = 1


class Seal:
    """Which answers were opened, as the entries tell it."""

    def __init__(self, told: Iterable[tuple[str, Payload]]) -> None:
        self.answers: dict[str, Payload] = {}
        self.opened: set[str] = set()
        self.last_prices_opened: set[str] = set()
        self.sourcings: dict[str, Payload] = {}
        for verb, payload in told:
            for row in payload.get("rows", ()):
                self._note(verb, row)

    def _note(self, verb: str, row: Payload) -> None:
        if row.get("gone"):
            return
        if row["kind"] == "submission":
            self.answers[row["id"]] = row
        elif row["kind"] == "sourcing":
            self.sourcings[row["id"]] = row
            if row["opened_at"] is not None:
                self.opened.add(row["id"])
        elif row["kind"] == "last_price_round" and row["opened_at"] is not None:
            self.last_prices_opened.add(row["sourcing_id"])

    def is_open(self, answer_id: str) -> bool:
        """Whether the city has read this answer."""
        row = self.answers.get(answer_id)
        if row is None or row["state"] != "received":
            return False
        return row["sourcing_id"] in (self.opened if row["round"] == FIRST_ROUND else self.last_prices_opened)

    def withheld(self, verb: str, payload: Payload) -> str:
        """Why the content of an entry stays closed; empty when it goes out."""
        if verb in DRAFT_VERBS:
            return DRAFT
        if verb not in VERBS or not VERBS[verb].sealed:
            return ""
        about = self._about(payload)
        if verb.startswith("answer.") or about:
            opened = about and all(self.is_open(answer) for answer in about)
            return "" if opened else REASONS.get(verb, NEVER_OPENED)
        return "" if self._opened_around(payload) else STOPPED

    def _about(self, payload: Payload) -> set[str]:
        """The answers that a sealed entry tells of: its own rows, or the subject of its message."""
        rows = payload.get("rows", ())
        named = {row["id"] for row in rows if row["kind"] == "submission"}
        named |= {row["subject_id"] for row in rows if row["kind"] in ("message", "text") and row["subject_id"] in self.answers}
        # One put off has no row: it changes again at each attempt.
        return named | ({payload["about"]} & self.answers.keys() if payload.get("about") else set())

    def _opened_around(self, payload: Payload) -> bool:
        """Whether the consultation a sealed entry belongs to was opened; when it names none, whether all were."""
        named = payload.get("sourcing")
        sent = [row["id"] for row in self.sourcings.values() if row["sent_at"] is not None]
        return named in self.opened if named else all(each in self.opened for each in sent)
