"""Who has a need now, and what comes next: the words that its author reads on its page, at home and by e-mail. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sourcier.kernel.french import PARIS
from sourcier.needs.rules import State

DAYS_TO_READ = 7


class Stage(StrEnum):
    """Where the asking of firms is, as the department may know it: neither who answered nor how many."""

    PREPARED = "prepared"
    ASKED = "asked"
    PAST = "past"
    OPENED = "opened"
    CHOSEN = "chosen"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Asking:
    """The consultation of a need: its stage, since when, and the deadline of the answers once it is sent."""

    stage: Stage
    since: datetime
    deadline: datetime | None = None

    @property
    def live(self) -> bool:
        return self.stage is not Stage.OVER


@dataclass(frozen=True, slots=True)
class Facts:
    """What the standing of a need is read from, on a day of Paris. `buyer` is empty when nobody holds it; `led`: its author."""

    state: str
    author: str
    buyer: str
    waiting_since: datetime
    starts_on: date | None
    today: date
    asking: Asking | None = None
    direct: bool = False
    led: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Who has a need now; what comes next, with its date, or in a sentence when no date is known yet."""

    sentence: str
    next_words: str = ""
    next_on: date | None = None


def stage_of(state: str, asking: Asking | None) -> Stage | None:
    """The stage that counts in this state: a need accepted or asked for which nothing is in progress any more is idle."""
    if asking is not None:
        return asking.stage
    return Stage.OVER if state == State.ASKED else None


def is_idle(state: str, asking: Asking | None) -> bool:
    """Its consultation has ended, and the need with neither a choice nor a closing: to be taken up again, or closed."""
    return state in (State.ACCEPTED, State.ASKED) and stage_of(state, asking) is Stage.OVER


def standing(facts: Facts) -> Standing:
    """Nothing of it tells who answered, or whether anyone did."""
    next_words, next_on = _next(facts)
    return Standing(_who(facts), next_words, next_on)


def _who(facts: Facts) -> str:
    if facts.direct:
        bought = f"Acheté directement : c'est {facts.author} qui l'a enregistré."
        return "Cet achat direct est annulé." if facts.state == State.CLOSED else bought
    buyer = facts.buyer or "le service achats"
    contact = f"{facts.author} conduit cet achat." if facts.led else f"Votre interlocuteur : {buyer}."
    if is_idle(facts.state, facts.asking):
        return f"Ce besoin est à reprendre ou à clore : aucune demande n'est en cours. {contact}"
    stages = {
        Stage.ASKED: f"Les entreprises sont interrogées. {contact}",
        Stage.PAST: f"La date limite des réponses est passée. Les réponses sont à ouvrir. {contact}",
        Stage.OPENED: f"Les réponses sont ouvertes et se comparent. {contact}",
    }
    prepares = f"Le besoin est chez {buyer}, qui prépare la demande aux entreprises."
    prepares = f"{facts.author} conduit cet achat et prépare la demande aux entreprises." if facts.led else prepares
    states = {
        State.DRAFT: f"{facts.author} prépare ce besoin.",
        State.RETURNED: f"{facts.author} complète ce besoin.",
        State.SUBMITTED: "Le besoin est chez le service achats, qui le lit.",
        State.ACCEPTED: prepares,
        State.AWARDED: f"Le choix est fait. {contact}",
        State.CLOSED: "Ce besoin est clos.",
    }
    if facts.state == State.ASKED and facts.asking:
        return stages.get(facts.asking.stage, prepares)
    return states[State(facts.state)]


def _next(facts: Facts) -> tuple[str, date | None]:
    """The next date that matters to the author with its words; else what is known of it."""
    state, stage = facts.state, stage_of(facts.state, facts.asking)
    if state in (State.DRAFT, State.RETURNED):
        return f"Une fois le besoin envoyé, le service achats répond sous {DAYS_TO_READ} jours.", None
    if state == State.SUBMITTED:
        awaited = _in_paris(facts.waiting_since) + timedelta(days=DAYS_TO_READ)
        late = awaited < facts.today
        return "Réponse de l'acheteur attendue " + ("depuis le" if late else "d'ici le"), awaited
    if state == State.CLOSED or facts.direct:
        return "", None
    if state == State.ASKED and stage is Stage.ASKED and facts.asking and facts.asking.deadline:
        return "Réponses des entreprises attendues jusqu'au", _in_paris(facts.asking.deadline)
    if is_idle(state, facts.asking):
        return "Aucune date n'est fixée.", None
    if facts.starts_on and facts.starts_on > facts.today:
        return "Attendu à partir du", facts.starts_on
    if state == State.AWARDED:
        return "La commande vient ensuite.", None
    if stage in (Stage.PAST, Stage.OPENED):
        return "La date du choix n'est pas encore fixée.", None
    return "La date limite des réponses sera connue à l'envoi de la demande.", None


def _in_paris(moment: datetime) -> date:
    return moment.astimezone(PARIS).date()
