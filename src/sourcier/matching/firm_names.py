"""A need that names a firm: by its number, or by words that no trade explains. A caller knows who bears them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from stdnum.fr import siren, siret

from sourcier.kernel.french import fold
from sourcier.matching.engine import How, Result
from sourcier.matching.words import STOP

_GAP = r"[ .\u00a0\u202f]"
# As people group them: a date before an hour (« 01.09.2026 8 h ») has nine digits too.
_NUMBER = re.compile(rf"(?<!\d)(?<!\d{_GAP})(?:\d{{3}}{_GAP}?){{2}}\d{{3}}(?:{_GAP}?\d{{5}})?(?!\d)")
_FORMS = """sarl sas sasu eurl sa snc sci scop scic ei eirl selarl ets etablissement etablissements societe
    entreprise"""

_UNTOLD = STOP.union(_FORMS.split())
MOST_WORDS = 6
"""A longer text is no name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of a name, folded, without its legal form; `unknown`: those of them that no activity found explains."""

    words: tuple[str, ...]
    unknown: frozenset[str]


def numbers(text: str) -> list[str]:
    """The SIREN and SIRET that a text holds, valid by their key (`stdnum.fr`), digits alone; a telephone number is none."""
    found = (re.sub(r"\D", "", number) for number in _NUMBER.findall(text))
    return [number for number in found if (siret if len(number) == 14 else siren).is_valid(number)]


def name_asked(text: str, result: Result) -> Asked | None:
    """The name that a need may be; None for one that is understood (sure, or explained whole by its first activity)."""
    said = _telling(text)
    if result.sure or not 0 < len(said) <= MOST_WORDS:
        return None
    explained = [_words(met.word for met in each.met if met.how is not How.NEAR) for each in result.activities]
    if explained and explained[0].issuperset(said):
        return None
    return Asked(tuple(said), frozenset(said).difference(*explained))


def bears(asked: Asked, names: Iterable[str], town: str) -> bool:
    """Whether a firm of these names, in this town, is the one asked for.

    All words are whole in its names or its town; a name has one that no activity explains, or is several words and no other.
    """
    said, borne = frozenset(asked.words), [frozenset(_telling(name)) for name in names]
    here = _words([town])
    if not said <= here.union(*borne):
        return False
    return any(asked.unknown & name or (len(name) > 1 and name == said - (here - name)) for name in borne)


def _telling(text: str) -> list[str]:
    """The words of a name that tell it from another, in order."""
    return [word for word in dict.fromkeys(re.findall(r"[0-9a-z]+", fold(text))) if word not in _UNTOLD]


def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in re.findall(r"[0-9a-z]+", fold(text)))
