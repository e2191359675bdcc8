"""What a third party may read of an operation once its choice is told (CRPA art. L.311-6), content by content.

Only contents named here go out: an act nobody thought of stays closed. A content is shown whole or withheld whole, since its
hash engages all of it; so one that goes out holds no row of a firm, and none of what was written about one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sourcier.dossier.history import History
from sourcier.needs.models import Need
from sourcier.sourcing.models import Sourcing

SHOWN = frozenset({
    "need.started", "need.taken_over", "need.begun_from", "need.department_changed", "need.saved", "need.places_set",
    "need.lots_set",
    "need.activities_ticked", "need.submitted", "need.accepted", "need.led_by_author",
    "need.lane_raised", "need.rule_kept",
    "sourcing.started", "sourcing.kind_changed", "panel.searched", "panel.searched_around",
    "request.saved", "request.document_joined", "request.document_removed", "reference.chosen",
    "question.answered", "sourcing.extended", "sourcing.closed",
})  # fmt: skip
ROWS_SHOWN = frozenset({
    "need", "lot", "need_place", "need_activity", "sourcing", "price_line", "criterion", "question",
    "request_clause", "request_document", "firm_question", "extension", "saving_reference", "relay", "file", "clock",
})  # fmt: skip
# Free words that an act may leave in these rows, and that may name a firm or a person.
MUST_BE_EMPTY = {"need": "reason", "request_clause": "reason", "sourcing": "ending_reason", "relay": "how"}
# A file goes out with the request that all have read; those of a firm, or dropped in by hand, do not.
WITH_FILES = frozenset({"request.document_joined", "request.document_removed"})

REASONS = (
    (("answer.", "clarification."), "réponse d'une entreprise : ses prix détaillés, ses méthodes, ses personnes"),
    (("question.", "notice.", "firm."), "démarche d'une entreprise, qui la nomme"),
    (
        ("panel.", "sourcing.sent", "sourcing.widened", "sourcing.asked_again", "invitation.", "letter", "relay."),
        "entreprises cherchées ou interrogées, avec leurs adresses",
    ),
    (("message.", "text."), "message, avec l'adresse de qui l'a reçu"),
    (("exchange.", "need.", "glance."), "échange écrit librement, qui peut citer une personne ou une offre"),
    (
        ("answers.", "score.", "last_price.", "choice.", "lot.", "result.", "sourcing.ended", "reference."),
        "ouverture, notes, choix ou annonce : les offres non retenues y sont citées",
    ),
    (("interest.",), "déclaration d'intérêts, ou qui a pris la place de qui : elle nomme des personnes"),
    (("direct.",), "achat direct : les pièces de l'entreprise et les mots de l'agent ; le prix et la raison sont au rapport"),
    (("dossier.",), "dossier déjà pris : les sommes qu'il cite feraient deviner des contenus retenus"),
)
OTHERWISE = "contenu qui n'est pas de ceux qu'un tiers peut lire"


def may_be_made(need: Need) -> str:
    """Why no communicable version is made now, in French; empty when it can be. Before, the secret of the offers is whole."""
    if need.direct:
        cancelled = "Cet achat direct est annulé : il n'y a pas de contrat à communiquer."
        return "" if need.state == Need.State.AWARDED else cancelled
    states = [(each.kind, each.state) for each in need.sourcings.all() if each.state != Sourcing.State.DRAFT]
    told = any(kind != Sourcing.Kind.RFI and state == Sourcing.State.DONE for kind, state in states)
    if told and all(state in (Sourcing.State.DONE, Sourcing.State.ENDED) for _, state in states):
        return ""
    return "La version communicable se prend une fois le choix fait, et annoncé à toutes les entreprises."


@dataclass(frozen=True, slots=True)
class Told:
    """What all the firms asked have read: the consultations sent, but for the files taken out of a request before it left."""

    consultations: frozenset[str]
    removed: frozenset[str]

    @classmethod
    def by(cls, history: History) -> "Told":
        sent = {row["id"] for row in history.of("sourcing") if row["sent_at"] is not None}
        removed = {said["sha256"] for _, said in history.payloads("request.document_removed")}
        return cls(frozenset(sent), frozenset(removed))

    def withheld(self, verb: str, payload: Mapping[str, Any]) -> str:
        """Why a third party may not read this content; empty when he may."""
        shown = verb in SHOWN and payload.get("sha256") not in self.removed
        if shown and all(self._may_go(verb, row) for row in payload.get("rows", ())):
            return ""
        return next((reason for begins, reason in REASONS if verb.startswith(begins)), OTHERWISE)

    def _may_go(self, verb: str, row: Mapping[str, Any]) -> bool:
        kind = row["kind"]
        consultation = row["id"] if kind == "sourcing" else row.get("sourcing_id")
        if kind not in ROWS_SHOWN or row.get(MUST_BE_EMPTY.get(kind, "")):
            return False
        if kind == "file" and verb not in WITH_FILES:
            return False
        # A question that the city worded again for all keeps its first words: they would tell who asks.
        reworded = kind == "firm_question" and row.get("wording") not in ("", row.get("text"))
        return not reworded and (consultation is None or consultation in self.consultations)


def version_of(history: History) -> History:
    """The same steps, with the contents that a third party may not read withheld, and only the rows of the others."""
    told, shown = Told.by(history), History(whole=history)
    for step in history.steps:
        if not step.withheld and (reason := told.withheld(step.verb, step.payload)):
            step = replace(step, withheld=reason, sentence=f"{reason[:1].upper()}{reason[1:]}.")
        shown.steps.append(step)
        for row in step.payload.get("rows", ()):
            shown.keep(row)
    return shown
