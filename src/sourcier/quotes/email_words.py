"""What a reply by e-mail is understood to say, told to the firm that sent it. Pure; what is not certain is left out."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sourcier.quotes.answer_rules import EXCLUDED, EXEMPT, INCLUDED

_PRICE = re.compile(
    r"(?<![\d,.])(\d{1,3}(?:[ .\u00a0\u202f]?\d{3})*(?:,\d{1,4}|\.\d{1,2})?)\s?(?:€|euros?\b|EUR\b)", re.IGNORECASE
)
_VAT = {
    EXEMPT: re.compile(r"\b293\s?b\b|tva non applicable|franchise (en base )?de tva|exon[ée]r\w+ de tva", re.IGNORECASE),
    INCLUDED: re.compile(r"\bt\.?t\.?c\b|toutes taxes comprises|avec (la )?tva|tva (comprise|incluse)", re.IGNORECASE),
    EXCLUDED: re.compile(r"\bh\.?t\b|hors taxes?\b|hors tva|sans (la )?tva", re.IGNORECASE),
}
_PERCENT = r"(\d{1,2}(?:[.,]\d{1,2})?)\s?%"
_RATE = re.compile(rf"\btva\b[^%\n\d]{{0,30}}{_PERCENT}|{_PERCENT}\s?(?:de\s)?\btva\b", re.IGNORECASE)
_VALID = re.compile(r"\bvalables?\s+((?:jusqu|pendant\b|durant\b|\d)[^.;,\n]{1,60})", re.IGNORECASE)
LATE = "Votre courriel est arrivé après la date limite. Il est gardé fermé : il ne sera pas pris."


def only_price(text: str) -> str:
    """The price that a text gives, as it is written; empty when there is none, or several."""
    found = {" ".join(price.split()) for price in _PRICE.findall(text)}
    return found.pop() if len(found) == 1 else ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says for certain: a price as written, with or without VAT, its rate (basis points), how long it holds."""

    price: str = ""
    vat: str = ""
    rate: int | None = None
    valid: str = ""


def reading(text: str, rates: Collection[int]) -> Reading:
    """Read a text. `rates` are those of the territory: another one is a slip of the pen, or no rate at all."""
    said = [vat for vat, words in _VAT.items() if words.search(text)]
    percents = {int(Decimal((a or b).replace(",", ".")) * 100) for a, b in _RATE.findall(text)}
    rate = percents.pop() if len(percents) == 1 else None
    valid = {" ".join(words.split()) for words in _VALID.findall(text)}
    return Reading(
        price=only_price(text),
        vat=said[0] if len(said) == 1 else "",
        rate=rate if rate in rates else None,
        valid=valid.pop() if len(valid) == 1 else "",
    )


def understood(documents: int, refused: int, price: str, known: bool, link: str, *, confirms: bool) -> str:
    """What was found in the reply, and what is left to do. `confirms`: the link confirms the price, without a code."""
    lines = [f"Documents pris avec votre réponse : {documents}."]
    if refused:
        lines.append(f"Fichiers qui n'ont pas pu être pris : {refused}. Envoyez-les en PDF ou en photo, sur votre page.")
    if not known:
        lines.append(
            "Le courriel venait d'une autre adresse que celle-ci : la mairie le verra. Ce n'était pas vous ? Appelez-la."
        )
    elif price:
        lines.append(f"Prix lu dans votre message : {price} €.")
    if confirms:
        lines += [
            "", "Confirmez votre prix, pour qu'il soit comparé sans erreur : ouvrez ce lien, vérifiez, touchez « Confirmer ».",
            link, "Ce lien est à vous seul, jusqu'à la date limite. Ne le transmettez pas.",
        ]  # fmt: skip
    elif link:
        lines += ["Tapez aussi votre prix sur votre page, pour qu'il soit comparé sans erreur. Un code y sera demandé :", link]
    return "\n".join(lines)


def kept(why: str, link_mark: str) -> str:
    """A message that is no answer by itself: it is kept, and this is how to answer."""
    return "\n".join(
        [
            "Madame, Monsieur,",
            "",
            "Votre courriel est bien arrivé. Il est gardé avec la demande.",
            why,
            "",
            "Votre page :",
            link_mark,
        ]
    )


NO_DOCUMENT = (
    "Aucun document n'y est joint : ce n'est pas encore une réponse. Répondez avec votre devis en PDF, ou sur votre page."
)
ANSWERED = "Vous avez déjà répondu sur votre page : cette réponse-là compte toujours. Pour la changer, ouvrez votre page."
CLOSED = "La demande ne prend plus de réponse par courriel. Pour toute question, appelez la mairie."
