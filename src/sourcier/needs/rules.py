"""Pure decisions about a need: who may do what in which state, what is missing before it is sent, what comes next."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sourcier.kernel.french import format_date
from sourcier.kernel.transitions import Refusal, Refused, next_state


class State(StrEnum):
    """The values of `Need.State`."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    ASKED = "asked"
    AWARDED = "awarded"
    CLOSED = "closed"


class Verb(StrEnum):
    """What may be done to a need. The `MARK_…` are done by the rooms above, which check their own rights."""

    WRITE = "write"
    MOVE = "move"
    COMPLETE = "complete"
    TICK = "tick"
    SUBMIT = "submit"
    ACCEPT = "accept"
    SEND_BACK = "send_back"
    KEEP_RULE = "keep_rule"
    ALLOW_CROSSING = "allow_crossing"
    LEAVE_CONTRACT = "leave_contract"
    HAND_OVER = "hand_over"
    CLOSE = "close"
    SAY = "say"
    MARK_ASKED = "mark_asked"
    MARK_AWARDED = "mark_awarded"
    MARK_CLOSED = "mark_closed"
    MARK_BOUGHT = "mark_bought"
    MARK_CANCELLED = "mark_cancelled"


TABLE: Mapping[tuple[State, Verb], State] = {
    (State.DRAFT, Verb.WRITE): State.DRAFT,
    (State.RETURNED, Verb.WRITE): State.RETURNED,
    (State.DRAFT, Verb.MOVE): State.DRAFT,
    (State.SUBMITTED, Verb.COMPLETE): State.SUBMITTED,
    (State.ACCEPTED, Verb.COMPLETE): State.ACCEPTED,
    (State.DRAFT, Verb.TICK): State.DRAFT,
    (State.RETURNED, Verb.TICK): State.RETURNED,
    (State.SUBMITTED, Verb.TICK): State.SUBMITTED,
    (State.ACCEPTED, Verb.TICK): State.ACCEPTED,
    (State.DRAFT, Verb.SUBMIT): State.SUBMITTED,
    (State.RETURNED, Verb.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Verb.ACCEPT): State.ACCEPTED,
    (State.SUBMITTED, Verb.SEND_BACK): State.RETURNED,
    (State.ACCEPTED, Verb.SEND_BACK): State.RETURNED,
    (State.SUBMITTED, Verb.KEEP_RULE): State.SUBMITTED,
    (State.ACCEPTED, Verb.KEEP_RULE): State.ACCEPTED,
    **{(state, Verb.ALLOW_CROSSING): state for state in (State.SUBMITTED, State.ACCEPTED, State.ASKED)},
    **{(state, Verb.LEAVE_CONTRACT): state for state in (State.SUBMITTED, State.ACCEPTED, State.ASKED)},
    (State.ACCEPTED, Verb.HAND_OVER): State.SUBMITTED,
    (State.ASKED, Verb.HAND_OVER): State.ASKED,
    (State.DRAFT, Verb.CLOSE): State.CLOSED,
    (State.RETURNED, Verb.CLOSE): State.CLOSED,
    (State.SUBMITTED, Verb.CLOSE): State.CLOSED,
    (State.ACCEPTED, Verb.CLOSE): State.CLOSED,
    (State.ASKED, Verb.CLOSE): State.CLOSED,
    (State.ACCEPTED, Verb.MARK_ASKED): State.ASKED,
    (State.ASKED, Verb.MARK_ASKED): State.ASKED,
    (State.ASKED, Verb.MARK_AWARDED): State.AWARDED,
    (State.AWARDED, Verb.MARK_AWARDED): State.AWARDED,
    (State.ACCEPTED, Verb.MARK_CLOSED): State.CLOSED,
    (State.ASKED, Verb.MARK_CLOSED): State.CLOSED,
    (State.DRAFT, Verb.MARK_BOUGHT): State.AWARDED,
    (State.AWARDED, Verb.MARK_CANCELLED): State.CLOSED,
    **{(state, Verb.SAY): state for state in State},
}

REQUESTERS = frozenset({"requester"})
BUYERS = frozenset({"buyer", "head_buyer"})
_WHO: Mapping[Verb, frozenset[str]] = {
    Verb.WRITE: REQUESTERS,
    Verb.MOVE: REQUESTERS,
    Verb.SUBMIT: REQUESTERS,
    Verb.COMPLETE: BUYERS,
    Verb.ACCEPT: BUYERS,
    Verb.SEND_BACK: BUYERS,
    Verb.KEEP_RULE: BUYERS,
    Verb.ALLOW_CROSSING: frozenset({"head_buyer"}),
    Verb.LEAVE_CONTRACT: frozenset({"head_buyer"}),
    Verb.HAND_OVER: BUYERS,
    Verb.SAY: REQUESTERS | BUYERS,
    Verb.MARK_ASKED: BUYERS,
    Verb.MARK_AWARDED: BUYERS,
    Verb.MARK_CLOSED: BUYERS,
    Verb.MARK_BOUGHT: REQUESTERS | BUYERS,
    Verb.MARK_CANCELLED: REQUESTERS | BUYERS,
}
WITH_DEPARTMENT = frozenset({State.DRAFT, State.RETURNED})
BEFORE_A_BUYER = frozenset({*WITH_DEPARTMENT, State.SUBMITTED})
# What who leads a need as its author does not do: he has no need to take it, nor to give it back to himself.
BETWEEN_TWO = frozenset({Verb.ACCEPT, Verb.SEND_BACK})

_NOT_NOW: Mapping[Verb, str] = {
    Verb.WRITE: "Ce besoin est parti chez l'acheteur : écrivez-lui un message s'il faut le changer.",
    Verb.MOVE: "Ce besoin a été envoyé : son service ne change plus.",
    Verb.COMPLETE: "Ce besoin ne peut plus être complété à cette étape.",
    Verb.TICK: "Les activités ne peuvent plus changer à cette étape.",
    Verb.SUBMIT: "Ce besoin a déjà été envoyé.",
    Verb.ACCEPT: "Seul un besoin envoyé et pas encore accepté peut être accepté.",
    Verb.SEND_BACK: "Ce besoin ne peut plus être renvoyé : les entreprises sont déjà interrogées, ou il n'a pas été envoyé.",
    Verb.KEEP_RULE: "La règle du jour se retient entre l'envoi du besoin et la demande aux entreprises.",
    Verb.ALLOW_CROSSING: "Cette décision se prend avant le choix, sur un besoin envoyé.",
    Verb.LEAVE_CONTRACT: "Cette décision se prend avant le choix, sur un besoin envoyé.",
    Verb.HAND_OVER: "Cet achat ne change plus de mains à cette étape.",
    Verb.CLOSE: "Ce besoin est déjà choisi ou clos.",
    Verb.MARK_ASKED: "Acceptez le besoin avant d'interroger des entreprises.",
    Verb.MARK_AWARDED: "Aucune entreprise n'est interrogée pour ce besoin.",
    Verb.MARK_CLOSED: "Ce besoin est déjà choisi ou clos.",
    Verb.MARK_BOUGHT: "Ce besoin a déjà été envoyé, choisi ou clos.",
    Verb.MARK_CANCELLED: "Cet achat n'est pas fait, ou il est déjà annulé.",
}
_NOT_YOU = "Votre rôle ne permet pas cette action sur ce besoin."
_LIVE = "Une demande aux entreprises est en cours : mettez-y fin d'abord, avec sa raison."

QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "what": ("what",),
    "how_much": ("how_much",),
    "where": ("where_note",),
    "when": ("starts_on", "ends_on"),
    "estimate": ("estimate_cents",),
}
LENGTH_FIELDS = ("estimate_per_year", "duration_months", "options_months")
WORDS_OF_THE_DEPARTMENT = frozenset({"sentence", "unknown", "details", *LENGTH_FIELDS}).union(*QUESTIONS.values())
WORDS_OF_THE_BUYER = (WORDS_OF_THE_DEPARTMENT - {"sentence"}) | {"title", "kind", "family", "unit"}
LENGTHS: Mapping[str, int] = {
    "sentence": 500,
    "title": 160,
    "what": 5_000,
    "how_much": 300,
    "where_note": 300,
    "note": 200,
    "detail": 300,
    "lot": 160,
    "reason": 2_000,
    "text": 5_000,
}
MAX_CENTS = 100_000_000_000
MAX_LOTS = 30


class Side(StrEnum):
    """The two who talk on a need; the values of `NeedMessage.Side`."""

    DEPARTMENT = "department"
    PURCHASING = "purchasing"


class Conflict(Refused):
    """Someone else saved this need since it was read. `current` is the row as it is now; nothing was overwritten."""

    def __init__(self, current: Any, sentence: str) -> None:
        super().__init__(Refusal("conflict", sentence))
        self.current = current


def who_may(state: State, verb: Verb) -> frozenset[str]:
    """The roles that may do `verb` in `state`, were the state to allow it. Who holds the need ticks and closes."""
    if verb in _WHO:
        return _WHO[verb]
    if verb is Verb.CLOSE and state is State.RETURNED:
        return REQUESTERS | BUYERS
    return REQUESTERS if state in WITH_DEPARTMENT else BUYERS


def refusal(state: str, verb: Verb, roles: Collection[str], live: bool = False) -> Refusal | None:
    """Why these roles (those the agent holds for the need's department) may not do `verb` now; None when they may.

    `live`: a consultation is in progress, which ends first, with its reason.
    """
    if (State(state), verb) not in TABLE:
        return Refusal("wrong_state", _NOT_NOW[verb])
    if who_may(State(state), verb).isdisjoint(roles):
        return Refusal("wrong_role", _NOT_YOU)
    return Refusal("in_progress", _LIVE) if live and verb is Verb.CLOSE else None


def side(roles: Collection[str], is_author: bool) -> Side:
    """On which side of the talk this person writes; the author of a need speaks for its department, whatever else he does."""
    return Side.DEPARTMENT if is_author or BUYERS.isdisjoint(roles) else Side.PURCHASING


def after(state: str, verb: Verb) -> State:
    """The state after `verb`. Raises `Refused` when the table has no such transition."""
    return next_state(TABLE, State(state), verb, _NOT_NOW.get(verb, _NOT_YOU))


def too_long(field: str, text: str) -> Refusal | None:
    """A text longer than its field, said with both lengths."""
    if len(text) <= LENGTHS[field]:
        return None
    return Refusal(
        "too_long",
        f"Ce texte compte {len(text)} caractères, la limite est de {LENGTHS[field]}. Rien n'est perdu : raccourcissez-le, "
        "ou joignez un document à un message.",
    )


def dates_refusal(starts_on: date | None, ends_on: date | None) -> Refusal | None:
    """An end before its start."""
    if starts_on and ends_on and ends_on < starts_on:
        return Refusal("dates", f"La fin ne peut pas venir avant le début ({format_date(starts_on)}).")
    return None


def estimate_refusal(cents: int | None) -> Refusal | None:
    """An amount that nobody would spend, or below zero."""
    if cents is not None and not 0 < cents <= MAX_CENTS:
        return Refusal("estimate", "Écrivez un montant en euros, plus grand que zéro, par exemple 18 000.")
    return None


def unanswered(answers: Mapping[str, Any], places: int, unknown: Collection[str]) -> tuple[str, ...]:
    """The questions with neither an answer nor « je ne sais pas », in the order of the page."""
    return tuple(
        question
        for question, fields in QUESTIONS.items()
        if question not in unknown and not any(answers.get(field) for field in fields) and not (question == "where" and places)
    )


def years_later(starts_on: date | None, ends_on: date | None, today: date) -> tuple[date | None, date | None]:
    """The same days in the first year, one later at least, in which the first of them is still to come."""
    first = starts_on or ends_on
    if first is None:
        return None, None
    years = max(1, today.year - first.year)
    if _same_day(first, years) <= today:
        years += 1
    return starts_on and _same_day(starts_on, years), ends_on and _same_day(ends_on, years)


def next_term(first_on: date | None, ends_on: date) -> tuple[date, date]:
    """The days of the contract that follows: from the day after, for as long; a year when the first day is not known."""
    starts_on = ends_on + timedelta(days=1)
    if first_on is None:
        return starts_on, _same_day(starts_on, 1) - timedelta(days=1)
    return starts_on, starts_on + (ends_on - first_on)


def _same_day(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes 28 in a common year."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
