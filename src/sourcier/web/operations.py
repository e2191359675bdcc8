"""The thread of an operation: seven steps for who buys, three words for who asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.journal.models import Entry
from sourcier.kernel.french import PARIS, format_date, format_moment
from sourcier.needs.models import Need
from sourcier.needs.queries import leads
from sourcier.quotes.models import LastPriceRound
from sourcier.sourcing import queries
from sourcier.sourcing.models import Candidate, Sourcing

DONE, NOW, LATER = "done", "now", "later"

# The page that each step opens. Steps 5 and 6 share the comparison: to open the answers, then to choose.
PAGES = {1: "need", 2: "rule", 3: "panel", 4: "request", 5: "asked", 6: "comparison", 7: "dossier"}
ONCE_CHOSEN = {5: "comparison", 6: "telling"}
OF_A_CONSULTATION = {"panel", "request", "asked", "comparison", "telling"}

WORDS = {
    1: ("Besoin", "Besoin décrit", "Décrivez votre besoin"),
    2: ("Règle", "Règle du jour vérifiée", "Voyons ce que la règle permet"),
    3: ("Entreprises", "Entreprises choisies, avec les raisons", "Cherchez les entreprises"),
    4: ("Demande", "Demande envoyée à tous, à la même heure", "Préparez la demande"),
    5: ("Réponses", "Réponses ouvertes", "Les réponses restent fermées jusqu'à la date limite"),
    6: ("Choix", "Choix fait, expliqué, annoncé", "Comparez et choisissez"),
    7: ("Preuve", "Dossier vérifié", "Le dossier se complète tout seul"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One knot of the thread. `status` is done, now or later; `url` is empty for a step not reached."""

    number: int
    name: str
    sentence: str
    status: str
    url: str
    page: str = ""


def consultation_paths(route: str, view: Callable[..., HttpResponse], name: str) -> list[URLPattern]:
    """A page of a consultation: by its id for any of them, without one for the one in progress."""
    of_one = "achats/<uuid:need_id>/consultations/<uuid:sourcing_id>/"
    return [path(f"achats/<uuid:need_id>/{route}", view, name=name), path(f"{of_one}{route}", view, name=name)]


def consultation(need: Need, sourcing_id: UUID | None) -> Sourcing | None:
    """The consultation that an address names, else the one in progress, else the last one; None for one of another need."""
    if sourcing_id is None:
        return queries.current(need)
    return queries.of_need(need).filter(pk=sourcing_id).first()


def standing_page(sourcing: Sourcing) -> str:
    """The name of the page where a consultation stands."""
    if sourcing.state == Sourcing.State.DRAFT:
        return "panel"
    return "asked" if sourcing.state == Sourcing.State.OPEN else "comparison"


def operation_context(agent: Agent, need: Need, sourcing: Sourcing | None = None) -> dict[str, Any]:
    """What `city/operation.html` shows; `sourcing` is the consultation that the page is about, the present one when None."""
    if need.direct:
        return {"operation": need, "steps": direct_steps(need, inspected=agent.has(Role.BUYER, Role.HEAD_BUYER, Role.AUDITOR))}
    if not agent.has(Role.BUYER, Role.HEAD_BUYER, Role.AUDITOR) and not leads(agent, need):
        return {"operation": need, "steps": three_words(need)}
    known = [{"sourcing": each, "page": standing_page(each)} for each in queries.of_need(need)]
    return {
        "operation": need,
        "steps": seven_steps(need, sourcing),
        "consultations": known if len(known) > 1 else [],
        "consultation_shown": sourcing.pk if sourcing else None,
        "to_reach": queries.relays(sourcing) if sourcing and sourcing.opened_at else (),
    }


def direct_steps(need: Need, *, inspected: bool) -> list[Step]:
    """Bought at once: what was bought, then its proof, for who may take it."""
    on = format_date(need.created_at.astimezone(PARIS).date())
    said = f"Annulé, enregistré le {on}" if need.state == Need.State.CLOSED else f"Enregistré le {on}"
    url = reverse("dossier", args=[need.pk]) if inspected else ""
    return [
        Step(1, "Achat direct", said, DONE, reverse("need", args=[need.pk]), "need"),
        Step(2, "Preuve", "Le dossier est prêt", DONE, url, "dossier"),
    ]


def seven_steps(need: Need, sourcing: Sourcing | None = None) -> list[Step]:
    """The steps of WORDS 11 to 17; the first one not done is the present one, and no step is present once all is over."""
    named, sourcing = sourcing is not None, sourcing or _shown(need)
    over = need.state == Need.State.CLOSED
    done = _done(need, sourcing)
    steps, present = [], None
    for number, (name, said_done, said_waiting) in WORDS.items():
        if done[number]:
            status = DONE
        elif present is None and not over:
            status, present = NOW, number
        else:
            status = LATER
        sentence = said_done if status == DONE else said_waiting
        if number == 1 and need.state == Need.State.SUBMITTED:
            sentence = "Besoin reçu : lisez-le, puis acceptez-le"
        page = _page(number, sourcing)
        of_it = [sourcing.pk] if sourcing and named and page in OF_A_CONSULTATION else []
        url = "" if status == LATER else reverse(page, args=[need.pk, *of_it])
        if number == 2 and status == DONE and need.rule is None:
            # Gone past without it: no tick, and still a way to it.
            status, sentence = LATER, "Règle du jour pas encore vérifiée"
        steps.append(Step(number, name, _precise(number, sentence, sourcing), status, url, page))
    return steps


def _shown(need: Need) -> Sourcing | None:
    """The consultation that the thread follows: not one given up before it left, nor an information that has ended."""
    sourcing, states = queries.current(need), Sourcing.State
    if sourcing is None or need.state not in (Need.State.ACCEPTED, Need.State.ASKED):
        return sourcing
    given_up = sourcing.state == states.ENDED and sourcing.sent_at is None
    return None if given_up or sourcing.state == states.DONE else sourcing


def _done(need: Need, sourcing: Sourcing | None) -> dict[int, bool]:
    """Which steps are behind us. A step behind a passed one is passed too: a thread has no hole."""
    states = Sourcing.State
    state = sourcing.state if sourcing else None
    facts = {
        1: need.state not in (Need.State.DRAFT, Need.State.SUBMITTED, Need.State.RETURNED, Need.State.CLOSED),
        2: need.rule is not None,
        3: sourcing is not None and Candidate.objects.filter(sourcing=sourcing, state=Candidate.State.KEPT).exists(),
        4: state not in (None, states.DRAFT),
        5: state in (states.OPENED, states.CHOSEN, states.DONE),
        6: state in (states.DONE, states.ENDED),
        7: Entry.objects.filter(log=need.organisation_id, stream=need.id.hex, verb="dossier.built").exists(),
    }
    furthest = max((number for number in (1, 3, 4, 5, 6) if facts[number]), default=0)
    return {number: fact or number < furthest for number, fact in facts.items()} | {7: facts[7] and facts[6]}


def _page(number: int, sourcing: Sourcing | None) -> str:
    """The name of the page of a step, now."""
    states = Sourcing.State
    if sourcing and sourcing.state == states.ENDED and sourcing.opened_at is None:
        return {5: "asked", 6: "asked"}.get(number, PAGES[number])
    if sourcing and sourcing.state in (states.CHOSEN, states.DONE, states.ENDED):
        return ONCE_CHOSEN.get(number, PAGES[number])
    if number == 5 and sourcing and sourcing.state == states.CLOSED:
        return "comparison"
    return PAGES[number]


def _precise(number: int, sentence: str, sourcing: Sourcing | None) -> str:
    """The sentence of a step, with the date or the fact that makes it exact today."""
    if sourcing is None:
        return sentence
    state, states, now = sourcing.state, Sourcing.State, timezone.now()
    if number == 5 and state == states.OPEN and sourcing.deadline:
        if now > sourcing.deadline:
            return "Date limite passée"
        closed = "attendues" if sourcing.kind != Sourcing.Kind.RFQ else "fermées"
        return f"Réponses {closed} jusqu'au {format_moment(sourcing.deadline, weekday=False)}"
    if number == 5 and state == states.CLOSED:
        return "Date limite passée : ouvrez les réponses"
    if number in (5, 6) and state == states.ENDED:
        return "Réponses reçues" if number == 5 else "Sans suite, avec la raison"
    if number == 6 and state == states.CHOSEN:
        return "Choix fait : prévenez toutes les entreprises"
    if number == 6 and state == states.OPENED:
        pending = LastPriceRound.objects.filter(sourcing=sourcing, opened_at=None).first()
        if pending and now > pending.deadline:
            return "Date limite passée : ouvrez les derniers prix"
        if pending:
            return f"Derniers prix fermés jusqu'au {format_moment(pending.deadline, weekday=False)}"
    return sentence


def three_words(need: Need) -> list[Step]:
    """« Demandé · En cours · Choisi », for the department: who has it now, without the buyer's trade."""
    states = Need.State
    asked = need.state not in (states.DRAFT, states.RETURNED)
    chosen = need.state == states.AWARDED
    over = need.state == states.CLOSED
    sent = (
        f"Envoyé le {format_date(need.submitted_at.astimezone(PARIS).date())}" if need.submitted_at else "Décrivez votre besoin"
    )
    if need.state == states.RETURNED:
        sent = "À compléter"
    holder = f"Chez {need.buyer.name}" if need.buyer else "Au service achats"
    in_hand = DONE if chosen else NOW if asked and not over else LATER
    return [
        Step(1, "Demandé", sent, DONE if asked else NOW, reverse("need", args=[need.pk])),
        Step(2, "En cours", "Clos, avec la raison" if over else holder if asked else "", in_hand, ""),
        Step(3, "Choisi", "Le choix est fait" if chosen else "", DONE if chosen else LATER, ""),
    ]
