"""What people read of the journal."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.test.utils import CaptureQueriesContext

from sourcier.journal import queries, registry
from sourcier.journal.actions import erase
from sourcier.journal.models import Entry
from tests.cities import City

Write = Callable[..., Entry]
MOMENT = datetime(2026, 9, 30, 10, 0, tzinfo=UTC)


def test_a_sentence_has_the_words_amounts_and_dates_of_its_payload(write: Write) -> None:
    entry = write(who="Denise", amount=1_824_050, day=MOMENT.date(), at=MOMENT, what=["pain", "lait"])
    assert queries.sentence(entry) == (
        "Denise a payé 18\u202f240,50\u00a0€ le 30 septembre 2026, "
        "reçu le mercredi 30 septembre 2026 à 12\u00a0h pour pain, lait."
    )


def test_a_missing_or_strange_word_never_breaks_a_page(write: Write) -> None:
    entry = write(who=None, amount="dix euros", day=12, what={"a": 1})
    assert queries.sentence(entry) == "— a payé dix euros le 12, reçu le — pour {'a': 1}."
    assert queries.sentence(write(day="demain", at=2**53 - 1, what=True)) == (
        "— a payé — le demain, reçu le 9007199254740991 pour oui."
    )


def test_words_of_a_payload_are_never_read_as_a_format(write: Write) -> None:
    assert queries.sentence(write(who="{amount.__class__}", what="{0}")).startswith("{amount.__class__} a payé")


def test_an_erased_entry_keeps_its_sentence_without_its_words(city: City, write: Write) -> None:
    entry = write(who="Denise", amount=100, day=MOMENT.date(), at=MOMENT, what="pain")
    erase(city.organisation.pk, [entry.index], "demande de la personne")
    entry = Entry.objects.get(pk=entry.pk)
    assert queries.payload_of(entry) is None
    assert queries.sentence(entry).startswith("(contenu effacé) a payé (contenu effacé) le (contenu effacé)")
    last = queries.entries(city.organisation.pk).last()
    assert last is not None
    assert queries.sentence(last) == "Le contenu de 1 écriture(s) a été effacé : demande de la personne."


def test_a_verb_of_another_version_is_named(write: Write) -> None:
    entry = write()
    entry.verb = "future.verb"
    assert queries.sentence(entry) == "Acte « future.verb », inconnu de cette version."


def test_the_payload_read_is_the_one_written(write: Write) -> None:
    assert queries.payload_of(write(what="pain", at=MOMENT)) == {"what": "pain", "at": 1790762400000}


def test_entries_are_those_of_the_city_or_of_the_operation_in_their_order(city: City, other_city: City, write: Write) -> None:
    bread = uuid4()
    written = [write(stream=bread), write(stream=uuid4()), write(stream=bread)]
    assert list(queries.entries(city.organisation.pk, bread)) == [written[0], written[2]]
    assert list(queries.entries(city.organisation.pk))[-3:] == written
    assert not queries.entries(other_city.organisation.pk, bread).exists()


def test_sealed_entries_are_hidden_for_the_operations_not_opened_only(city: City, write: Write) -> None:
    closed, opened = uuid4(), uuid4()
    for operation in (closed, opened):
        write(stream=operation)
        write("test.sealed", stream=operation)

    def verbs(operation: object) -> list[str]:
        found = queries.entries(city.organisation.pk, operation, hide_sealed={closed})  # type: ignore[arg-type]
        return [entry.verb for entry in found]

    assert verbs(closed) == ["test.done"]
    assert verbs(opened) == ["test.done", "test.sealed"]
    assert verbs(None)[-3:] == ["test.done", "test.done", "test.sealed"]


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_of_sentences_costs_one_query(
    city: City, write: Write, count: int, django_assert_num_queries: Callable[[int], CaptureQueriesContext]
) -> None:
    operation = uuid4()
    for _ in range(count):
        write(stream=operation, who="Denise")
    with django_assert_num_queries(1):
        assert len([queries.sentence(entry) for entry in queries.entries(city.organisation.pk, operation)]) == count


def test_the_moment_of_an_entry_is_the_servers_clock_in_utc(write: Write) -> None:
    entry = write()
    assert abs((datetime.now(UTC) - queries.moment_of(entry)).total_seconds()) < 60


def test_every_registered_verb_has_a_sentence_that_can_be_said() -> None:
    for verb in registry.VERBS.values():
        assert queries._Sentence({}).format(verb.sentence)
        assert queries._Sentence(None).format(verb.sentence)
