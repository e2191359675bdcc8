"""Pure decisions about ideas: who may do what, by which day they are answered, where their words lead."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from sourcier.kernel.transitions import Refusal

LIMITS = {"name": 200, "trade": 200, "words": 3_000, "answer": 3_000, "how": 200}
BY_SENDER, BY_EMAIL, BY_CITY = 5, 4, 60  # in an hour
LIGHT_FILE = 5_000_000  # from someone who shows nothing of who he is


class Verb(StrEnum):
    ROUTE = "route"
    CHECK = "check"
    ANSWER = "answer"
    TELL = "tell"


TRANSITIONS: Mapping[tuple[str, Verb], str] = {
    ("waiting", Verb.ROUTE): "waiting",
    ("waiting", Verb.CHECK): "waiting",
    ("answered", Verb.CHECK): "answered",
    ("waiting", Verb.ANSWER): "answered",
    ("answered", Verb.TELL): "answered",
}
WRONG_STATE = {
    Verb.ROUTE: "Cette idée a déjà sa réponse.",
    Verb.CHECK: "Cette idée n'attend plus de vérification.",
    Verb.ANSWER: "Cette idée a déjà sa réponse.",
    Verb.TELL: "Répondez d'abord à cette idée.",
}


def who_refusal(name: str, siret: str, trade: str) -> Refusal | None:
    """An answer is to somebody: a name, a SIRET or at least a trade."""
    if not (name or siret or trade):
        return Refusal("who", "Dites qui vous êtes : le nom de votre entreprise, son SIRET, ou votre métier.")
    return None


def answer_by(received: date, days: int) -> date:
    """The last day of the city's delay."""
    return received + timedelta(days=days)


def late(state: str, by: date, today: date) -> bool:
    """The delay that the city gave itself is over, without an answer."""
    return state == "waiting" and by < today


def because(words: tuple[str, ...], family: str, department: str, needs: int) -> str:
    """Why an idea is proposed to a department, as its page and the journal say it."""
    if not words:
        return "Aucun mot reconnu : le service des achats l'oriente."
    said = ", ".join(f"« {word} »" for word in words[:4])
    known = f"{said} : famille « {family} »" if family else said
    if not department:
        return f"{known}. Aucune direction ne l'a encore demandée : le service des achats l'oriente."
    return f"{known}. {department} l'a demandée {'une fois' if needs == 1 else f'{needs} fois'}."
