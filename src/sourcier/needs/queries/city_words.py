"""What the recent needs of a city would have got with a phrase more."""

from dataclasses import dataclass

from sourcier.accounts.models import Organisation
from sourcier.kernel.activities import Activity
from sourcier.matching import engine
from sourcier.matching.words import words as words_of
from sourcier.needs.models import Need
from sourcier.needs.queries.reading import words
from sourcier.vocabulary.meaning import meant
from sourcier.vocabulary.queries import phrases

RECENT, SHOWN = 300, 3


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A need that says the phrase: what was proposed first (its label, or ""), and what would be."""

    need: Need
    before: str
    after: str


def foreseen(organisation: Organisation, phrase: str, activity: Activity) -> list[Foreseen]:
    """The last three needs, of the last 300, that say all the words of the phrase."""
    stems = {word.stem for word in words_of(phrase)}
    recent = Need.objects.filter(organisation=organisation).order_by("-created_at", "-pk")[:RECENT]
    saying = [need for need in recent if stems <= {word.stem for word in words_of(words(need))}][:SHOWN]
    own = phrases(organisation) if saying else []
    more = [*own, *((phrase, each) for each in meant(activity))]
    return [Foreseen(need, _first(words(need), own), _first(words(need), more)) for need in saying]


def _first(text: str, own: list[engine.CityPhrase]) -> str:
    return next((match.label for match in engine.match(text, 1, added=own).activities), "")
