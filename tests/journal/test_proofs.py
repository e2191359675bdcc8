"""Checkpoints, receipts and keys as the city gives them."""

import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test.utils import CaptureQueriesContext

from sourcier.journal import keys, proofs
from sourcier.journal.actions import open_log
from sourcier.journal.models import Checkpoint, Entry, Log, Node
from sourcier.kernel.merkle import verify_consistency, verify_inclusion
from sourcier.kernel.notes import open_checkpoint
from sourcier.kernel.receipts import check_receipt, parse_receipt
from tests.cities import City
from tests.journal.lifted import triggers_lifted

Write = Callable[..., Entry]


def test_a_checkpoint_is_signed_by_the_key_of_the_log_and_states_its_root(city: City, write: Write) -> None:
    log = Log.objects.get()
    made = proofs.checkpoint(log.pk)
    head = open_checkpoint(made.text, keys.public_key(log.pk))
    assert (head.origin, head.size, head.root) == ("sourcier/rosny", log.size, proofs.root(log.pk, log.size))
    assert (made.size, made.root, made.public) == (log.size, head.root.hex(), False)


def test_the_same_checkpoint_is_given_again_while_nothing_is_added(write: Write) -> None:
    log = Log.objects.get()
    first = proofs.checkpoint(log.pk)
    assert proofs.checkpoint(log.pk) == first
    public = proofs.checkpoint(log.pk, public=True)
    assert public != first
    assert public.text == first.text
    assert proofs.checkpoint(log.pk) == proofs.checkpoint(log.pk, public=True) == public
    write()
    assert proofs.checkpoint(log.pk).size == first.size + 1


def test_a_receipt_verifies_offline_with_the_public_key_alone(write: Write) -> None:
    entry = write()
    write()
    receipt = parse_receipt(proofs.receipt(entry))
    assert check_receipt(receipt, keys.public_key(entry.log_id)).size == entry.index + 2
    assert (receipt.entry, receipt.index) == (bytes(entry.raw), entry.index)


def test_a_receipt_costs_the_same_queries_whatever_the_size_of_the_tree(
    write: Write, django_assert_num_queries: Callable[[int], CaptureQueriesContext]
) -> None:
    proofs.receipt(write())
    for _ in range(2):
        entry, *_ = [write() for _ in range(9)]
        with django_assert_num_queries(6):
            proofs.receipt(entry)


def test_every_tree_is_consistent_with_those_before_it(write: Write) -> None:
    log_id = write().log_id
    roots = {size: proofs.root(log_id, size) for size in range(1, Log.objects.get().size + 1)}
    last = max(roots)
    for first in roots:
        assert verify_consistency(first, last, proofs.consistency(log_id, first, last), roots[first], roots[last])
    for entry in Entry.objects.all():
        proof = proofs.inclusion(log_id, entry.index, last)
        assert verify_inclusion(entry.index, last, bytes(entry.leaf_hash), proof, roots[last])


def test_many_proofs_at_once_are_those_taken_one_by_one_for_a_few_queries(
    write: Write, django_assert_max_num_queries: Callable[[int], CaptureQueriesContext]
) -> None:
    entries = [write() for _ in range(40)]
    log_id, size = entries[0].log_id, Log.objects.get().size
    indexes = [entry.index for entry in entries]
    with django_assert_max_num_queries(8):
        together = proofs.inclusions(log_id, indexes, size)
    assert together == [proofs.inclusion(log_id, index, size) for index in indexes]
    assert proofs.inclusions(log_id, [], size) == []
    with triggers_lifted():
        Node.objects.filter(level=0, position=indexes[3]).delete()
        with pytest.raises(proofs.NodeMissing, match="journal verify"):
            proofs.inclusions(log_id, indexes, size)


def test_nothing_is_signed_over_a_tree_that_contradicts_the_last_checkpoint(write: Write) -> None:
    log = Log.objects.get()
    proofs.checkpoint(log.pk)
    write()
    with triggers_lifted():
        Node.objects.update(hash=bytes(32))
        with pytest.raises(proofs.Inconsistent, match="rien n'est signé"):
            proofs.checkpoint(log.pk)
        Node.objects.all()._raw_delete("default")
        with pytest.raises(proofs.NodeMissing, match="journal verify"):
            proofs.checkpoint(log.pk)
    assert Checkpoint.objects.count() == 1


def test_public_checkpoints_are_made_once_a_day_in_paris_and_only_when_the_log_grew(city: City, write: Write) -> None:
    evening = datetime(2036, 9, 30, 21, 30, tzinfo=UTC)  # 23 h 30 in Paris
    for now, grows, made in [
        (evening, True, 1),
        (evening + timedelta(minutes=20), True, 0),
        (evening + timedelta(hours=1), False, 1),
        (evening + timedelta(days=2), False, 0),
    ]:
        with time_machine.travel(now, tick=False):
            if grows:
                write()
            assert proofs.publish_checkpoints(now) == made
    assert list(Checkpoint.objects.values_list("public", flat=True)) == [True, True]


def test_a_city_whose_key_is_lost_keeps_no_other_from_its_public_checkpoint(city: City, other_city: City) -> None:
    first, second = Log.objects.order_by("pk")
    keys.key_file(first.pk).unlink()
    with pytest.raises(keys.KeyMissing):
        proofs.publish_checkpoints(datetime.now(UTC))
    assert Checkpoint.objects.get(public=True).log == second


def test_a_tick_publishes_the_checkpoint_of_the_day(city: City) -> None:
    call_command("tick", stdout=StringIO())
    assert Checkpoint.objects.filter(log=city.organisation.pk, public=True).count() == 1


def test_the_key_is_outside_the_database_and_readable_by_its_owner_alone(city: City) -> None:
    file = keys.key_file(city.organisation.pk)
    assert file.name == f"{city.organisation.pk.hex}.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert len(file.read_bytes()) == 32
    assert [item for item in file.parent.iterdir() if item.name.startswith(".")] == []


def test_a_lost_or_foreign_key_is_never_replaced_in_silence(city: City, other_city: City, write: Write) -> None:
    file = keys.key_file(city.organisation.pk)
    own = file.read_bytes()
    write(who="Zoé")  # there is something to sign
    for content, sentence in [(None, "absente"), (b"x", "n'est pas une clé"), (bytes(32), "n'est pas celle de ce journal")]:
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(keys.KeyMissing, match=sentence):
            proofs.checkpoint(city.organisation.pk)
    file.write_bytes(own)
    assert proofs.checkpoint(city.organisation.pk)


def test_a_log_is_opened_once(city: City) -> None:
    own = keys.key_file(city.organisation.pk).read_bytes()
    with pytest.raises(IntegrityError), transaction.atomic():
        open_log(city.organisation.pk, "sourcier/rosny")
    assert keys.key_file(city.organisation.pk).read_bytes() == own


def test_two_processes_that_create_a_key_end_with_the_same(tmp_path: Path) -> None:
    log_id = uuid4()
    code = (
        "import sys, uuid; from django.conf import settings; from pathlib import Path;"
        "settings.configure(KEYS=Path(sys.argv[1]), INSTALLED_APPS=['sourcier.journal']); import django; django.setup();"
        "from sourcier.journal.keys import create; print(create(uuid.UUID(sys.argv[2])).hex())"
    )
    racers = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), log_id.hex], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert len({racer.communicate()[0] for racer in racers}) == 1
    assert [racer.returncode for racer in racers] == [0] * 4
    assert [file.name for file in (tmp_path / "journal").iterdir()] == [f"{log_id.hex}.key"]
