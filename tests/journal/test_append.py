"""What an entry is, and how it enters the tree."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import transaction

from sourcier.accounts.models import DeliveryPlace
from sourcier.journal import registry
from sourcier.journal.actions import Said, append, append_all
from sourcier.journal.models import Entry, Log, Node
from sourcier.journal.registry import Unknown, Verb, plain, register_verbs
from sourcier.journal.verify import verify
from sourcier.kernel.canonical import NotCanonical, canonical
from sourcier.kernel.merkle import leaf_hash
from tests.cities import City
from tests.journal.entries import writes, writes_nothing

Write = Callable[..., Entry]


def test_a_city_is_born_with_its_journal(city: City) -> None:
    log = Log.objects.get(pk=city.organisation.pk)
    assert log.size == Entry.objects.filter(log=log).count() > 0


def test_an_entry_is_canonical_json_of_nine_fields(city: City, write: Write) -> None:
    operation = uuid4()
    entry = write(stream=operation, what="pain")
    fields = json.loads(bytes(entry.raw))
    assert canonical(fields) == bytes(entry.raw)
    assert fields == {
        "v": 1,
        "log": city.organisation.pk.hex,
        "stream": operation.hex,
        "seq": 0,
        "prev": "0" * 64,
        "verb": "test.done",
        "at": entry.at,
        "actor": "0" * 32,
        "payload_sha256": sha256(bytes(entry.payload.salt) + bytes(entry.payload.body)).hexdigest(),
    }
    assert bytes(entry.leaf_hash) == leaf_hash(bytes(entry.raw))


def test_each_operation_has_its_chain(write: Write) -> None:
    bread, paint = uuid4(), uuid4()
    first, other, second = write(stream=bread), write(stream=paint), write(stream=bread)
    assert (first.seq, other.seq, second.seq) == (0, 0, 1)
    assert second.prev == bytes(first.leaf_hash).hex()


def test_many_entries_at_once_are_what_they_would_be_one_by_one(city: City, write: Write) -> None:
    bread, paint = uuid4(), uuid4()
    before = write(stream=bread)
    said = [Said(stream, "test.done", {"n": n}) for n, stream in enumerate((bread, paint, None, bread, paint, bread, bread))]
    with transaction.atomic():
        entries = append_all(city.organisation.pk, said)
    after = write(stream=bread)
    assert [entry.index for entry in entries] == list(range(before.index + 1, after.index))
    assert [entry.seq for entry in entries if entry.stream == bread.hex] == [1, 2, 3, 4]
    assert (after.seq, after.prev) == (5, bytes(entries[-1].leaf_hash).hex())
    report = verify(city.organisation.pk)
    assert not report.problems
    assert [json.loads(bytes(entry.payload.body)) for entry in entries] == [{"n": n} for n in range(7)]
    with transaction.atomic():
        assert append_all(city.organisation.pk, []) == []


def test_two_payloads_that_say_the_same_have_different_hashes(write: Write) -> None:
    assert write(what="pain").payload_sha256 != write(what="pain").payload_sha256


def test_the_tree_keeps_one_node_for_each_perfect_subtree(write: Write) -> None:
    write(), write(), write()
    size = Log.objects.get().size
    assert Node.objects.count() == sum(size >> level for level in range(size.bit_length()))


def test_rows_join_the_payload_as_the_database_will_give_them_back(city: City, write: Write) -> None:
    city.place.lat_e6 = "48870000"  # type: ignore[assignment]
    city.place.save()
    payload = json.loads(bytes(write(rows=[city.place]).payload.body))
    place = payload["rows"][0]
    assert (place["kind"], place["id"]) == ("place", city.place.pk.hex)
    assert (place["name"], place["lat_e6"], place["active"]) == ("Crèche Jean-Mermoz", 48_870_000, True)


def test_a_column_named_like_a_key_of_the_snapshot_keeps_both(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    class Sample(DeliveryPlace):
        class Meta:
            proxy = True
            app_label = "accounts"

    fields = ("id", "name")
    monkeypatch.setitem(registry.ROWS, Sample, registry.RowKind("sample", Sample, "organisation_id", fields))
    shot = registry.snapshot(Sample.objects.get(pk=city.place.pk))
    assert shot == {"kind": "sample", "id": city.place.pk.hex, "id_": city.place.pk.hex, "name": city.place.name}


def test_a_row_that_is_gone_is_named_and_one_that_forgot_its_id_is_refused(city: City, write: Write) -> None:
    payload = json.loads(bytes(write(gone=[city.place]).payload.body))
    assert payload["rows"] == [{"kind": "place", "id": city.place.pk.hex, "gone": True}]
    with pytest.raises(ValueError, match="forgotten"):
        write(gone=[DeliveryPlace(id=None)])


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_the_transaction_of_its_action_is_refused(city: City, registered: None) -> None:
    with writes_nothing(city.organisation.pk), pytest.raises(transaction.TransactionManagementError):
        append(city.organisation.pk, None, "test.done", {})


def test_what_is_not_registered_or_not_canonical_is_refused_and_writes_nothing(city: City, write: Write) -> None:
    with writes_nothing(city.organisation.pk):
        with pytest.raises(Unknown):
            write("test.unheard")
        with pytest.raises(Unknown):
            write(rows=[city.buyer.user])
        with pytest.raises(NotCanonical):
            write(price=1.5)


def test_an_action_rolled_back_leaves_no_entry(city: City, registered: None) -> None:
    with writes_nothing(city.organisation.pk), pytest.raises(ZeroDivisionError), transaction.atomic():
        append(city.organisation.pk, None, "test.done", {})
        raise ZeroDivisionError


def test_the_helper_tells_which_verbs_an_action_wrote(city: City, write: Write) -> None:
    with writes(city.organisation.pk, "test.done", "test.sealed") as entries:
        write()
        write("test.sealed")
    assert [entry.verb for entry in entries] == ["test.done", "test.sealed"]
    with pytest.raises(AssertionError), writes(city.organisation.pk, "test.sealed"):
        write()


def test_a_verb_and_a_kind_of_rows_are_registered_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        register_verbs([Verb("organisation.created", "autre chose")])
    with pytest.raises(ValueError, match="twice"):
        registry.register_rows("place", Entry, organisation="log_id", fields=())


def test_a_payload_has_no_rows_of_its_own(city: City, write: Write) -> None:
    with writes_nothing(city.organisation.pk), pytest.raises(ValueError, match="the journal's own"), transaction.atomic():
        append(city.organisation.pk, None, "test.done", {"rows": []})


def test_clocks_that_differ_by_little_never_date_an_entry_before_the_one_it_follows(write: Write) -> None:
    now = datetime(2036, 9, 30, 10, 0, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        first = write()
    with time_machine.travel(now - timedelta(seconds=1), tick=False):
        assert write().at == first.at
    with time_machine.travel(now - timedelta(hours=1), tick=False):
        assert write().at == first.at - 3_600_000


def test_values_are_written_in_their_plain_form() -> None:
    moment = datetime(2026, 9, 30, 10, 0, 0, 500, tzinfo=UTC)
    given = {"id": UUID(int=1), "at": moment, "days": [moment.date()], "n": None}
    assert plain(given) == {"id": "0" * 31 + "1", "at": 1790762400000 + 0, "days": ["2026-09-30"], "n": None}
