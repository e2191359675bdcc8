"""Pure: what a phrase may be, and which activities the words of a need call."""

import re
from collections.abc import Sequence

from sourcier.kernel.activities import Activity
from sourcier.kernel.transitions import Refusal
from sourcier.matching.engine import How, Match, share_met
from sourcier.matching.words import COMMON, CONTEXT, Word, words

LONGEST_PHRASE = 80
LONGEST_KEY = 240
"""What a row holds: one sign may fold into eighteen letters (« ﷺ »)."""

FIRST = 5
"""The activities that a page proposes."""

FORMULA = "=+-@"
ADDRESS = re.compile(r"\S*@\S*|\b(?:https?://|www\.)\S+", re.IGNORECASE)
NUMBER = re.compile(r"\+?\d(?:[\s.\-/]?\d){5,}")


def clean(phrase: str) -> str:
    """On one line, without what no keyboard types."""
    return " ".join(phrase.replace("\x00", "").split())


def refusal(phrase: str) -> Refusal | None:
    """Why these words, cleaned, cannot be a phrase of the city."""
    if not phrase:
        return Refusal("empty", "Écrivez au moins un mot.")
    if phrase[0] in FORMULA:
        return Refusal("formula", f"Ces mots commencent par « {phrase[0]} », comme une formule. Commencez par une lettre.")
    if re.search(r"[<>]", phrase):
        return Refusal("marks", "Écrivez des mots seuls, sans « < » ni « > ».")
    if ADDRESS.search(phrase) or NUMBER.search(phrase):
        return Refusal("personal", "Écrivez des mots seuls : ni adresse, ni téléphone, ni SIRET.")
    if len(phrase) > LONGEST_PHRASE:
        return Refusal("long", f"Quelques mots suffisent : {LONGEST_PHRASE} caractères au plus. Le vôtre en a {len(phrase)}.")
    if len(re.sub(r"\W", "", phrase)) < 2:
        return Refusal("short", "Une lettre ne suffit pas : écrivez un mot entier.")
    if len(key(phrase)) > LONGEST_KEY:
        return Refusal("signs", "Certains de ces signes valent plusieurs lettres : écrivez ces mots en lettres ordinaires.")
    if not telling(phrase):
        return Refusal(
            "common",
            "Ces mots se disent de tout achat : ils ne désignent aucun métier. Ajoutez celui qui dit la chose achetée.",
        )
    return None


def telling(text: str) -> list[Word]:
    """The words that say what is bought: neither stop words, nor of any purchase, nor of places and beneficiaries."""
    return [word for word in words(text) if word.stem not in COMMON | CONTEXT]


def key(phrase: str) -> str:
    """The same for the same words, in any order, case or accents."""
    return " ".join(sorted({word.stem for word in words(phrase)}))


def called(text: str, matches: Sequence[Match]) -> set[Activity]:
    """Of what was proposed for a need, what its words call: among the first, by a word that says something, not by likeness."""
    return {
        match.activity
        for match in matches[:FIRST]
        if share_met(text, (met.word for met in match.met if met.how is not How.NEAR)) > 0
    }
