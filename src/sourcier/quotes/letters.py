"""What firms are told after the opening, in plain French: clarifications, last prices, the result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from sourcier.journal.keys import fingerprint_line
from sourcier.kernel.french import format_moment
from sourcier.kernel.money import format_cents
from sourcier.quotes.models import Award, Submission
from sourcier.quotes.queries.answers import read
from sourcier.sourcing.briefs import asked_places
from sourcier.sourcing.models import AskedPlace, Sourcing

MARK_SCALE = 100


def _signed(sourcing: Sourcing, lines: list[str]) -> str:
    """The body with its foot: whom to call, and the fingerprint of the key that signs what the city gives."""
    city = sourcing.organisation
    foot = ["", "Pour nous parler :"]
    foot.append(
        " · ".join(filter(None, [sourcing.contact_name, sourcing.contact_phone or city.phone, city.email])) or city.name
    )
    foot += [city.name, "", fingerprint_line(city.pk)]
    return "\n".join([*lines, *foot])


def _where(sourcing: Sourcing) -> str:
    return f"Votre page : le lien du premier message, ou {settings.SITE_URL}/r/ avec votre code."


def clarification(sourcing: Sourcing, submission: Submission, question: str) -> tuple[str, str]:
    """`(subject, body)` of a question about one answer."""
    return (
        f"Une précision sur votre devis : {sourcing.title}",
        _signed(
            sourcing,
            [
                "Madame, Monsieur,",
                "",
                "Nous lisons votre devis et nous avons une question :",
                "",
                question,
                "",
                _where(sourcing),
            ],
        ),
    )


def clarification_on_paper(question: str) -> str:
    """The same, on the letter that carries its own link and code."""
    return f"Nous lisons votre devis et nous avons une question :\n{question}"


def last_price_on_paper(deadline: datetime) -> str:
    """The same as `last_price`, on the letter that carries its own link and code."""
    return (
        "Votre devis est retenu pour la suite. Nous demandons un dernier prix à toutes les entreprises retenues.\n"
        f"Répondez avant : {format_moment(deadline)}.\n"
        "Si vous ne changez rien, votre premier prix reste bon. Personne ne lit votre prix avant cette date."
    )


def last_price(sourcing: Sourcing, submission: Submission, deadline: datetime) -> tuple[str, str]:
    """`(subject, body)` of the request for a last price."""
    return (
        f"Votre dernier prix : {sourcing.title}",
        _signed(
            sourcing,
            [
                "Madame, Monsieur,",
                "",
                "Votre devis est retenu pour la suite. Nous demandons un dernier prix à toutes les entreprises retenues,",
                f"à la même heure. Répondez avant : {format_moment(deadline)}.",
                "Si vous ne changez rien, votre premier prix reste bon.",
                "Personne ne lit votre prix avant cette date.",
                "",
                _where(sourcing),
            ],
        ),
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What a firm is told of one lot, or of the whole."""

    award: Award
    won: bool
    place: str
    sentence: str


def result(sourcing: Sourcing, told: Sequence[Told]) -> tuple[str, str]:
    """`(subject, body)` of the result for one firm: each lot that it answered, won or not, with the sentence written for it."""
    wins = sum(each.won for each in told)
    lines = ["Madame, Monsieur,", ""]
    if not wins:
        subject = f"Le résultat : {sourcing.title}"
        lines.append("Votre devis n'est pas choisi. Merci de nous avoir répondu.")
    elif wins == len(told):
        subject = f"Votre devis est choisi : {sourcing.title}"
        lines.append("Votre devis est choisi.")
    else:
        subject = f"Votre devis est choisi, pour une partie : {sourcing.title}"
        lines.append("Votre devis est choisi pour une partie. Voici le résultat, lot par lot.")
    for each in told:
        lines += ["", *_part(sourcing, each)] if len(told) > 1 else _part(sourcing, each)
    if wins:
        lines += _where_to_deliver(sourcing, [each.award for each in told if each.won])
        lines += ["", "Voici la suite : 1. le bon de commande 2. vos papiers 3. la facture 4. le paiement sous 30 jours."]
    return subject, _signed(sourcing, lines)


def _part(sourcing: Sourcing, told: Told) -> list[str]:
    if told.won:
        name = _lot(told.award) or f"{sourcing.title}. "
        price = f"{format_cents(told.award.amount_cents)} hors taxes, pour les quantités estimées."
        lines = [f"{name}Votre devis est choisi : {price}" if told.award.lot else f"– {name[:-2]} : {price}"]
    else:
        lines = [result_line(told.award), told.place]
    return [*lines, f"La raison : {told.sentence}"] if told.sentence else lines


def _lot(award: Award) -> str:
    return f"Lot {award.lot.number}, {award.lot.title}. " if award.lot else ""


def _where_to_deliver(sourcing: Sourcing, awards: list[Award]) -> list[str]:
    """The places that the firm serves, with whom to ask for there: no other firm is told."""
    answer = awards[0].submission
    places = (read(answer).ticked_places() if answer else []) or asked_places(sourcing)
    return ["", "Où livrer :", *(f"– {_place(place)}" for place in places)] if places else []


def _place(place: AskedPlace) -> str:
    contact = ", ".join(filter(None, (place.contact_name, place.contact_phone)))
    hours = f" ({place.hours})" if place.hours else ""
    return f"{place.name}, {place.whole_address}{hours}." + (f" Sur place : {contact}." if contact else "")


def late(sourcing: Sourcing, results: list[str]) -> tuple[str, str]:
    """`(subject, body)` for a firm whose answer came too late and was not opened."""
    lines = [
        "Madame, Monsieur,",
        "",
        "Votre réponse est arrivée après la date limite. Elle n'a pas été ouverte. Elle est gardée avec son heure d'arrivée.",
        *results,
    ]
    return f"Le résultat : {sourcing.title}", _signed(sourcing, lines)


def ended(sourcing: Sourcing, sentence: str) -> tuple[str, str]:
    """`(subject, body)` when the request ends without a choice."""
    lines = [
        "Madame, Monsieur,",
        "",
        "La Ville ne donne pas suite à cette demande. Aucune entreprise n'est choisie.",
        f"La raison : {sentence}",
        "",
        "Merci de nous avoir répondu.",
    ]
    return f"Demande sans suite : {sourcing.title}", _signed(sourcing, lines)


def result_line(award: Award) -> str:
    """« Choisi : Boulangerie …, 18 240 € HT. » for the whole or for one lot."""
    if award.submission is None:
        return f"{_lot(award)}Personne n'est choisi."
    return f"{_lot(award)}Choisi : {award.submission.firm.name}, {format_cents(award.amount_cents)} HT."


def place_line(rank: int | None, count: int, marks: list[tuple[str, int, int | None]], total: int | None) -> str:
    """« Votre place : 3e sur 5. Vos notes : … » from `(criterion, weight, mark in hundredths)`."""
    if rank is None or total is None:
        return "Votre réponse n'a pas pu être classée : un prix y manque."
    place = "1re" if rank == 1 else f"{rank}e"
    details = ", ".join(f"{label} {_mark(mark)} (poids {weight} %)" for label, weight, mark in marks if mark is not None)
    return f"Votre place : {place} sur {count}. Votre note : {_mark(total)} sur 100. Le détail : {details}."


def _mark(hundredths: int) -> str:
    whole, rest = divmod(hundredths, MARK_SCALE)
    return f"{whole},{rest:02d}" if rest else str(whole)
