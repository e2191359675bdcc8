"""The table of docs/preuve.md says what the attacks show, line by line."""

import json
from base64 import b64decode
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from django.utils import timezone

from sourcier.dossier.offline import verifier
from sourcier.journal import anchors, keys, proofs
from sourcier.journal.models import Entry, Log
from sourcier.kernel.receipts import Receipt, format_receipt
from tests.cities import City
from tests.dossier.attacks import ENTRIES, Attacker, unpack
from tests.dossier.families import BEFORE, BEGIN, CUT, END, FAMILIES, NEW_KEY, OWN_KEY, STAMPS, Found, table
from tests.dossier.forging import cut_again, signed_again
from tests.dossier.purchase import Purchase, finished_purchase, stamped_now, taken, zipped
from tests.dossier.stamp_attacks import ANSWER, REVOKED, STAMP_KINDS, StampAttacker
from tests.journal.authority import TIME, Authority, answered, certificate, revoked_by

PROOF = Path(__file__).parents[2] / "docs" / "preuve.md"


def test_every_attack_has_its_line_of_the_table() -> None:
    kinds = sorted(name.removeprefix("attack_") for name in dir(Attacker) if name.startswith("attack_"))
    assert kinds == sorted(kind for family in FAMILIES.values() for kind in family)


@pytest.fixture
def stranger(finished: Purchase, other_city: City) -> str:
    """An entry of another city; its purchase is older than the authority, which tells the real time."""
    return unpack(zipped(taken(finished_purchase(other_city))))[ENTRIES].decode().splitlines()[3]


def test_the_table_of_the_documentation_is_what_the_attacks_show(
    finished: Purchase, stranger: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "ed25519_verify", cache(verifier.ed25519_verify))
    log = Log.objects.get(pk=finished.city.organisation.pk)
    fingerprint, key = keys.fingerprint(log.pk), keys.private_key(log)
    last = Entry.objects.filter(stream=finished.need.pk.hex).latest("index")
    receipt, dossier = proofs.receipt(last), zipped(taken(finished))

    def found(data: bytes, receipt: str = receipt) -> Found:
        each = [verifier.verify(BytesIO(data), *extra) for extra in (("", ""), (fingerprint, ""), ("", receipt))]
        return tuple(not report.ok for report in each)  # type: ignore[return-value]

    def altered(attacker: Attacker, names: Iterable[str]) -> Found:
        made = [attacker.made(getattr(attacker, name)) for name in names]
        answers = [found(attack.data) for attack in made if not attacker.reads_the_same(attack)]
        return tuple(all(each) for each in zip(*answers, strict=True))  # type: ignore[return-value]

    assert found(dossier) == (False, False, False)
    attacker = Attacker(dossier, stranger, seed=3)
    lines = {line: altered(attacker, [f"attack_{kind}" for kind in kinds]) for line, kinds in FAMILIES.items()}
    lines[STAMPS] = altered(StampAttacker(stamped(finished, authority), authority), STAMP_KINDS)
    again = signed_again(dossier, _otherwise, key)
    lines |= {
        NEW_KEY: found(signed_again(dossier, _otherwise)),
        OWN_KEY: found(again),
        CUT: found(cut_again(dossier, key)),
        BEFORE: found(again, _receipt_of(again)),
    }
    assert f"{BEGIN}\n{table(lines)}\n{END}" in PROOF.read_text(encoding="utf-8"), table(lines)


def stamped(purchase: Purchase, authority: Authority) -> bytes:
    """A dossier that carries a stamp, the list of what its issuer had revoked, and its answer about this one."""
    authority.signer = certificate(
        "Horodateur révocable", authority.root, usage=TIME, kind="rsa", revocations=authority.url,
        responder=authority.url.replace("horodatage", "ocsp"),
    )  # fmt: skip
    authority.revocations = revoked_by(authority.root)
    authority.respond = lambda request: answered(authority.folder, request, authority.root, authority.signer)
    assert anchors.take_due(timezone.now())
    data = stamped_now(purchase)
    assert {REVOKED, ANSWER} <= unpack(data).keys() and verifier.verify(BytesIO(data)).ok
    return data


def _otherwise(payload: dict[str, object]) -> dict[str, object]:
    return payload | {"note": "autrement"} if "rows" in payload else payload


def _receipt_of(data: bytes) -> str:
    """What the city would give once its journal was made again."""
    files = unpack(data)
    row = json.loads(files[ENTRIES].decode().splitlines()[-1])
    path = tuple(b64decode(node) for node in row["proof"])
    return format_receipt(Receipt(row["entry"].encode(), row["index"], path, files["data/proofs/checkpoint.txt"].decode()))
