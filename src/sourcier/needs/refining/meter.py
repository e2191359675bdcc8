"""How precise a need is: what is known of it, what is not and why that matters. An answer more never lowers it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sourcier.needs.refining.book import Question
from sourcier.needs.refining.patterns import placed
from sourcier.needs.refining.vague import Vague, has_date, has_number, vague_words

PRECISE_FROM, REFINABLE_FROM = 80, 40
SHOWN_WORDS = 8

BASE: Mapping[str, tuple[str, str]] = {
    "what": ("Quoi, précisément", "Une phrase ne suffit pas à chiffrer : l'entreprise répond à côté, ou ne répond pas."),
    "how_much": ("Combien", "Sans quantité, personne ne peut donner un prix qui se compare."),
    "where": ("Où", "Le trajet fait une part du prix, et dit quelles entreprises sont proches."),
    "when": ("Quand", "Une entreprise regarde d'abord si elle est libre à cette date."),
    "estimate": ("Pour combien", "La règle à suivre dépend du montant : un ordre de grandeur suffit."),
}
"""The questions of every need, by the names of `rules.QUESTIONS`: a name and why it matters to a firm."""


class Precision(StrEnum):
    """What the meter says."""

    PRECISE = "precise"
    REFINABLE = "refinable"
    VAGUE = "vague"

    @property
    def label(self) -> str:
        return {"precise": "Précis", "refinable": "À préciser", "vague": "Trop vague"}[self.value]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a need says: its texts, which of `BASE` its fields answer or leave unknown, and its answers to the questions.

    `details`: id of a question → its answer, None for « je ne sais pas ».
    """

    texts: Sequence[str] = ()
    answered: Collection[str] = ()
    unknown: Collection[str] = ()
    details: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Missing:
    """A question that nothing answers. `unknown`: who writes said « je ne sais pas »."""

    id: str
    name: str
    why: str
    unknown: bool

    @property
    def sentence(self) -> str:
        said = "vous ne savez pas encore" if self.unknown else "rien ne le dit encore"
        return f"{self.name} : {said}. {self.why}"


@dataclass(frozen=True, slots=True)
class Meter:
    """How many questions there are; what is missing, in the order of the page; the vague words in their place; two remarks."""

    total: int
    missing: tuple[Missing, ...]
    words: tuple[Vague, ...]
    remarks: tuple[str, ...]

    @property
    def known(self) -> int:
        return self.total - len(self.missing)

    @property
    def points(self) -> int:
        """Out of 100."""
        return 100 * self.known // self.total

    @property
    def precision(self) -> Precision:
        if self.points >= PRECISE_FROM:
            return Precision.PRECISE
        return Precision.REFINABLE if self.points >= REFINABLE_FROM else Precision.VAGUE


def meter(asked: Sequence[Question], facts: Facts) -> Meter:
    """The part of the questions that is answered, by a field, an answer or the words themselves.

    Vague words and remarks take nothing away: an answer that holds one still says more than no answer.
    """
    texts = [*facts.texts, *(answer for answer in facts.details.values() if answer)]
    number, day = any(map(has_number, texts)), any(map(has_date, texts))
    known = {*facts.answered, *(["how_much"] if number else ()), *(["when"] if day else ())}
    missing = [Missing(name, said, why, name in facts.unknown) for name, (said, why) in BASE.items() if name not in known]
    plain = [placed(text)[0] for text in texts]
    for question in asked:
        if not facts.details.get(question.id) and not any(question.answered.search(text) for text in plain):
            missing.append(Missing(question.id, question.name, question.why, question.id in facts.details))
    words = tuple(word for text in texts for word in vague_words(text))[:SHOWN_WORDS]
    return Meter(len(BASE) + len(asked), tuple(missing), words, _remarks(known))


def words_for(question: Question, texts: Sequence[str]) -> str:
    """The words that already answer a question, as they were typed; empty when none does."""
    for text in texts:
        plain, places = placed(text)
        if match := question.answered.search(plain):
            return text[places[match.start()] : places[match.end() - 1] + 1].strip()
    return ""


def _remarks(known: Collection[str]) -> tuple[str, ...]:
    number = () if "how_much" in known else ("Aucun nombre dans ce besoin : combien, quelle taille, combien de personnes ?",)
    day = () if "when" in known else ("Aucune date ni aucun rythme : pour quand, et combien de fois ?",)
    return number + day
