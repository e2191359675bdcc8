"""What a department wants of the thing: to buy it, hire it, have it mended, put in, or have a service done.

« Louer un barnum », « réparer un barnum » and « acheter un barnum » are three trades: the intent favours the divisions of NAF
rév. 2 that do it. It only adds: an activity that no word of the need meets is never brought by its intent.
"""

from collections.abc import Iterable
from enum import StrEnum
from functools import cache

from sourcier.kernel.activities import Activity
from sourcier.matching.words import Word, stem


class Intent(StrEnum):
    """« acheter », « louer », « réparer ou entretenir », « installer ou construire », « faire faire »."""

    BUY = "buy"
    HIRE = "hire"
    REPAIR = "repair"
    INSTALL = "install"
    SERVICE = "service"


FAVOUR = 1.15
"""What the score of an activity of a favoured division is multiplied by."""

_SAID = {
    Intent.BUY: "achat acheter acquisition acquerir fourniture fournir commande commander stock renouvellement racheter lot",
    Intent.HIRE: "location louer locatif emprunter emprunt pret",
    Intent.REPAIR: """reparer reparation depannage depanner maintenance entretien entretenir revision reviser panne casse
        cassee remettre restauration restaurer fuite fuit bloque bloquee hors-service verification controle remplacement
        debouchage deboucher curage""",
    Intent.INSTALL: """pose poser installer installation travaux construire construction refaire refection renovation renover
        amenagement amenager raccordement raccorder demolition demolir creation creer monter montage isoler isolation ravalement
        remplacer changer""",
    Intent.SERVICE: """prestation animation animer intervenant spectacle formation former nettoyage nettoyer gardiennage
        surveillance surveiller transport transporter etude conseil assistance accompagnement mission expertise diagnostic
        organiser organisation cours atelier impression imprimer redaction traduction hebergement abonnement assurance""",
}

# « Une cour » is no lesson, though both have one stem.
_NEVER = frozenset(("cour",))

_DIVISIONS = {
    Intent.BUY: (*(f"{number:02}" for number in (*range(1, 4), *range(10, 33))), "45.1", "45.3", "45.4", "46", "47", "58"),
    Intent.HIRE: ("77", "43.99E", "68.20"),
    Intent.REPAIR: ("33.1", "95", "45.20", "43", "81.2", "80.20", "37", "71.20"),
    Intent.INSTALL: ("33.20", "41", "42", "43", "81.30"),
    Intent.SERVICE: tuple(f"{number:02}" for number in (*range(36, 40), *range(49, 57), *range(58, 97))),
}


@cache
def _stems() -> dict[str, Intent]:
    return {stem(word): intent for intent, words in _SAID.items() for word in words.split()}


def intended(words: Iterable[Word]) -> list[Word]:
    """Those of the words that say what is wanted of the thing."""
    return [word for word in words if word.stem in _stems() and word.folded not in _NEVER]


def intents(words: Iterable[Word]) -> frozenset[Intent]:
    """All that the words say; « fourniture et pose » is two. Empty when none does."""
    return frozenset(_stems()[word.stem] for word in intended(words))


@cache
def favoured(activity: Activity, intent: Intent) -> bool:
    """Whether firms of this activity do that."""
    return activity.code.startswith(_DIVISIONS[intent])
