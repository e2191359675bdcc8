"""What may be done with a sourcing, when and by whom. Pure: the time is an argument."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sourcier.kernel.transitions import Refusal
from sourcier.law.reasons import reasons_refusal


class State(StrEnum):
    """The states of a sourcing; the same values as `models.Sourcing.State`."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    OPENED = "opened"
    CHOSEN = "chosen"
    DONE = "done"
    ENDED = "ended"


class Verb(StrEnum):
    """What can be asked of a sourcing."""

    PANEL = "panel"
    EDIT = "edit"
    SEND = "send"
    POST = "post"
    READDRESS = "readdress"
    EXTEND = "extend"
    CORRECT = "correct"
    WIDEN = "widen"
    REPLY = "reply"
    RELAY = "relay"
    END = "end"
    ASK = "ask"
    COME = "come"
    CLOSE = "close"
    CHECK = "check"
    OPEN_ANSWERS = "open_answers"
    CHOOSE = "choose"
    FINISH = "finish"
    END_OPENED = "end_opened"


S, V = State, Verb
TRANSITIONS: dict[tuple[State, Verb], State] = {
    (S.DRAFT, V.PANEL): S.DRAFT,
    (S.DRAFT, V.EDIT): S.DRAFT,
    (S.DRAFT, V.SEND): S.OPEN,
    (S.DRAFT, V.END): S.ENDED,
    (S.OPEN, V.PANEL): S.OPEN,
    (S.OPEN, V.POST): S.OPEN,
    (S.OPEN, V.READDRESS): S.OPEN,
    (S.OPEN, V.EXTEND): S.OPEN,
    (S.OPEN, V.CORRECT): S.OPEN,
    (S.OPEN, V.WIDEN): S.OPEN,
    (S.OPEN, V.REPLY): S.OPEN,
    (S.OPEN, V.RELAY): S.OPEN,
    (S.OPEN, V.ASK): S.OPEN,
    (S.OPEN, V.COME): S.OPEN,
    (S.OPEN, V.CLOSE): S.CLOSED,
    (S.OPEN, V.END): S.ENDED,
    (S.CLOSED, V.PANEL): S.CLOSED,
    (S.CLOSED, V.EXTEND): S.OPEN,
    (S.CLOSED, V.CORRECT): S.OPEN,
    (S.CLOSED, V.WIDEN): S.OPEN,
    (S.CLOSED, V.RELAY): S.CLOSED,
    (S.CLOSED, V.END): S.ENDED,
    (S.CLOSED, V.OPEN_ANSWERS): S.OPENED,
    (S.OPENED, V.RELAY): S.OPENED,
    (S.OPENED, V.CHECK): S.OPENED,
    (S.OPENED, V.CHOOSE): S.CHOSEN,
    (S.OPENED, V.FINISH): S.DONE,
    (S.OPENED, V.END_OPENED): S.ENDED,
    (S.CHOSEN, V.CHOOSE): S.CHOSEN,
    (S.CHOSEN, V.CHECK): S.CHOSEN,
    (S.CHOSEN, V.FINISH): S.DONE,
    (S.CHOSEN, V.RELAY): S.CHOSEN,
    (S.DONE, V.CHECK): S.DONE,
    (S.DONE, V.RELAY): S.DONE,
    (S.ENDED, V.RELAY): S.ENDED,
}
SEALED_STATES = frozenset({S.DRAFT, S.OPEN, S.CLOSED})

BUYERS = frozenset({"buyer", "head_buyer"})
FIRM_VERBS = frozenset({V.ASK, V.COME})
PROGRAM_VERBS = frozenset({V.CLOSE})

MAX_LINES = 60
MAX_CRITERIA = 12
MAX_QUESTIONS = 30
MAX_DOCUMENTS = 20
MAX_FIRMS = 2_000

WRONG_STATE: dict[Verb, str] = {
    V.PANEL: "Les entreprises ne peuvent plus changer : les réponses sont ouvertes ou la consultation est terminée.",
    V.EDIT: "La demande est partie : elle ne change plus. Corrigez-la pour tous, prolongez, ou répondez aux questions.",
    V.SEND: "La demande est déjà partie : rien n'a été envoyé une seconde fois.",
    V.POST: "La consultation n'est plus ouverte : ce courrier ne servirait plus.",
    V.READDRESS: "La consultation n'est plus ouverte : l'adresse ne peut plus changer.",
    V.EXTEND: "La date limite ne peut plus changer : les réponses sont ouvertes ou la consultation est terminée.",
    V.CORRECT: "La demande ne peut plus être corrigée : elle n'est pas partie, ou ses réponses sont ouvertes.",
    V.WIDEN: "On ne peut plus interroger d'autres entreprises : les réponses sont ouvertes ou la consultation est terminée.",
    V.REPLY: "La date limite est passée : une réponse donnée maintenant ne servirait plus à personne.",
    V.RELAY: "Rien n'est encore parti : il n'y a rien à transmettre.",
    V.END: "Cette consultation ne peut plus être arrêtée ici.",
    V.ASK: "La date limite est passée : il n'est plus possible de poser une question.",
    V.COME: "Cette consultation n'est plus ouverte.",
    V.CLOSE: "Cette consultation n'est pas ouverte.",
    V.CHECK: "L'identité de qui est venu par l'avis public se vérifie après l'ouverture des réponses.",
    V.OPEN_ANSWERS: "Les réponses s'ouvrent une fois, après la date limite.",
    V.CHOOSE: "Le choix se fait après l'ouverture des réponses.",
    V.FINISH: "La consultation ne peut pas encore se terminer.",
    V.END_OPENED: "La consultation ne peut plus finir sans suite.",
}


def after(state: str, verb: Verb) -> State | None:
    """The state after `verb`, or None when the table has no such transition."""
    return TRANSITIONS.get((State(state), verb))


def may(state: str, verb: Verb, roles: Collection[str]) -> Refusal | None:
    """The guard of buttons and actions of the city: a role that may, in a state that may."""
    if verb in FIRM_VERBS or verb in PROGRAM_VERBS or BUYERS.isdisjoint(roles):
        return Refusal("forbidden", "Seul un acheteur peut faire cela.")
    return state_guard(state, verb)


def state_guard(state: str, verb: Verb) -> Refusal | None:
    """The guard of what firms and the program do: the state alone."""
    return None if after(state, verb) else Refusal("wrong_state", WRONG_STATE[verb])


def is_sealed(state: str) -> bool:
    """True as long as nobody in the city may know content, count or senders of the answers."""
    return State(state) in SEALED_STATES


def two_openers(kind: str, estimate_cents: int | None, from_cents: int) -> bool:
    """Two people must open the sealed quotes of a purchase estimated at the city's amount or above (cents, before tax).

    One without an estimate counts for nothing: two open it when the city asks it of all.
    """
    return kind == "rfq" and (estimate_cents or 0) >= from_cents


def in_time(deadline: datetime | None, at: datetime) -> bool:
    """In if it came at the deadline's very instant or before."""
    return deadline is not None and at <= deadline


def open_to_answers(state: str, deadline: datetime | None, at: datetime) -> Refusal | None:
    """Guard of an answer whose last byte came at `at`. CLOSED still takes what came in time and is written a little after."""
    if State(state) not in (S.OPEN, S.CLOSED):
        return Refusal("not_open", "Cette consultation n'est pas ouverte aux réponses.")
    if not in_time(deadline, at):
        return Refusal("too_late", "La date limite est passée. Votre réponse n'a pas été prise.")
    return None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sending guard looks at."""

    kind: str
    firms: int
    title: str
    description: str
    deadline: datetime | None
    contact_name: str
    contact_phone: str
    price_lines: int
    price_formula: str
    price_criteria: int
    weights: tuple[int, ...]
    single_reason: str
    single_reasons: tuple[str, ...]
    public_notice: bool
    lots_without_line: tuple[int, ...] = ()
    exempt: bool = True
    outdated_clauses: tuple[str, ...] = ()


def missing(facts: Facts, at: datetime) -> Iterator[tuple[str, Refusal]]:
    """Everything that keeps a request from leaving: (field, refusal), in the order of the page."""
    if facts.firms == 0 and not (facts.public_notice and facts.kind != "direct"):
        yield "firms", Refusal("no_firm", "Gardez au moins une entreprise.")
    if facts.firms > MAX_FIRMS:
        yield "firms", Refusal("too_many_firms", f"Au plus {MAX_FIRMS} entreprises à la fois : réduisez le rayon.")
    if facts.kind == "direct" and facts.firms > 1:
        yield "firms", Refusal("direct_one", "Un achat direct s'adresse à une seule entreprise. Gardez-en une.")
    if facts.firms == 1 and needs_single_reason(facts) and not facts.single_reason.strip():
        yield (
            "single_reason",
            Refusal("single_reason", "Vous n'interrogez qu'une entreprise. Dites pourquoi : le dossier gardera votre raison."),
        )
    if facts.firms == 1 and needs_single_reason(facts) and (unfit := reasons_refusal(facts.single_reasons, facts.exempt)):
        yield "single_reasons", unfit
    if facts.kind == "direct" and facts.public_notice:
        yield "public_notice", Refusal("direct_notice", "Un achat direct n'a pas d'avis public.")
    if not facts.title.strip():
        yield "title", Refusal("no_title", "Donnez un titre : c'est la première ligne que lira l'entreprise.")
    if not facts.description.strip():
        yield "description", Refusal("no_description", "Dites ce qu'il faut, en quelques phrases.")
    if not (facts.contact_name.strip() and facts.contact_phone.strip()):
        yield "contact_name", Refusal("no_contact", "Donnez un interlocuteur et son téléphone.")
    for title in facts.outdated_clauses:
        yield (
            "clauses",
            Refusal(
                "outdated_clause",
                f"La clause « {title} » n'est plus celle du jour. Enregistrez la demande pour la reprendre, ou ôtez-la.",
            ),
        )
    yield from _deadline(facts, at)
    yield from _price(facts)


def needs_single_reason(facts: Facts) -> bool:
    """One firm for a price, told alone: the file says why. Information may be asked of one firm without a reason."""
    return facts.kind != "rfi"


def _deadline(facts: Facts, at: datetime) -> Iterator[tuple[str, Refusal]]:
    if facts.deadline is None:
        yield "deadline", Refusal("no_deadline", "Donnez la date limite de réponse.")
    elif facts.deadline <= at:
        yield "deadline", Refusal("past_deadline", "La date limite est déjà passée : choisissez une date à venir.")


def _price(facts: Facts) -> Iterator[tuple[str, Refusal]]:
    if facts.kind == "rfi":
        if facts.price_lines or facts.price_formula or facts.weights:
            yield "price_lines", Refusal("rfi_price", "Se renseigner ne demande pas de prix : ôtez lignes et critères.")
        return
    if not facts.price_lines:
        yield "price_lines", Refusal("no_line", "Ajoutez au moins une ligne à chiffrer.")
    for number in facts.lots_without_line:
        yield "price_lines", Refusal("lot_without_line", f"Le lot {number} n'a aucune ligne à chiffrer.")
    if compares(facts.kind):
        yield from _criteria(facts)
    elif facts.weights and sum(facts.weights) != 100:
        yield "criteria", Refusal("weights", f"Les poids des critères font {sum(facts.weights)} : ils doivent faire 100.")


def compares(kind: str) -> bool:
    """Quotes put firms in competition, so the criteria and their weights are told (CAA Douai, 31 Dec 2012, n° 11DA00590).

    To one firm too: more may be asked later, with the same request. A purchase from one firm alone is a direct one.
    """
    return kind == "rfq"


def _criteria(facts: Facts) -> Iterator[tuple[str, Refusal]]:
    if not facts.weights:
        yield (
            "criteria",
            Refusal("no_criteria", "Annoncez vos critères et leurs poids : toute entreprise interrogée doit les lire."),
        )
        return
    if sum(facts.weights) != 100:
        yield "criteria", Refusal("weights", f"Les poids des critères font {sum(facts.weights)} : ils doivent faire 100.")
    if facts.price_criteria != 1:
        yield "criteria", Refusal("price_criterion", "Gardez un critère de prix, et un seul.")
    if not facts.price_formula:
        yield "price_formula", Refusal("no_formula", "Dites comment le prix deviendra une note.")


def guard_send(facts: Facts, at: datetime) -> tuple[str, Refusal] | None:
    """The first reason not to send, with its field; None when the request may leave."""
    return next(missing(facts, at), None)


def guard_widen(facts: Facts, at: datetime) -> tuple[str, Refusal] | None:
    """The first reason not to ask more firms. A request that has left no longer changes: the way out is another one."""
    refused = guard_send(facts, at)
    if refused and compares(facts.kind) and next(_criteria(facts), None) == refused:
        way_out = "Arrêtez-la, puis demandez de nouveau des devis, avec vos critères."
        return "firms", Refusal("left_without_criteria", f"Cette demande est partie sans tous ses critères. {way_out}")
    return refused


def guard_extension(old: datetime | None, new: datetime, reason: str, at: datetime) -> tuple[str, Refusal] | None:
    """A later deadline only, in the future, with its reason."""
    if old is not None and new <= old:
        return "deadline", Refusal("not_later", "La nouvelle date limite doit être après l'ancienne.")
    if new <= at:
        return "deadline", Refusal("past_deadline", "La date limite est déjà passée : choisissez une date à venir.")
    if not reason.strip():
        return "reason", Refusal("no_reason", "Dites pourquoi : toutes les entreprises recevront cette raison.")
    return None


UNNAMED = "a demandé à l'INSEE de ne plus être nommée"
"""Why a firm that only the register made known is not asked, though it did not tell us."""


def exclusion(unsubscribed: bool, trade_left: bool, closed: bool) -> str:
    """Why a firm is not asked, in French; empty when it may be."""
    if closed:
        return "a fermé ou vendu"
    if trade_left:
        return "a dit que ce n'est plus son métier"
    return "ne veut plus que la ville lui écrive" if unsubscribed else ""
