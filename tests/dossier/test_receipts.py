"""A receipt kept by a firm tells a dossier drawn from a journal that was made again, or cut, by who holds its key."""

from io import BytesIO
from typing import Any

import pytest

from sourcier.dossier.offline import verifier
from sourcier.journal import keys, proofs
from sourcier.journal.models import Entry, Log
from tests.cities import City
from tests.dossier.forging import signed_again
from tests.dossier.purchase import Purchase, asked_purchase


@pytest.fixture
def receipt(finished: Purchase) -> str:
    """That of the firm that was chosen."""
    entry = Entry.objects.filter(stream=finished.need.pk.hex, verb="answer.received").latest("index")
    return proofs.receipt(entry)


def problems(data: bytes, receipt: str) -> list[str]:
    return list(verifier.verify(BytesIO(data), receipt=receipt).problems)


def test_an_honest_dossier_holds_the_entry_of_the_receipt(dossier: bytes, receipt: str) -> None:
    report = verifier.verify(BytesIO(dossier), receipt=receipt.replace("\n", "\r\n"))
    assert report.problems == []
    assert any("que le récépissé atteste" in fact for fact in report.facts)


def cheaper(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"note": "un autre prix"} if "rows" in payload else payload


def test_a_dossier_made_again_with_the_key_of_the_city_fails_with_the_receipt_alone(
    dossier: bytes, receipt: str, city: City
) -> None:
    log = Log.objects.get(pk=city.organisation.pk)
    forged = signed_again(dossier, cheaper, keys.private_key(log))
    assert verifier.verify(BytesIO(forged), keys.fingerprint(log.pk)).problems == []
    (problem,) = problems(forged, receipt)
    assert problem.endswith("que le récépissé atteste : le journal a été refait.")


def test_a_receipt_of_another_purchase_or_of_later_proves_nothing_here(dossier: bytes, city: City) -> None:
    other = asked_purchase(city)
    text = proofs.receipt(Entry.objects.filter(stream=other.need.pk.hex).latest("index"))
    report = verifier.verify(BytesIO(dossier), receipt=text)
    assert report.problems == [] and any("rien à comparer" in fact for fact in report.facts)


def test_a_receipt_that_was_changed_or_is_none_is_told(dossier: bytes, receipt: str, other_city: City) -> None:
    stranger = proofs.receipt(Entry.objects.filter(log=other_city.organisation.pk).latest("index"))
    for text in ("x", receipt[:40], receipt.replace("index ", "index 1"), receipt.replace("extra ", "extra AAAA"), stranger):
        assert problems(dossier, text), text


def test_the_command_takes_a_receipt(dossier: bytes, receipt: str, tmp_path: Any, capsys: Any) -> None:
    (tmp_path / "d.zip").write_bytes(dossier)
    (tmp_path / "r.tlog-proof").write_text(receipt, encoding="utf-8")
    assert verifier.main([str(tmp_path / "d.zip"), "--recepisse", str(tmp_path / "r.tlog-proof")]) == 0
    assert "que le récépissé atteste" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="ne peut pas être lu"):
        verifier.main([str(tmp_path / "d.zip"), "--recepisse", str(tmp_path / "absent")])
