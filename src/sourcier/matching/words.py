"""Words of a French text, as the matching compares them: folded, without stop words, reduced to their stem."""

import re
import unicodedata
from functools import lru_cache
from threading import local
from typing import Any, NamedTuple

import Stemmer  # type: ignore[import-not-found]

from sourcier.kernel.french import fold

_WORD_OR_END = re.compile(r"\w+(?:-\w+)*|[.,;:!?()\n]")
_ENDS = frozenset(".,;:!?()\n")
"""What ends a clause."""

_STOP = """a afin ai ainsi alors apres as au aucun aucune aussi autre autres aux avant avec avoir c ca car ce ceci cela
    celle celles celui ces cet cette ceux chaque chez ci comme comment d dans de deja depuis des deux dix donc
    dont du elle elles en encore entre es est et etaient etait etc ete etes etre eu eux ex faire fait faut h
    huit hors il ils j je jusqu jusque l la le les leur leurs lors lui m ma mais me meme memes mes moi moins mon
    n ne neuf ni non nos notre nous on ont ou par parmi pas pendant peu peut plus plusieurs pour pourquoi qu
    quand quatre que quel quelle quelles quels qui quinze quoi s sa sans sauf se selon sept ses si six soit son
    sont sous sur t ta tant te tel telle tels tes toi ton tous tout toute toutes tres trois tu type un une unite
    unites vers vos votre vous y environ nombre semaine semaines mois jour jours an ans annee annees heure
    heures matin soir midi lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril mai
    juin juillet aout septembre octobre novembre decembre kg km cm mm m2 m3 ht ttc eur euros nc"""

# Words that any purchase may use: they say little about the trade.
_COMMON = """achat acheter acquisition besoin commande consultation contrat fourniture livraison livrer marche mission
    prestation service besoin petit petite grand grande nouveau nouvelle neuf neuve divers diverse ancien
    ancienne complet complete fabrication activite commerce gros detail interentreprises magasin specialise
    produit article autre materiel equipement urgent demande prevoir souhaiter vouloir remettre mettre mise
    place"""

# Where a thing goes and whom it serves: « peinture des salles de classe » is painting, not teaching.
_CONTEXT = """personne public agent annexe association batiment canal centre centre-ville cimetiere classe college collegien
    commune communal conservatoire creche direction ecole eglise elementaire eleve elu enfant foyer
    garderie groupe gymnase habitant hotel jeune logement lycee mairie maison maternelle mediatheque municipal
    municipale parc parking place policier public residence restaurant salle scolaire senior site square stade
    usager ville ccas ctm ehpad bibliotheque piscine cantine accueil bureau cour local locaux rue quartier
    festival fete ceremonie halte haltegarderie"""

# « Un car », « du son » are things; « car il pleut », « son bureau » are not.
_THINGS = frozenset(("car", "son"))
_DETERMINERS = frozenset(("un", "le", "ce", "cet", "du", "de", "d", "en", "par", "au", "des"))
_AFTER = frozenset(("pour", "chez", "dans", "vers", "devant", "sur"))
_OF = frozenset(("de", "du", "des", "d"))
_WITH = frozenset(("a", "au", "aux", "avec", "en", "sous", "sans", "par", "contre"))
_SMALL = _OF | _WITH | _AFTER
_stemmers = local()


@lru_cache(maxsize=65_536)
def stem(folded: str) -> str:
    """Snowball stem of a folded word. The stemmer keeps a state: one for each thread."""
    stemmer: Any = getattr(_stemmers, "french", None)
    if stemmer is None:
        stemmer = _stemmers.french = Stemmer.Stemmer("french")
    return str(stemmer.stemWord(folded))


STOP = frozenset(_STOP.split())
COMMON = frozenset(stem(word) for word in _COMMON.split())
CONTEXT = frozenset(stem(word) for word in _CONTEXT.split())


@lru_cache(maxsize=65_536)
def _read(surface: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A word folded, and what counts of it with the stems: itself, or the parts of a compound and the whole.

    Nothing of a stop word or a number counts.
    """
    folded = fold(surface)
    parts = folded.split("-")
    kept = [part for part in parts if len(part) > 1 and not part.isdigit() and part not in STOP]
    if len(parts) > 1 and kept:
        kept.append("".join(parts))
    return folded, tuple((part, stem(part)) for part in kept)


class Word(NamedTuple):
    """A word of a text: as written, folded, its stem.

    `aside`: it follows « pour », « dans »… in its clause; `complement`: « de », the last of its clause's small words.
    """

    surface: str
    folded: str
    stem: str
    aside: bool
    complement: bool


def words(text: str) -> list[Word]:
    """The words that count, in order; a compound gives its parts and itself (« chauffe-eau » : chauffe, eau, chauffeeau)."""
    found: list[Word] = []
    before, aside, complement = "", False, False
    for match in _WORD_OR_END.finditer(unicodedata.normalize("NFC", text)):
        surface = match.group()
        if surface in _ENDS:
            aside = complement = False
            continue
        folded, parts = _read(surface)
        if folded in _SMALL:
            aside, complement = aside or folded in _AFTER, folded in _OF
        elif folded in _THINGS and (before in _DETERMINERS or text.startswith(surface)):
            parts = ((folded, stem(folded)),)
        for part, its in parts:
            found.append(Word(surface, part, its, aside, complement))
        before = folded
    return found


def one_letter_less(folded: str) -> set[str]:
    """The word and all it becomes by losing one letter: two words that share one of these are one slip apart."""
    return {folded, *(folded[:place] + folded[place + 1 :] for place in range(len(folded)))}
