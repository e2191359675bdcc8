"""Two people at once: one phrase, one decision."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from sourcier.journal.models import Entry
from sourcier.journal.verify import verify
from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions as needs
from sourcier.vocabulary import actions, queries
from sourcier.vocabulary.models import Suggestion
from tests.cities import City

FRUIT = Activity(NAF_REV2, "46.31Z")
pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """The code of each refusal, "" for what was done, in alphabetical order."""

    def done(act: Callable[[], object]) -> str:
        try:
            act()
        except Refused as refused:
            return refused.refusal.code
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(done, acts))


def test_of_two_who_promote_the_same_suggestion_at_once_one_is_told_that_it_is_done(city: City) -> None:
    need = needs.start(city.requester, "Trompettes et cymbales")
    needs.tick_activities(city.requester, need.pk, [FRUIT])
    row = Suggestion.objects.get()
    promote = lambda words: lambda: actions.promote(city.head_buyer, row.pk, words)  # noqa: E731
    assert at_once(promote("trompettes"), promote("cymbales")) == ["", "decided"]
    assert len(queries.phrases(city.organisation)) == 1 and Entry.objects.filter(verb="suggestion.promoted").count() == 1
    assert verify(city.organisation.pk).problems == ()


def test_the_same_words_added_at_once_are_added_once(city: City) -> None:
    add = lambda words: lambda: actions.add(city.head_buyer, words, FRUIT)  # noqa: E731
    assert at_once(add("Trompettes"), add("trompettes"), add("TROMPETTES")) == ["", "known", "known"]


def test_two_needs_that_tick_at_once_are_counted_both(city: City) -> None:
    first, second = (needs.start(city.requester, "Trompettes et cymbales") for _ in range(2))
    tick = lambda need: lambda: needs.tick_activities(city.requester, need.pk, [FRUIT])  # noqa: E731
    assert at_once(tick(first), tick(second)) == ["", ""]
    assert queries.waiting(city.organisation).get().needs == 2
