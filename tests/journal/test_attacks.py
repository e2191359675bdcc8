"""Whatever is altered in the database is found, with a sentence and never an exception."""

import os
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from sourcier.journal import keys, proofs
from sourcier.journal.actions import want_anchor
from sourcier.journal.anchors import take_due
from sourcier.journal.models import Entry, Log
from sourcier.journal.verify import verify
from tests.cities import City
from tests.journal.attacks import JournalAttacker, Line, lines_of, remake, sign
from tests.journal.authority import Authority
from tests.journal.lifted import triggers_lifted

Write = Callable[..., Entry]
# With those of tests/dossier/test_attacks.py, 2 000; `bench/attacks.py` runs more.
MUTATIONS = int(os.environ.get("SOURCIER_MUTATIONS", "1920")) // 16


@pytest.fixture
def log(city: City, write: Write) -> Log:
    """A small journal of three operations, each entry engaged by a checkpoint."""
    streams = [uuid4() for _ in range(3)]
    for number in range(12):
        write(stream=streams[number % 3], who=f"Boulangerie {number}")
        if number == 5:
            proofs.checkpoint(city.organisation.pk)
    proofs.checkpoint(city.organisation.pk)
    return Log.objects.get(pk=city.organisation.pk)


@pytest.fixture
def anchored(log: Log, authority: Authority) -> Log:
    """The same, whose time a third party stamped twice."""
    for _ in range(2):
        with transaction.atomic():
            want_anchor(Log.objects.get(pk=log.pk), timezone.now())
        assert take_due(timezone.now()) == 1
    proofs.checkpoint(log.pk)
    return Log.objects.get(pk=log.pk)


def test_every_alteration_is_found(anchored: Log, other_city: City) -> None:
    attacker = JournalAttacker(anchored, Log.objects.get(pk=other_city.organisation.pk), seed=MUTATIONS)
    missed: Counter[str] = Counter()
    with triggers_lifted():
        for attack in attacker.attacks(MUTATIONS):
            with transaction.atomic():
                attack()
                report = verify(anchored.pk)
                transaction.set_rollback(True)
            assert all(problem.sentence.endswith(".") for problem in report.problems), report.problems
            missed[attack.__name__] += report.ok
    assert +missed == Counter()
    assert verify(anchored.pk).ok


def rewritten(log: Log) -> list[Line]:
    lines = lines_of(log)
    lines[-2].body = b'{"who":"Boulangerie amie"}'
    return lines


def test_a_journal_remade_with_a_new_key_is_found_by_the_fingerprint_or_by_a_receipt(log: Log) -> None:
    fingerprint = keys.fingerprint(log.pk)
    receipt = proofs.receipt(Entry.objects.get(log=log, index=log.size - 2))
    with triggers_lifted(), transaction.atomic():
        remake(log, rewritten(log))
        sign(log, keys.Ed25519PrivateKey.generate(), log.size)
        assert verify(log.pk).ok
        assert {problem.code for problem in verify(log.pk, fingerprint=fingerprint).problems} == {"key"}
        assert {problem.code for problem in verify(log.pk, witnesses={"recu": receipt}).problems} == {"witness_unreadable"}
        transaction.set_rollback(True)


@pytest.mark.parametrize("cut", [0, 3])
def test_a_journal_remade_or_cut_with_the_key_of_the_city_is_found_by_a_receipt_alone(log: Log, cut: int) -> None:
    fingerprint = keys.fingerprint(log.pk)
    receipt = proofs.receipt(Entry.objects.get(log=log, index=log.size - 2))
    with triggers_lifted(), transaction.atomic():
        lines = rewritten(log)
        remake(log, lines[: len(lines) - cut])
        sign(log, keys.private_key(log), len(lines) - cut)
        assert verify(log.pk, fingerprint=fingerprint).ok
        assert {problem.code for problem in verify(log.pk, witnesses={"recu": receipt}).problems} & {
            "rewritten",
            "tail_missing",
        }
        transaction.set_rollback(True)
