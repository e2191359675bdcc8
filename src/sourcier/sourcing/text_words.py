"""What an SMS says: who asks, what, until when, and the firm's own link. Everything else is on its page. Pure."""

from datetime import datetime

from sourcier.kernel.french import PARIS
from sourcier.sourcing.words import LINK_MARK

# `{nom}`: the city, shortened when there is no room (`kernel.sms`). `{avant}`: « avant le 30/09 12h ».
_SENTENCES = {
    "rfq": "{nom} vous demande un devis {avant} :",
    "rfi": "{nom} se renseigne auprès de vous, {avant} :",
    "direct": "{nom} vous demande un prix {avant} :",
    "reminder": "{nom} attend votre réponse, oui ou non, {avant} :",
    "answer": "{nom} répond à une question sur sa demande. À lire :",
    "extension": "{nom} vous laisse plus de temps : répondez {avant}. Votre page :",
    "correction": "{nom} change sa demande, à rendre {avant}. À lire :",
    "end": "{nom} arrête sa demande. Vous n'avez rien à faire. Pourquoi :",
    "clarification": "{nom} vous demande une précision sur votre réponse :",
    "last_price": "{nom} vous demande un dernier prix. À lire :",
    "result": "{nom} a fait son choix. Le résultat est sur votre page :",
    "acknowledgement": "{nom} : bien reçu{numero}. Votre page :",
    "text_kept": "{nom} : votre SMS est arrivé, mais un SMS ne vaut pas réponse. Répondez ici :",
}
CODE = f"Votre code pour {{nom}} : {LINK_MARK} Il sert une fois, pendant dix minutes. Ne le donnez à personne."


def sentence(kind: str, asked: str, deadline: datetime | None, *, number: str = "", stop: bool = False) -> str:
    """The words of a text of that kind, about a request of the kind `asked`; `stop`: a reply « STOP » is heard."""
    words = _SENTENCES[asked if kind == "invitation" else kind]
    words = words.replace("{avant}", _before(deadline)).replace("{numero}", f", récépissé {number}" if number else "")
    return f"{words} {LINK_MARK}" + (" Fin : STOP" if stop else "")


def _before(deadline: datetime | None) -> str:
    if deadline is None:
        return "bientôt"
    at = deadline.astimezone(PARIS)
    return f"avant le {at:%d/%m} {at.hour}h" + (f"{at:%M}" if at.minute else "")
