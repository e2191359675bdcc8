"""The database itself refuses to change the journal; an erasure alone may empty a payload."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from sourcier.journal import proofs
from sourcier.journal.actions import erase
from sourcier.journal.models import Checkpoint, Entry, Log, Node, Payload
from tests.cities import City
from tests.journal.lifted import TABLES, triggers_lifted


def refused(act: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match="the journal only grows"), transaction.atomic():
        act()


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("model", [Entry, Node, Checkpoint, Payload])
def test_rows_of_the_journal_cannot_be_changed_or_deleted(city: City, model: type) -> None:
    proofs.checkpoint(city.organisation.pk)
    refused(lambda: model.objects.all()._raw_delete("default"))
    refused(lambda: model.objects.update(**{model._meta.pk.name: F(model._meta.pk.name)}))


@pytest.mark.parametrize("table", TABLES)
def test_rows_of_the_journal_cannot_be_replaced_or_truncated(city: City, table: str) -> None:
    proofs.checkpoint(city.organisation.pk)
    connection.check_constraints()  # PostgreSQL truncates no table while deferred checks wait
    if connection.vendor == "sqlite":
        refused(lambda: sql(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"))  # noqa: S608
    else:
        refused(lambda: sql(f"TRUNCATE {table} CASCADE"))


def test_a_payload_cannot_be_emptied_without_its_entry(city: City) -> None:
    refused(lambda: Payload.objects.update(salt=None, body=None))


def test_an_erasure_empties_only_the_payloads_it_names(city: City) -> None:
    log = city.organisation.pk
    full = Payload.objects.filter(body__isnull=False).count()
    entry = erase(log, [1, 2], "demande de la personne")
    assert entry is not None
    assert list(Payload.objects.filter(body=None, salt=None).values_list("entry__index", flat=True)) == [1, 2]
    assert Payload.objects.filter(body__isnull=False).count() == full - 2 + 1


def test_nothing_but_emptying_passes_right_after_an_erasure(city: City) -> None:
    erase(city.organisation.pk, [1], "demande de la personne")
    kept = Payload.objects.filter(entry__index=2)
    refused(lambda: kept.update(body=b"{}"))
    refused(lambda: kept.update(salt=None))
    refused(lambda: Payload.objects.filter(entry__index=Log.objects.get().size - 1).update(salt=None, body=None))
    refused(lambda: kept.delete())


def test_what_is_already_erased_is_not_erased_twice(city: City) -> None:
    erase(city.organisation.pk, [1], "demande de la personne")
    size = Log.objects.get().size
    assert erase(city.organisation.pk, [1], "encore") is None
    assert Log.objects.get().size == size


def test_the_erasure_of_one_city_leaves_the_other_alone(city: City, other_city: City) -> None:
    erase(city.organisation.pk, range(100), "fin de conservation")
    assert not Payload.objects.filter(entry__log_id=other_city.organisation.pk, body=None).exists()


def test_the_guards_are_back_after_they_were_lifted(city: City) -> None:
    with triggers_lifted():
        Entry.objects.filter(index=0).update(verb="rewritten")
    refused(lambda: Entry.objects.filter(index=0).update(verb="organisation.created"))


@pytest.mark.django_db(transaction=True)
def test_a_transactional_test_can_write_in_the_journal(city: City) -> None:
    assert Log.objects.get().size > 0


@pytest.mark.django_db(transaction=True)
def test_and_the_next_one_finds_a_guarded_and_empty_journal(city: City) -> None:
    assert Log.objects.count() == 1
    refused(lambda: sql("DELETE FROM journal_entry"))
