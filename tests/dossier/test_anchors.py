"""The time told by a third party goes out with the dossier, and its reader needs neither us nor the city to check it."""

import json
import random
import re
import shlex
import subprocess
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import time_machine
from cryptography.hazmat.primitives.serialization import Encoding
from django.utils import timezone

from sourcier.dossier import build, own_stamp
from sourcier.dossier.offline import verifier
from sourcier.journal import anchors
from sourcier.journal.models import Anchor, Entry
from sourcier.kernel import timestamps
from sourcier.kernel.transitions import Refused
from tests.cities import City
from tests.dossier.attacks import pack, repair, unpack
from tests.dossier.purchase import DEADLINE, Purchase, asked_purchase, stamped_now, taken, zipped
from tests.journal.authority import Authority, made_authority
from tests.kernel.test_timestamps import MESSAGE, real

OWN = own_stamp.NAME


def judged(data: bytes) -> Any:
    return verifier.verify(BytesIO(data))


def test_a_deadline_an_opening_a_choice_and_an_export_each_ask_for_the_time(city: City, settings: Any) -> None:
    settings.TSA = ("http://127.0.0.1:9/",)
    purchase = asked_purchase(city)
    purchase.answer()
    for act, verb in [
        (purchase.close, "sourcing.closed"),
        (purchase.open, "answers.opened"),
        (purchase.choose, "choice.made"),
        (lambda: taken(purchase), "dossier.built"),
    ]:
        Anchor.objects.all().delete()
        act()
        assert Anchor.objects.get().wanted > Entry.objects.get(verb=verb).index, verb


def test_the_time_of_a_third_party_is_in_the_dossier_and_says_who_vouches(anchored: bytes, authority: Authority) -> None:
    report = judged(anchored)
    assert report.problems == []
    told = [fact for fact in report.facts if "l'atteste" in fact]
    assert len(told) == 2 and told[0].startswith("Le dossier entier existait le ") and "« Horodateur d'essai »" in told[1]
    assert "Son certificat remonte à la racine « Racine de Horodateur d'essai » (SHA-256 " in told[0]
    assert sha256(authority.root.certificate.public_bytes(Encoding.DER)).hexdigest() in told[0]
    assert not any("n'est pas ancré" in fact for fact in report.facts)


def test_the_exact_line_of_openssl_accepts_it(anchored: bytes, tmp_path: Path) -> None:
    with ZipFile(BytesIO(anchored)) as archive:
        archive.extractall(tmp_path)
    (said,) = json.loads((tmp_path / "data/proofs/anchors.json").read_bytes())
    line = [str(tmp_path / "root.pem") if word == "RACINE.pem" else word for word in shlex.split(said["openssl"])]
    checked = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verification: OK" in checked.stdout + checked.stderr
    noted = re.search(r"openssl ts -verify .*", (tmp_path / "LISEZ-MOI.txt").read_text(encoding="utf-8"))
    seconds = said["openssl"].split("-attime ")[1].split()[0]
    assert noted and noted[0].strip().replace("SECONDES", seconds) == said["openssl"]
    stamped = tmp_path / "data/proofs/anchor-1.txt"
    stamped.write_bytes(stamped.read_bytes() + b"\n")
    assert subprocess.run(line, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def test_a_dossier_without_a_third_party_says_so_and_is_the_same_as_before(finished: Purchase) -> None:
    data = zipped(taken(finished))
    assert not [name for name in unpack(data) if "anchor" in name]
    assert any("n'est pas ancré chez un tiers horodateur" in fact for fact in judged(data).facts)


def test_the_same_bytes_come_out_whatever_was_stamped_since(finished: Purchase, authority: Authority) -> None:
    assert anchors.take_due(timezone.now()) == 1
    export = build.take(finished.city.auditor, finished.need.pk)
    with pytest.raises(Refused, match="awaited"):
        zipped(export)
    assert anchors.take_due(timezone.now()) == 1
    before = zipped(export)
    assert anchors.take_due(timezone.now() + timedelta(days=4)) == 1
    assert zipped(export) == before
    assert {f"data/proofs/export.{kind}" for kind in ("tsr", "txt", "pem")} <= unpack(before).keys()


def test_a_dossier_that_nobody_stamped_in_time_is_given_all_the_same_and_never_has_it_later(
    finished: Purchase, authority: Authority
) -> None:
    authority.manner = "500"
    with time_machine.travel(timezone.now(), tick=False) as clock:
        export = build.take(finished.city.auditor, finished.need.pk)
        waited: list[float] = []
        own_stamp.wait(export, pause=lambda seconds: (waited.append(seconds), clock.shift(9)))  # type: ignore[func-returns-value]
        assert (len(waited), authority.asked) == (4, 1)
        late = zipped(export)
        authority.manner = "right"
        assert anchors.take_due(timezone.now() + timedelta(minutes=2)) == 1
        assert zipped(export) == late
    report = judged(late)
    assert report.problems == []
    assert verifier.NOT_STAMPED in report.facts and any("n'est pas ancré" in fact for fact in report.facts)


def own_stamp_of_another(files: dict[str, bytes], authority: Authority) -> dict[str, bytes]:
    return {OWN + ".tsr": other_time(files, authority)}


def own_stamp_of_before(files: dict[str, bytes], authority: Authority) -> dict[str, bytes]:
    authority.signer = made_authority(authority.folder / "older", days=(-900, 900)).signer
    return {OWN + ".tsr": authority.forged(timestamps.request(files[OWN + ".txt"], 1), DEADLINE.replace(year=2025))}


def own_stamp_of_another_checkpoint(files: dict[str, bytes], authority: Authority) -> dict[str, bytes]:
    return {OWN + ".txt": files["data/proofs/anchor-1.txt"], OWN + ".tsr": files["data/proofs/anchor-1.tsr"]}


OWN_SWAPS = [
    (own_stamp_of_another, "lui-même ne prouve rien : il porte sur autre chose que son point de contrôle"),
    (own_stamp_of_before, "lui-même est d'avant l'entrée de l'export"),
    (own_stamp_of_another_checkpoint, "lui-même porte sur un autre point de contrôle que celui de l'export"),
]


def test_the_stamp_of_the_dossier_itself_is_judged(anchored: bytes, authority: Authority) -> None:
    files = unpack(anchored)
    for swap, sentence in OWN_SWAPS:
        found = judged(pack(repair(files | swap(files, authority)))).problems
        assert len(found) == 1 and sentence in found[0]
    without = {name: data for name, data in files.items() if name != OWN + ".tsr"}
    assert len(judged(pack(repair(without))).problems) == 2


def other_time(files: dict[str, bytes], authority: Authority) -> bytes:
    return authority.reply(timestamps.request(b"another checkpoint", 1))


def older_time(files: dict[str, bytes], authority: Authority) -> bytes:
    authority.signer = made_authority(authority.folder / "older", days=(-900, 900)).signer
    return authority.forged(timestamps.request(files["data/proofs/anchor-1.txt"], 1), DEADLINE.replace(year=2025))


@pytest.mark.parametrize(
    ("swapped", "sentence"),
    [(other_time, "il porte sur autre chose que son point de contrôle"), (older_time, "est d'avant une entrée qu'il couvre")],
)
def test_a_token_swapped_for_another_is_found(
    anchored: bytes, authority: Authority, swapped: Callable[..., bytes], sentence: str
) -> None:
    files = unpack(anchored)
    files["data/proofs/anchor-1.tsr"] = swapped(files, authority)
    found = judged(pack(repair(files))).problems
    assert any(sentence in each for each in found)
    assert any("n'est pas celui que l'entrée de l'export engage" in each for each in found)


def test_a_checkpoint_swapped_for_that_of_another_tree_is_found(anchored: bytes) -> None:
    files = unpack(anchored)
    (said,) = json.loads(files["data/proofs/anchors.json"])
    said["consistency"] = said["consistency"][::-1][:-1]
    files["data/proofs/anchors.json"] = json.dumps([said]).encode()
    assert any("ne prolonge pas" in each for each in judged(pack(repair(files))).problems)


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
def test_the_script_and_the_server_judge_replies_alike(tmp_path: Path, kind: str) -> None:
    made = made_authority(tmp_path, kind=kind)
    reply = made.reply(timestamps.request(MESSAGE, 7))
    honest, (signer, *_) = verifier.stamp_of(reply, MESSAGE, [])
    assert honest == timestamps.verify(reply, MESSAGE).told_at.timestamp()
    draw = random.Random(kind)
    for _ in range(150):
        place = draw.randrange(len(reply))
        changed = reply[:place] + bytes([reply[place] ^ 1 << draw.randrange(8)]) + reply[place + 1 :]
        try:
            seconds, (found, *_) = verifier.stamp_of(changed, MESSAGE, [])
        except (verifier.BadStamp, ValueError, TypeError, IndexError, StopIteration):
            continue
        assert (seconds, found.raw) == (honest, signer.raw)


@pytest.mark.parametrize(
    "name",
    [
        "identrust/issue-104.tsr",
        "sigstage/response-sha256.tsr",
        "sigstage/response-sha384.tsr",
        "sigstage/response-sha512.tsr",
        "sigstage/response-no-embedded-cert.tsr",
        "test_tsa/response-injected-certs.tsr",
    ],
)
def test_the_script_reads_real_replies(shared_data: Path, name: str) -> None:
    reply, known = real(shared_data, name)
    given = [each.public_bytes(Encoding.DER) for each in known]
    seconds, _ = verifier.stamp_of(reply, MESSAGE, given)
    assert seconds == timestamps.verify(reply, MESSAGE, known=known).told_at.timestamp()


def test_the_script_refuses_a_real_reply_whose_signature_is_false(shared_data: Path) -> None:
    reply, _ = real(shared_data, "sigstage/response-invalid-signature.tsr")
    with pytest.raises(verifier.BadStamp, match="signature est fausse"):
        verifier.stamp_of(reply, MESSAGE, [])


def test_a_signature_that_the_script_cannot_judge_is_said_and_no_fault(
    finished: Purchase, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = authority.forged
    monkeypatch.setattr(authority, "forged", lambda *asked: honest(*asked, "-keyopt", "rsa_padding_mode:pss"))
    authority.manner = "forged"
    assert anchors.take_due(timezone.now()) == 1
    report = judged(stamped_now(finished))
    assert report.problems == []
    assert any("n'est pas jugé ici" in fact for fact in report.facts)
