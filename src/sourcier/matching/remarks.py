"""What to say to who wrote a need in which no trade was found, or not all was read: one sentence in French, or none."""

import re

from sourcier.matching.engine import How, Result, project_index
from sourcier.matching.firm_names import numbers
from sourcier.matching.french import french
from sourcier.matching.index import LONGEST
from sourcier.matching.words import words

_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_CODE = re.compile(r"[{}<>;=]|\w\(.*\)|https?://|\b(?:select|function|import|def|drop table)\b", re.IGNORECASE)

FEW_WORDS, FRENCH_SHARE = 3, 0.5
MANY_SIGNS = 3

EMPTY = "Dites en quelques mots ce qu'il vous faut, par exemple « 60 baguettes par jour pour les crèches »."
SHORT = "C'est trop court pour chercher un métier. Dites ce qu'il vous faut en quelques mots."
SIGNS = "Nous n'avons trouvé aucun mot. Écrivez en lettres ce qu'il vous faut."
NUMBER = "Vous avez écrit le numéro d'une entreprise. Dites plutôt ce qu'il vous faut : l'entreprise se choisit ensuite."
CODE = "Ce texte ressemble à un programme. Dites en français ce qu'il vous faut."
FOREIGN = "Nous n'avons pas reconnu ces mots. Écrivez-les en français, ou vérifiez leur orthographe."
UNKNOWN = (
    "Nous n'avons trouvé aucun métier pour ces mots. Nommez la chose elle-même (« pain », « peinture ») ; "
    "si c'est le nom d'une entreprise, dites ce qu'elle vous vendrait."
)
NEAR = "Aucun de ces mots ne nomme un métier que nous connaissons : voici ceux qui s'en approchent. Regardez-y deux fois."
LONG = f"Votre texte est long : ses {LONGEST} premiers mots différents ont compté. Rien n'est perdu."


def remark(text: str, result: Result) -> str:
    """The sentence for this need, "" when there is nothing to say; never an exception.

    A need that names an enterprise by its number is told so even though its other words find trades.
    """
    if not text.strip():
        return EMPTY
    if numbers(text):
        return NUMBER
    if not _LETTER.search(text):
        return SIGNS
    if not result.sure and len(_CODE.findall(text)) >= MANY_SIGNS:
        return CODE
    if not result.sure and _is_foreign(text):
        return FOREIGN
    if not result.activities:
        return UNKNOWN if _WORD.search(text) else SHORT
    if all(met.how is How.NEAR for each in result.activities for met in each.met):
        return NEAR
    return LONG if len({word.stem for word in words(text)}) > LONGEST else ""


def _is_foreign(text: str) -> bool:
    """Whether most of the words are neither French, however they are cut, nor of the thesaurus (« DAE »)."""
    said = sorted({word.folded for word in words(text) if _WORD.search(word.folded)})
    known = len({*french().existing(said)} | (project_index().vocabulary.keys() & said))
    return bool(said) and known < FRENCH_SHARE * len(said) and (not known or len(said) >= FEW_WORDS)
