"""The questions that a need is asked, and how precise it is."""

from collections.abc import Iterator
from dataclasses import dataclass

from sourcier.kernel.activities import Activity
from sourcier.matching import engine
from sourcier.needs import rules
from sourcier.needs.models import Need
from sourcier.needs.nomenclatures import read_as_before
from sourcier.needs.queries.family import proposed_family
from sourcier.needs.queries.reading import unanswered, words
from sourcier.needs.refining import answers
from sourcier.needs.refining.book import Question, Subject, asked_of, questions
from sourcier.needs.refining.meter import Facts, Meter, meter, words_for
from sourcier.vocabulary.queries import phrases


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer (None: « je ne sais pas »; empty: none yet), and the need's words that answer it already."""

    question: Question
    answer: str | None
    said: str


@dataclass(frozen=True, slots=True)
class Refining:
    """The questions of a need, and its meter."""

    asked: tuple[Asked, ...]
    meter: Meter


def refining(need: Need) -> Refining:
    """The questions of its family, known or proposed, then those answered before it changed; and how precise it all is."""
    of_family = asked_of(_subject(need))
    given = answers.by_id(need.details)
    book = questions()
    earlier = tuple(book[each] for each in given if each in book and book[each] not in of_family)
    texts = tuple(_texts(need))
    facts = Facts(texts, set(rules.QUESTIONS) - {*unanswered(need, unknown=())}, need.unknown, given)
    asked = tuple(Asked(each, given.get(each.id, ""), words_for(each, texts)) for each in of_family + earlier)
    return Refining(asked, meter(of_family, facts))


def _subject(need: Need) -> Subject:
    """Its family; else its activities, ticked, or as its words propose them; else its kind."""
    family = need.family or proposed_family(need)
    ticked = tuple(read_as_before([Activity(row.nomenclature, row.code) for row in need.activities.all()]))
    if family:
        return Subject(family.code, family.label, family.cpv, ticked, need.kind or family.kind)
    if not ticked:
        found = engine.match(words(need), added=phrases(need.organisation))
        ticked = tuple(each.activity for each in found.activities[:1]) if found.sure else ()
    return Subject(activities=ticked, kind=need.kind)


def _texts(need: Need) -> Iterator[str]:
    """What was written, in the order of the page, with what is known of its places."""
    yield from (need.sentence, need.what, need.how_much, need.where_note)
    for row in need.places.select_related("place").order_by("pk"):
        yield from (row.note, row.place.hours)
    yield from need.lots.values_list("title", flat=True)
