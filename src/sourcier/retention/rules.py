"""Pure decisions of retention: who acts, what is due, what forbids an erasure. Days are arguments."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sourcier.kernel.french import format_date
from sourcier.kernel.transitions import Refusal

HEAD_BUYER = "head_buyer"
SHORTEST_REASON = 10
WAITING, RUNNING, HELD, UNSIGNED, DUE, ERASED = "waiting", "running", "held", "unsigned", "due", "erased"
STATES = {
    WAITING: "Durée pas encore commencée",
    RUNNING: "À garder",
    HELD: "En attente : contentieux",
    UNSIGNED: "Durée écoulée, visa des archives attendu",
    DUE: "À détruire",
    ERASED: "Effacé",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides for one clock. `latest_end`: the last day of all the clocks that must be over, None when one is unknown."""

    latest_end: date | None
    known: bool
    archives: bool
    held: bool
    signed: bool
    erased: bool


def may_act(roles: Collection[str]) -> Refusal | None:
    """Only the head of purchasing decides of what is kept; an auditor reads."""
    if HEAD_BUYER not in roles:
        return Refusal("not_allowed", "Le responsable des achats seul décide de la conservation.")
    return None


def state(facts: Facts, today: date) -> str:
    """Where a clock stands that day."""
    if facts.erased:
        return ERASED
    if facts.held:
        return HELD
    if not facts.known or facts.latest_end is None:
        return WAITING
    if today <= facts.latest_end:
        return RUNNING
    return UNSIGNED if facts.archives and not facts.signed else DUE


def may_erase(facts: Facts, today: date) -> Refusal | None:
    """Why nothing may be destroyed yet; None when it may."""
    match state(facts, today):
        case "erased":
            return Refusal("erased", "C'est déjà effacé.")
        case "held":
            return Refusal("held", "Un contentieux met ce dossier en attente : rien n'est détruit avant sa levée.")
        case "waiting":
            return Refusal("not_started", "La durée n'a pas commencé, ou personne n'a dit quand : rien n'est détruit.")
        case "running":
            until = format_date(facts.latest_end) if facts.latest_end else ""
            return Refusal("running", f"La loi oblige à garder ces pièces jusqu'au {until} compris.")
        case "unsigned":
            return Refusal(
                "unsigned",
                "Ce sont des archives publiques : le service d'archives signe avant toute destruction. "
                "Versez d'abord son visa.",
            )
    return None


def reason_refusal(reason: str) -> Refusal | None:
    if len(reason.strip()) < SHORTEST_REASON:
        return Refusal("reason", "Dites pourquoi, en quelques mots : le journal gardera votre raison.")
    return None


def day_refusal(on: date | None, today: date, *, after: date | None = None) -> Refusal | None:
    """A day that has come, not before `after`."""
    if on is None:
        return Refusal("day", "Indiquez le jour.")
    if on > today:
        return Refusal("day_to_come", "Ce jour n'est pas encore venu.")
    if after and on < after:
        return Refusal("day_before", f"Ce jour est avant le {format_date(after)}, où tout a commencé.")
    return None
