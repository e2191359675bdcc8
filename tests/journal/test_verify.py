"""Every alteration of a journal, or of the rows it vouches for, is found; an honest one passes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F

from sourcier.accounts.actions import set_usual_places
from sourcier.accounts.models import DeliveryPlace
from sourcier.journal import crew, keys, proofs, walk
from sourcier.journal.actions import erase
from sourcier.journal.models import Checkpoint, Entry, Log, Node, Payload
from sourcier.journal.verify import verify
from sourcier.kernel.merkle import leaf_hash
from tests.cities import City
from tests.journal.lifted import triggers_lifted

Write = Callable[..., Entry]


@pytest.fixture
def log(city: City, write: Write) -> Log:
    """A journal of several operations, two checkpoints, and three entries since."""
    bread, paint = uuid4(), uuid4()
    for stream in (bread, paint, bread, None, paint):
        write(stream=stream, what="pain")
    proofs.checkpoint(city.organisation.pk)
    write(stream=bread)
    proofs.checkpoint(city.organisation.pk, public=True)
    for _ in range(3):
        write(stream=paint)
    return Log.objects.get(pk=city.organisation.pk)


@pytest.fixture
def altered() -> Iterator[None]:
    """An administrator of the database at work."""
    with triggers_lifted():
        yield
        connection.check_constraints() if connection.vendor == "postgresql" else None


def codes(log: Log, **options: Any) -> set[str]:
    return {problem.code for problem in verify(log.pk, **options).problems}


def test_an_honest_journal_passes_and_says_up_to_where(log: Log) -> None:
    report = verify(log.pk)
    assert report.ok, report.problems
    assert report.checkpoint is not None
    assert (report.size, report.checkpoint.size, report.checkpoints) == (log.size, log.size - 3, 2)
    assert report.root == proofs.root(log.pk, log.size).hex()
    assert report.rows >= 9  # the city, its department, its place, the roles of its people
    lines = report.sentences()
    assert lines[0].startswith("Aucune altération détectée, jusqu'au point de contrôle du ")
    assert "3 écritures depuis, sans point de contrôle encore." in lines
    assert any("aucun n'a été fourni" in line for line in lines)
    json.dumps(report.to_json())


def test_the_result_is_the_same_whatever_the_size_of_the_slices(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = verify(log.pk)
    for size in (1, 2, 3, 7):
        monkeypatch.setattr(walk, "BLOCK", size)
        assert verify(log.pk) == whole


def test_the_report_says_what_was_checked(log: Log) -> None:
    assert (
        f"Recalculés : le texte, l'empreinte et l'heure de {log.size} écritures, 3 chaînes, l'arbre entier, "
        f"{log.size} contenus, la signature de 2 points de contrôle."
    ) in verify(log.pk).sentences()


@pytest.mark.django_db(transaction=True)
def test_several_processes_find_the_same_in_the_same_order(log: Log, altered: None, monkeypatch: pytest.MonkeyPatch) -> None:
    Entry.objects.filter(log=log, index=log.size - 2).update(at=F("at") - 5_000)
    Payload.objects.filter(entry__log=log, entry__index=log.size - 1).update(body=b'{"n":1}')
    Node.objects.filter(log=log, level=1, position=0).update(hash=bytes(32))
    Checkpoint.objects.filter(log=log, public=True).update(root="0" * 64)
    alone = verify(log.pk)
    assert [problem.code for problem in alone.problems] == ["checkpoint", "columns", "time", "payload", "node"]
    monkeypatch.setattr(walk, "BLOCK", 4)
    monkeypatch.setattr(crew, "WORTH", 1)
    together = verify(log.pk, processes=2)
    assert sorted(map(str, together.problems)) == sorted(map(str, alone.problems))
    assert replace(together, problems=alone.problems) == alone


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps the types of its columns")
@pytest.mark.parametrize("column", ["raw", "leaf_hash", "at", "seq", "prev", "verb"])
def test_a_value_of_another_type_is_found_like_any_other(log: Log, altered: None, column: str) -> None:
    with connection.cursor() as cursor:
        value = "zeroblob(3)" if column in ("prev", "verb") else "'mot'"
        cursor.execute(f'UPDATE journal_entry SET {column} = {value} WHERE "index" = 3')  # noqa: S608
    assert codes(log) & {"columns", "unreadable", "leaf"}


def test_a_journal_without_checkpoint_says_so(city: City, write: Write) -> None:
    assert "aucun point de contrôle encore signé" in verify(city.organisation.pk).sentences()[0]


def test_the_key_is_compared_only_with_a_fingerprint_from_outside(log: Log) -> None:
    own = keys.fingerprint(log.pk)
    assert len(own.split(" ")) == 16
    assert any(line.startswith("Clé non comparée") for line in verify(log.pk).sentences())
    good = verify(log.pk, fingerprint=own.lower().replace(" ", ":"))
    assert good.ok
    assert any(line.startswith("Clé comparée") for line in good.sentences())
    assert codes(log, fingerprint="0000" + own[4:]) == {"key"}


@pytest.mark.parametrize("column", ["verb", "at", "actor", "stream", "seq", "prev", "payload_sha256"])
def test_a_changed_column_is_found(log: Log, altered: None, column: str) -> None:
    value: Any = 10**15 if column in ("at", "seq") else "f" * 32
    Entry.objects.filter(log=log, index=3).update(**{column: value})
    assert "columns" in codes(log)


def test_a_rewritten_entry_is_found_even_with_its_hash_and_columns(log: Log, altered: None) -> None:
    entry = Entry.objects.get(log=log, index=3)
    raw = bytes(entry.raw).replace(b'"verb":"', b'"verb":"x')
    Entry.objects.filter(pk=entry.pk).update(raw=raw, verb="x" + entry.verb, leaf_hash=leaf_hash(raw))
    Node.objects.filter(log=log, level=0, position=3).update(hash=leaf_hash(raw))
    assert {"node", "root"} <= codes(log)


def test_a_text_that_is_not_json_is_found(log: Log, altered: None) -> None:
    Entry.objects.filter(log=log, index=3).update(raw=b"\xff")
    assert {"unreadable", "leaf", "node", "root"} <= codes(log)


def test_a_text_that_says_the_same_otherwise_is_found(log: Log, altered: None) -> None:
    raw = bytes(Entry.objects.get(log=log, index=3).raw).replace(b",", b", ")
    Entry.objects.filter(log=log, index=3).update(raw=raw)
    assert "columns" in codes(log)


def test_a_leaf_hash_that_is_not_that_of_the_text_is_found(log: Log, altered: None) -> None:
    Entry.objects.filter(log=log, index=3).update(leaf_hash=bytes(32))
    assert codes(log) == {"leaf"}


def test_an_entry_taken_out_is_found(log: Log, altered: None) -> None:
    entry = Entry.objects.get(log=log, index=4)
    Payload.objects.filter(entry=entry)._raw_delete("default")
    Entry.objects.filter(pk=entry.pk)._raw_delete("default")
    assert {"entry_missing", "node", "root"} <= codes(log)


def test_an_entry_taken_out_of_the_middle_of_an_operation_breaks_its_chain(log: Log, altered: None) -> None:
    """Even when everything after it is renumbered and the tree is rebuilt."""
    stream = Entry.objects.filter(log=log).exclude(stream="org").first().stream  # type: ignore[union-attr]
    Entry.objects.filter(log=log, stream=stream, seq=1).update(stream="e" * 32, seq=0)
    assert "chain" in codes(log)


def test_a_changed_payload_is_found(log: Log, altered: None) -> None:
    Payload.objects.filter(entry__log=log, entry__index=log.size - 1).update(body=b'{"what":"or"}')
    assert codes(log) == {"payload"}


def test_a_row_whose_witness_was_changed_is_vouched_for_no_more(city: City, log: Log, altered: None, write: Write) -> None:
    Payload.objects.filter(entry=write(rows=[city.place])).update(body=b"{}")
    DeliveryPlace.objects.filter(pk=city.place.pk).update(name="Ailleurs")
    assert {"payload", "row_changed"} == codes(log)


def test_a_payload_that_vanished_or_was_emptied_by_hand_is_found(log: Log, altered: None) -> None:
    Payload.objects.filter(entry__log=log, entry__index=log.size - 3)._raw_delete("default")
    Payload.objects.filter(entry__log=log, entry__index=log.size - 2).update(salt=None, body=None)
    Payload.objects.filter(entry__log=log, entry__index=log.size - 1).update(salt=None)
    assert codes(log) == {"payload_missing", "payload_emptied", "payload_half"}


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_changed_or_missing_node_is_found(log: Log, altered: None, level: int) -> None:
    Node.objects.filter(log=log, level=level, position=0).update(hash=bytes(32))
    assert codes(log) == {"node"}
    Node.objects.filter(log=log, level=level, position=0)._raw_delete("default")
    assert codes(log) == {"node", "node_count"}


def test_a_tail_cut_off_is_found_by_the_checkpoint_that_committed_to_it(log: Log, altered: None) -> None:
    size = proofs.checkpoint(log.pk).size
    cut(log, size - 2)
    report = verify(log.pk)
    assert [problem.code for problem in report.problems] == ["tail_missing"]
    assert f"engage {size} écritures" in report.problems[0].sentence


def test_entries_beyond_the_size_are_found(log: Log) -> None:
    Log.objects.filter(pk=log.pk).update(size=F("size") - 1)
    assert codes(log) == {"entry_beyond", "node_count"}


@pytest.mark.parametrize("change", [{"size": 2}, {"root": "0" * 64}, {"text": "rien"}])
def test_a_changed_checkpoint_is_found(log: Log, altered: None, change: dict[str, Any]) -> None:
    Checkpoint.objects.filter(log=log, public=True).update(**change)
    assert codes(log) <= {"signature", "checkpoint"}
    assert codes(log)


def test_a_checkpoint_signed_by_another_key_is_found(log: Log, other_city: City, altered: None) -> None:
    stranger = proofs.checkpoint(other_city.organisation.pk)
    Checkpoint.objects.filter(log=log, public=True).update(text=stranger.text)
    assert codes(log) == {"signature"}


def test_a_date_that_goes_backwards_is_found(log: Log, altered: None) -> None:
    Checkpoint.objects.filter(log=log, public=True).update(created_at=F("created_at") - timedelta(days=1))
    assert codes(log) == {"time"}


def test_a_row_changed_behind_the_application_is_found_and_its_value_is_not_quoted(city: City, log: Log) -> None:
    DeliveryPlace.objects.filter(pk=city.place.pk).update(address="2 rue Secrète")
    problems = verify(log.pk).problems
    assert [problem.code for problem in problems] == ["row_changed"]
    assert "(address)" in problems[0].sentence
    assert "Secrète" not in problems[0].sentence


def test_a_row_changed_by_an_action_that_says_so_passes(city: City, log: Log, write: Write) -> None:
    city.place.address = "2 rue Jean-Mermoz"
    city.place.save()
    write(rows=[city.place])
    assert verify(log.pk).ok


def test_a_row_that_vanished_is_found_unless_an_entry_says_it_is_gone(city: City, log: Log, write: Write) -> None:
    place = city.place
    DeliveryPlace.objects.filter(pk=place.pk).delete()
    assert codes(log) == {"row_vanished"}
    write(gone=[place])
    assert verify(log.pk).ok


def test_a_row_that_no_entry_vouches_for_is_found(city: City, log: Log, write: Write) -> None:
    slipped = DeliveryPlace.objects.create(
        organisation=city.organisation, name="Ailleurs", address="", postal_code="93110", commune="", lat_e6=0, lon_e6=0
    )
    assert codes(log) == {"row_unknown"}
    write(rows=[slipped])
    assert verify(log.pk).ok
    write(gone=[slipped])
    assert codes(log) == {"row_unknown"}


def test_a_row_given_to_another_city_is_found_on_both_sides(city: City, other_city: City, log: Log) -> None:
    DeliveryPlace.objects.filter(pk=city.place.pk).update(organisation=other_city.organisation, name="Volée")
    assert codes(log) == {"row_vanished"}
    assert "row_unknown" in {problem.code for problem in verify(other_city.organisation.pk).problems}


def test_an_erasure_passes_and_is_counted(city: City, log: Log) -> None:
    rows = verify(log.pk).rows
    erase(log.pk, range(log.size), "fin de conservation", rows=[city.place])
    report = verify(log.pk)
    assert report.ok, report.problems
    assert (report.erased, report.rows, report.uncompared) == (log.size, 1, rows - 1)


def test_a_row_whose_witness_was_erased_is_said_not_to_be_compared(city: City, log: Log, write: Write) -> None:
    rows = verify(log.pk).rows
    write(rows=[city.place])
    witness = Log.objects.get(pk=log.pk).size - 1
    erase(log.pk, [witness], "demande de la personne")
    report = verify(log.pk)
    assert report.ok, report.problems
    assert (report.rows, report.uncompared) == (rows - 1, 1)
    DeliveryPlace.objects.filter(pk=city.place.pk).update(address="2 rue Neuve")
    city.place.refresh_from_db()
    write(rows=[city.place])
    assert verify(log.pk).rows == rows


def test_an_erased_old_snapshot_leaves_the_newer_one_compared(city: City, log: Log, write: Write) -> None:
    rows = verify(log.pk).rows
    old = write(rows=[city.place]).index
    write(rows=[city.place])
    erase(log.pk, [old], "demande de la personne")
    report = verify(log.pk)
    assert (report.ok, report.rows, report.uncompared) == (True, rows, 0)


def test_a_row_whose_arrival_and_departure_are_both_erased_is_not_looked_for(city: City, log: Log) -> None:
    set_usual_places(city.head_buyer, city.department.pk, [city.place.pk])
    set_usual_places(city.head_buyer, city.department.pk, [])
    size = Log.objects.get(pk=log.pk).size
    entry = erase(log.pk, [size - 2, size - 1], "fin de conservation", name="Helene Rosny", rows=[city.department])
    assert verify(log.pk).ok, verify(log.pk).problems
    said = json.loads(bytes(entry.payload.body)) if entry else {}
    assert said["name"] == "Helene Rosny" and not any(each["kind"] == "usual_place" for each in said["unvouched"])


def test_a_payload_brought_back_after_its_erasure_is_found(log: Log, altered: None) -> None:
    payload = Payload.objects.get(entry__log=log, entry__index=3)
    salt, body = bytes(payload.salt), bytes(payload.body)
    erase(log.pk, [3], "demande de la personne")
    Payload.objects.filter(pk=payload.pk).update(salt=salt, body=body)
    assert codes(log) == {"payload_kept"}


def test_a_log_rebuilt_by_an_insider_with_the_key_passes_alone_and_fails_with_a_receipt(
    city: City, log: Log, write: Write, altered: None
) -> None:
    """The measure that justifies receipts: nothing inside the city can show this one."""
    entry = write(what="le prix déposé")
    receipt = proofs.receipt(entry)
    Checkpoint.objects.filter(log=log)._raw_delete("default")
    cut(log, entry.index)
    rebuilt = write(what="un autre prix")
    proofs.checkpoint(log.pk)
    assert rebuilt.index == entry.index
    assert verify(log.pk, fingerprint=keys.fingerprint(log.pk)).ok
    report = verify(log.pk, witnesses={"recu.tlog-proof": receipt})
    assert [problem.code for problem in report.problems] == ["rewritten"]


def test_a_receipt_of_a_tail_that_was_cut_is_told(city: City, log: Log, write: Write, altered: None) -> None:
    entry = write(what="le prix déposé")
    receipt, expected = proofs.receipt(entry), proofs.checkpoint(log.pk).text
    Checkpoint.objects.filter(log=log, size=entry.index + 1)._raw_delete("default")
    cut(log, entry.index)
    assert verify(log.pk).ok
    assert codes(log, witnesses={"recu": receipt}) == {"tail_missing", "receipt_missing"}
    problem = verify(log.pk, witnesses={"point": expected}).problems[0]
    assert problem.code == "tail_missing"
    assert f"après le point de contrôle à {log.size - 3} écritures" in problem.sentence


def test_receipts_and_checkpoints_of_an_honest_log_are_compared(log: Log, other_city: City, write: Write) -> None:
    receipt = proofs.receipt(write())
    write()
    texts = {"recu": receipt.replace("\n", "\r\n"), "point": proofs.checkpoint(log.pk).text}
    report = verify(log.pk, witnesses=texts)
    assert report.ok, report.problems
    assert report.witnesses == 2
    stranger = proofs.checkpoint(other_city.organisation.pk).text
    assert codes(log, witnesses={"autre": stranger, "vide": "", "abime": receipt.replace("index ", "index 1")}) == {
        "witness_unreadable"
    }


def cut(log: Log, size: int) -> None:
    """Cut the tail of a log, cleanly, as one who knows the tables would."""
    Payload.objects.filter(entry__log=log, entry__index__gte=size)._raw_delete("default")
    Entry.objects.filter(log=log, index__gte=size)._raw_delete("default")
    for node in Node.objects.filter(log=log):
        if (node.position + 1) << node.level > size:
            Node.objects.filter(pk=node.pk)._raw_delete("default")
    Log.objects.filter(pk=log.pk).update(size=size)


def test_the_salt_makes_a_hash_say_nothing_once_erased(log: Log) -> None:
    entry = Entry.objects.get(log=log, index=3)
    body = bytes(entry.payload.body)
    assert sha256(body).hexdigest() != entry.payload_sha256
    erase(log.pk, [3], "demande de la personne")
    assert Payload.objects.get(entry=entry).salt is None
