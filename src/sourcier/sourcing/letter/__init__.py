"""The letter: one page of plain French with the link as a square to photograph, the typed code and the telephone.

Printed again, a letter is the same to the last byte: its link and code are computed from the invitation's seed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from sourcier.kernel.french import PARIS, format_date, format_moment
from sourcier.sourcing import words
from sourcier.sourcing.briefs import brief, deadline_told, link
from sourcier.sourcing.letter.paper import address_of, cut, door, letterhead, printer_row, typeset_letters
from sourcier.sourcing.models import Invitation, Relay, Sourcing
from sourcier.sourcing.words import Brief
from sourcier.suppliers import tokens

MAX_DESCRIPTION = 330
MAX_FACT = 150


def invitation_letters(sourcing: Sourcing, invitations: Sequence[Invitation]) -> bytes:
    """The request as a PDF, one page for each firm."""
    told = brief(sourcing)
    return _pdf(sourcing, told, _sheets(told, invitations))


def invitation_word(sourcing: Sourcing, invitations: Sequence[Invitation]) -> bytes:
    """The same as a Word document."""
    from sourcier.sourcing.letter.word import word  # a library that no other page needs

    told = brief(sourcing)
    return word(_common(sourcing, told), _sheets(told, invitations))


def invitation_addresses(invitations: Sequence[Invitation]) -> list[tuple[str, ...]]:
    """For an outsourced printer, one row a firm."""
    rows = []
    for invitation in invitations:
        token, code = tokens.secrets_of(invitation.seed, invitation.token_sha256)
        rows.append(printer_row(invitation.firm, link(token), code))
    return rows


def _sheets(told: Brief, invitations: Sequence[Invitation]) -> list[dict[str, Any]]:
    return [request_words(told) | _addressed(invitation) for invitation in invitations]


def invitation_copy(invitation: Invitation) -> bytes:
    """The letter as it left, for who reads the exchanges: without the square and the code, which open the firm's page."""
    sourcing = invitation.sourcing
    told = brief(sourcing, deadline_told(sourcing, invitation.sent_at) if invitation.sent_at else None)
    return _pdf(sourcing, told, [request_words(told) | {"address": address_of(invitation), "code": None}])


def invitation_text(told: Brief) -> str:
    """What the letter says, without the personal link and code."""
    text = request_words(told)
    facts = [f"{name} : {said}" for name, said in text["facts"]]
    return "\n\n".join([text["subject"], *text["paragraphs"], "\n".join(facts), *text["closing"]])


def request_words(told: Brief) -> dict[str, Any]:
    """What the request says on its page, the same for all."""
    several = told.kind != Sourcing.Kind.DIRECT
    return {
        "subject": cut(f"Nous cherchons {told.trade}" if told.trade else told.title, 90),
        "paragraphs": _paragraphs(told, several),
        "facts": _facts(told),
        "closing": _closing(several),
    }


def relay_letters(sourcing: Sourcing, relays: Sequence[Relay]) -> bytes:
    """What all were told since, as a PDF, one page for each firm reached by letter."""
    told = brief(sourcing)
    sheets = []
    for relay in relays:
        ended = relay.subject == Relay.Subject.END
        # What is asked of one firm after the opening has its own date, in its words.
        own = relay.subject in (Relay.Subject.CLARIFICATION, Relay.Subject.LAST_PRICE)
        text = {
            "subject": cut(f"{relay.get_subject_display()} : {told.title}", 120),
            "paragraphs": [cut(line, 700) for line in relay.text.split("\n") if line.strip()][:8],
            "facts": [] if ended or own else [["Répondez avant", format_moment(told.deadline)]],
            "closing": [] if own else ["Toutes les entreprises interrogées reçoivent cette information."],
        }
        sheets.append(text | _addressed(relay.invitation) | ({"code": None} if ended else {}))
    return _pdf(sourcing, told, sheets)


def result_letters(sourcing: Sourcing, results: Sequence[tuple[Invitation, str]]) -> bytes:
    """The result as a PDF, one page for each firm not reached by e-mail: `(invitation, its message)`."""
    told = brief(sourcing)
    sheets = []
    own = ("Madame, Monsieur,", told.key)  # the template greets, and has its foot
    for invitation, body in results:
        lines = [line for line in body.split("\n") if line.strip() and line not in own]
        text: dict[str, Any] = {"subject": cut(f"Le résultat : {told.title}", 120), "facts": [], "closing": []}
        text |= {"paragraphs": [cut(line, 700) for line in lines]}
        sheets.append(text | _addressed(invitation) | {"purpose": "Pour lire votre résultat en ligne"})
    return _pdf(sourcing, told, sheets)


def _paragraphs(told: Brief, several: bool) -> list[str]:
    asked = (
        "Nous écrivons aux entreprises qui peuvent répondre. Vous en êtes une." if several else "Nous nous adressons à vous."
    )
    found = [
        f"{cut(words.headline(told), 160)}. {asked}",
        f"Ce qu'il faut : {cut(told.title, 120)}. {cut(' '.join(told.description.split()), MAX_DESCRIPTION)}",
    ]
    if len(told.places) > 1:
        found.append("Vous pouvez servir un seul lieu, ou plusieurs. C'est vous qui dites.")
    elif told.lots:
        found.append("Vous pouvez répondre pour un seul lot, ou plusieurs. C'est vous qui dites.")
    return found


def _facts(told: Brief) -> list[list[str]]:
    facts = [("Où", words.where(told)), ("Quand", words.when(told)), ("Répondez avant", format_moment(told.deadline))]
    if told.criteria:
        facts.append(("Nous choisirons", words.weights(told)))
    return [[name, cut(text, MAX_FACT)] for name, text in facts if text]


def _closing(several: bool) -> list[str]:
    found = ["Cela prend trois minutes. C'est gratuit. Vous n'êtes pas obligé de répondre."]
    if several:
        found.append("Toutes les entreprises reçoivent la même information. Une entreprise d'ailleurs peut répondre aussi.")
    return found


def _addressed(invitation: Invitation) -> dict[str, Any]:
    """The address in the window, the code, and the square that holds the link."""
    token, code = tokens.secrets_of(invitation.seed, invitation.token_sha256)
    return {"address": address_of(invitation), **door(link(token), code)}


def _pdf(sourcing: Sourcing, told: Brief, sheets: Sequence[dict[str, Any]]) -> bytes:
    """The pages, dated of the sending."""
    return typeset_letters(_common(sourcing, told), sheets, int(_dated(sourcing).timestamp()))


def _dated(sourcing: Sourcing) -> datetime:
    return sourcing.sent_at or sourcing.created_at


def _common(sourcing: Sourcing, told: Brief) -> dict[str, Any]:
    return letterhead(sourcing.organisation) | around(told, _dated(sourcing))


def around(told: Brief, sent: datetime) -> dict[str, Any]:
    """What stands around the words on every page."""
    return {
        "title": cut(told.title, 120),
        "date": format_date(sent.astimezone(PARIS).date()),
        "short": settings.SITE_URL.split("://")[-1] + "/r",
        "phone": ", ".join(filter(None, (told.contact_phone, told.contact_hours))),
        "counter": f"Ou venez à la mairie, {told.counter}." if told.counter else "",
        "signer": told.contact_name,
        "foot": [words.source_of_data(told), told.key],
    }
