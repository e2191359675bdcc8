"""What a reply by e-mail is understood to say, told to the firm that sent it. Pure."""

import re

_PRICE = re.compile(
    r"(?<![\d,.])(\d{1,3}(?:[ .\u00a0\u202f]?\d{3})*(?:,\d{1,4}|\.\d{1,2})?)\s?(?:€|euros?\b|EUR\b)", re.IGNORECASE
)
LATE = "Votre courriel est arrivé après la date limite. Il est gardé fermé : il ne sera pas pris."


def only_price(text: str) -> str:
    """The price that a text gives, as it is written; empty when there is none, or several."""
    found = {" ".join(price.split()) for price in _PRICE.findall(text)}
    return found.pop() if len(found) == 1 else ""


def understood(documents: int, refused: int, price: str, known: bool, link: str) -> str:
    """What was found in the reply, and what is left to do."""
    lines = [f"Documents pris avec votre réponse : {documents}."]
    if refused:
        lines.append(f"Fichiers qui n'ont pas pu être pris : {refused}. Envoyez-les en PDF ou en photo, sur votre page.")
    if not known:
        lines.append(
            "Le courriel venait d'une autre adresse que celle-ci : la mairie le verra. Ce n'était pas vous ? Appelez-la."
        )
    elif price:
        lines.append(f"Prix lu dans votre message : {price} €.")
    lines += ["Tapez aussi votre prix sur votre page, pour qu'il soit comparé sans erreur. Un code vous y sera envoyé :", link]
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
