"""`sourcier journal verify` and `sourcier journal checkpoint`, as typed."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from sourcier.accounts.models import DeliveryPlace
from sourcier.journal import keys, proofs
from sourcier.journal.models import Checkpoint, Entry
from tests.cities import City

Write = Callable[..., Entry]


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and what was printed."""
    out = StringIO()
    try:
        call_command("journal", *arguments, stdout=out)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_an_honest_journal_gives_the_honest_words_and_code_0(write: Write) -> None:
    run("checkpoint")
    code, text = run("verify")
    assert code == 0
    assert "Journal sourcier/rosny" in text
    assert "Aucune altération détectée, jusqu'au point de contrôle du" in text
    assert "Clé non comparée." in text


def test_an_alteration_gives_its_sentence_and_code_1(city: City, write: Write) -> None:
    DeliveryPlace.objects.update(name="Ailleurs")
    code, text = run("verify", "--organisation", "rosny")
    assert code == 1
    assert "Anomalie détectée : 1 point à examiner." in text
    assert "✗ La ligne place" in text
    code, text = run("verify", "--json")
    found = json.loads(text)
    assert (code, found["ok"]) == (1, False)
    assert [problem["code"] for problem in found["logs"][0]["problems"]] == ["row_changed"]


def test_fingerprint_checkpoint_and_receipt_from_outside_are_taken(city: City, write: Write, tmp_path: Path) -> None:
    receipt, point = tmp_path / "recu.tlog-proof", tmp_path / "point.txt"
    receipt.write_text(proofs.receipt(write()), encoding="utf-8")
    assert run("checkpoint", "--public", "--out", str(point)) == (0, "")
    assert Checkpoint.objects.get(public=True).text == point.read_text(encoding="utf-8")
    code, text = run(
        "verify", "--json", "--organisation", city.organisation.pk.hex, "--fingerprint", keys.fingerprint(city.organisation.pk),
        "--expect", str(point), "--receipt", str(receipt),
    )  # fmt: skip
    found = json.loads(text)
    assert (code, found["ok"]) == (0, True)
    assert (found["logs"][0]["witnesses"], found["logs"][0]["key_compared"]) == (2, True)


def test_what_is_wrong_in_the_command_is_said_in_french(city: City, other_city: City, write: Write, tmp_path: Path) -> None:
    for arguments, sentence in [
        (["verify", "--organisation", "paris"], "Aucun journal pour « paris »"),
        (["verify", "--expect", "x"], "dites lequel"),
        (["checkpoint", "--out", str(tmp_path / "x")], "dites lequel"),
        (["verify", "--organisation", "rosny", "--receipt", str(tmp_path / "absent")], "ne peut pas être lu"),
    ]:
        with pytest.raises(CommandError, match=sentence):
            run(*arguments)
    keys.key_file(city.organisation.pk).unlink()
    with pytest.raises(CommandError, match="clé du journal est absente"):
        run("checkpoint", "--organisation", "rosny")


@pytest.mark.django_db
def test_without_any_organisation_there_is_nothing_to_verify() -> None:
    with pytest.raises(CommandError, match="aucune organisation n'est créée"):
        run("verify")
