"""A key renewed, lost, stolen: what its entries say, what still verifies, and which fingerprint is to be compared."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction
from django.utils import timezone

from sourcier.journal import exported, key_line, keys, proofs, renewal
from sourcier.journal.actions import append
from sourcier.journal.export_check import verify_export
from sourcier.journal.exported import About
from sourcier.journal.models import Entry, Log
from sourcier.journal.stored import Stored
from sourcier.journal.verify import verify
from sourcier.kernel.notes import sign_note
from sourcier.kernel.transitions import Refused
from tests.cities import City
from tests.journal.entries import writes, writes_nothing

Write = Callable[..., Entry]
WHO = uuid4()


@pytest.fixture
def log(city: City, write: Any) -> Log:
    """A journal that its first key has signed."""
    for number in range(3):
        write(who=f"Boulangerie {number}")
    proofs.checkpoint(city.organisation.pk)
    return Log.objects.get(pk=city.organisation.pk)


def lose(log: Log) -> None:
    keys.key_file(log.pk).unlink()


def said(entry: Entry) -> dict[str, Any]:
    return dict(json.loads(bytes(entry.payload.body)))


def codes(log: Log, **given: Any) -> set[str]:
    return {problem.code for problem in verify(log.pk, **given).problems}


def test_a_renewed_key_signs_the_next_and_either_fingerprint_proves_the_whole_journal(log: Log, write: Write) -> None:
    first = keys.fingerprint(log.pk)
    receipt = proofs.receipt(Entry.objects.get(log=log, index=1))
    with writes(log.pk, "key.renewed"):
        renewal.renew(log.pk, "Fin de mandat.", WHO)
    write(who="Après")
    proofs.checkpoint(log.pk)
    second = keys.fingerprint(log.pk)
    assert second != first
    for fingerprint in (first, second):
        report = verify(log.pk, fingerprint=fingerprint, witnesses={"recu": receipt})
        assert report.ok and report.key_compared, report.problems
        assert report.fingerprint == second and [former for former, _ in report.former_keys] == [first]
    assert "renouvelée" in " ".join(report.sentences())


def test_a_lost_key_signs_no_more_and_its_fingerprint_proves_nothing_of_the_next(log: Log, write: Write) -> None:
    first = keys.fingerprint(log.pk)
    lose(log)
    with pytest.raises(keys.KeyMissing):
        proofs.receipt(write())
    entry = renewal.declare_lost(log.pk, "Disque cassé.", WHO)
    assert said(entry)["fingerprint"] == keys.fingerprint(log.pk)
    proofs.checkpoint(log.pk)
    assert codes(log, fingerprint=keys.fingerprint(log.pk)) == set()
    assert codes(log, fingerprint=first) == {"key"}
    assert "perdue" in " ".join(verify(log.pk).sentences())


def test_a_stolen_key_is_doubtful_since_a_date_and_what_it_signs_afterwards_is_refused(log: Log, write: Write) -> None:
    first, stolen = keys.fingerprint(log.pk), keys.private_key(log)
    now = timezone.now()
    renewal.declare_stolen(log.pk, now - timedelta(days=3), now, "Ordinateur volé.", WHO)
    head = proofs.checkpoint(log.pk)
    assert codes(log, fingerprint=keys.fingerprint(log.pk)) == set()
    assert codes(log, fingerprint=first) == {"key"}
    assert "douteuses depuis" in " ".join(verify(log.pk).sentences())
    forged = sign_note(head.text[: head.text.index("\n\n") + 1], log.origin, stolen)
    assert codes(log, witnesses={"faux": forged}) == {"witness_unreadable"}


def test_a_key_renewed_twice_then_lost_is_followed_from_the_database_and_from_an_export(
    log: Log, write: Write, tmp_path: Path
) -> None:
    for _ in range(2):
        renewal.renew(log.pk, "Chaque année.", WHO)
        write()
        proofs.checkpoint(log.pk)
    keys.later_file(log.pk, keys.public_key(log.pk)).unlink()
    renewal.declare_lost(log.pk, "Effacée.", WHO)
    proofs.checkpoint(log.pk)
    log.refresh_from_db()
    export = tmp_path / "journal.zip"
    exported.write(About(log.pk, log.origin, keys.line(log), log.size), Stored(log.pk), export)
    for report in (verify(log.pk), verify_export(export)):
        assert report.ok, report.problems
        assert len(report.former_keys) == 3 and report.checkpoints == 4


def test_who_writes_in_the_database_cannot_pass_a_key_of_his_own_for_the_next(log: Log) -> None:
    """He can say it lost, as the city can: who compares the fingerprint is told. He cannot say it renewed."""
    first, own = keys.public_key(log.pk), Ed25519PrivateKey.generate()
    forged = own.public_key().public_bytes_raw()
    signed = sign_note(key_line.statement(log.origin, first, forged), log.origin, own)
    with transaction.atomic():
        append(log.pk, None, "key.renewed", key_line.payload(first, forged, statement=signed, fingerprint="", reason=""))
        Log.objects.filter(pk=log.pk).update(public_key=forged)
    assert codes(log) == {"keys"}
    assert codes(log, fingerprint=keys.fingerprint_of(first)) == {"keys", "key"}


def test_a_key_changed_without_its_entry_is_found(log: Log) -> None:
    renewal.renew(log.pk, "Fin de mandat.", WHO)
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    Log.objects.filter(pk=log.pk).update(public_key=other)
    assert "keys" in codes(log)


def test_what_cannot_be_true_is_refused_and_writes_nothing(log: Log) -> None:
    now = timezone.now()
    with writes_nothing(log.pk):
        with pytest.raises(Refused, match="key_there"):
            renewal.declare_lost(log.pk, "Je crois.", WHO)
        with pytest.raises(Refused, match="since_later"):
            renewal.declare_stolen(log.pk, now + timedelta(days=1), now, "Demain.", WHO)
        lose(log)
        with pytest.raises(Refused, match="key_missing"):
            renewal.renew(log.pk, "Fin de mandat.", WHO)


@pytest.mark.parametrize("moment", range(1, 5))
def test_a_key_renewed_while_the_journal_is_verified_raises_no_alarm(log: Log, moment: int) -> None:
    asked = 0

    def renews(execute: Any, sql: str, *told: Any) -> Any:
        nonlocal asked
        if "journal_payload" in sql and sql.startswith("SELECT"):
            asked += 1
            if asked == moment:
                renewal.renew(log.pk, "Pendant le contrôle.", WHO)
                proofs.checkpoint(log.pk)
        return execute(sql, *told)

    with connection.execute_wrapper(renews):
        report = verify(log.pk)
    assert asked >= moment and report.ok, report.problems
