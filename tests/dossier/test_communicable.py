"""The version for a third party: nothing of what he may not read is inside, and it verifies like the other."""

import json
import zlib
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.core.management import CommandError, call_command

from sourcier.dossier import build
from sourcier.dossier.models import Export
from sourcier.dossier.offline import verifier
from sourcier.dossier.seda import package
from sourcier.journal import keys, proofs
from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.suppliers.models import Firm
from tests.cities import City
from tests.dossier.attacks import ENTRIES, EXPORT, Attacker, Files, pack, repair, unpack
from tests.dossier.forging import signed_again
from tests.dossier.purchase import (
    ADDRESSES,
    CLOSED_MARKS,
    OPENED,
    WHY,
    Purchase,
    answered_purchase,
    asked_purchase,
    dossier_of,
    finished_purchase,
    taken,
    zipped,
)
from tests.pdf import text_of
from tests.sourcing.stock import MATHILDE

WINNER = MATHILDE
# What firms and buyers wrote of the offers, people, and figures of an offer: unit price, mark, rank.
NOT_FOR_A_THIRD_PARTY = (
    *CLOSED_MARKS, OPENED, "Deux tournées.", "Livré avant 6 h 45.", "Nous ouvrons à 7 h.", "Mathilde Durand", "Goûté",
    "Cuisson revue.", "La livraison du lundi", "Oui, comprise.", "Son prix est plus élevé.", WHY,
    "M. Lefort", "Il confirme", "Faut-il aussi",
    "devis signé.jpg", "Vitrine.jpg", "Ne livre pas, d'après son site.", "posté au guichet", "unit_price_e4", "typed_price_e4",
    "mark_e2", "79,99", "submission_id", "quoted_line", "to_address", "@pain.example", "contact@perrier.example",
)  # fmt: skip
ALLOWED = ("AU PAIN DE MATHILDE", "13 669,54 €", "15 108,61 €", "86,20 sur 100", "82 et 76", "Oui, en papier, sans marque.")


@pytest.fixture
def communicable(finished: Purchase) -> bytes:
    """Taken after a whole dossier, whose own entry then cites the sums of every file."""
    taken(finished)
    return dossier_of(finished, for_third_party=True)


def everything(data: bytes) -> bytes:
    """Every byte of the ZIP, its PDF with the streams laid open, and the words of its pages."""
    files = unpack(data)
    laid_open = BytesIO()
    with pikepdf.open(BytesIO(files["data/rapport.pdf"])) as pdf:
        pdf.save(laid_open, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.all)
    words = text_of(files["data/rapport.pdf"]).encode()
    return b"\n".join([*(name.encode() for name in files), *files.values(), laid_open.getvalue(), words])


def test_nothing_that_a_third_party_may_not_read_is_inside(communicable: bytes, finished: Purchase) -> None:
    whole = everything(zipped(Export.objects.get(communicable=False)))
    inside = everything(communicable)
    flat = b" ".join(inside.split())
    for words in NOT_FOR_A_THIRD_PARTY:
        assert words.encode() not in flat, words
    assert sum(words.encode() in whole for words in NOT_FOR_A_THIRD_PARTY) > 20, "the words are those of the purchase"
    for firm in Firm.objects.filter(organisation=finished.city.organisation).exclude(siret=WINNER.siret):
        assert firm.name.encode() not in flat and firm.siret.encode() not in inside, firm.name
    for address in ADDRESSES.values():
        assert address.encode() not in inside


def test_no_plain_digest_of_what_is_withheld_is_inside(communicable: bytes) -> None:
    inside, shown = everything(communicable), unpack(communicable)
    kept = unpack(zipped(Export.objects.get(communicable=False)))
    withheld = {name: data for name, data in kept.items() if data not in shown.values()}
    bodies = [bytes(e.payload.body) for e in Entry.objects.select_related("payload") if e.payload.body]
    withheld |= {f"payload {number}": body for number, body in enumerate(bodies) if body not in shown.values()}
    assert len([name for name in withheld if name.startswith("data/documents/0")]) >= 5
    for name, data in withheld.items():
        digest = sha256(data).digest()
        for written in (digest.hex(), digest.hex().upper(), b64encode(digest).decode()):
            assert written.encode() not in inside, name
        assert digest not in inside and f"{zlib.crc32(data):08x}".encode() not in inside, name


def test_the_report_says_what_the_law_lets_out_and_what_it_does_not(communicable: bytes) -> None:
    words = " ".join(text_of(unpack(communicable)["data/rapport.pdf"]).split())
    for said in (*ALLOWED, "Version communicable à un tiers", "Offre 1", "Farine, cuisson", "Deux jours de plus pour tous",
                 "À temps : 3. Trop tard : 1.", "Décidé par"):  # fmt: skip
        assert said in words, said


def test_each_withheld_content_leaves_its_salted_hash_and_its_reason(communicable: bytes, finished: Purchase) -> None:
    files = unpack(communicable)
    withheld = json.loads(files["data/payloads/withheld.json"])
    rows = [json.loads(line) for line in files[ENTRIES].decode().splitlines()]
    assert len(rows) == Entry.objects.filter(stream=finished.need.pk.hex).count() - 1
    shown = {row["index"] for row in rows} - {int(index) for index in withheld}
    assert shown == {int(name[-11:-5]) for name in files if name.startswith("data/payloads/0")}
    assert all(len(json.loads(row["entry"])["payload_sha256"]) == 64 for row in rows)
    assert all(reason and not reason.startswith("contenu qui n'est pas") for reason in withheld.values())


def test_it_verifies_and_the_script_says_what_is_not_shown(communicable: bytes, finished: Purchase) -> None:
    report = verifier.verify(BytesIO(communicable), keys.fingerprint(finished.city.organisation.pk))
    assert report.problems == [] and report.key_compared
    assert any("version communicable à un tiers" in fact for fact in report.facts)
    reasons = [fact for fact in report.facts if fact.startswith("Pas montré : ")]
    assert len(reasons) >= 6 and any("ses prix détaillés" in fact for fact in reasons)
    counted = sum(int(fact.split()[3]) for fact in reasons)
    assert counted == len(json.loads(unpack(communicable)["data/payloads/withheld.json"]))
    whole = verifier.verify(BytesIO(zipped(Export.objects.get(communicable=False))))
    assert not any("version communicable" in fact for fact in whole.facts)


def test_a_receipt_of_a_firm_that_lost_is_still_compared_with_it(communicable: bytes, finished: Purchase) -> None:
    receipt = proofs.receipt(Entry.objects.get(stream=finished.need.pk.hex, verb="answer.declined"))
    found = verifier.verify(BytesIO(communicable), receipt=receipt)
    assert found.problems == [] and any("que le récépissé atteste" in fact for fact in found.facts)


def test_the_same_bytes_come_out_twice(communicable: bytes) -> None:
    export = Export.objects.select_related("organisation", "need").get(communicable=True)
    assert zipped(export) == communicable


def test_whatever_is_altered_in_it_is_found(communicable: bytes, other_city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "ed25519_verify", cache(verifier.ed25519_verify))
    stranger = unpack(zipped(taken(finished_purchase(other_city))))[ENTRIES].decode().splitlines()[3]
    attacker = Attacker(communicable, stranger, seed=11)
    for attack in attacker.attacks(132):
        found = verifier.verify(BytesIO(attack.data)).problems
        assert found or attacker.reads_the_same(attack), attack.name


def hidden(files: Files, whole: Files) -> Files:
    """Contents of a whole dossier withheld after the fact, under a lawful reason."""
    withheld, salts = json.loads(files["data/payloads/withheld.json"]), json.loads(files["data/payloads/salts.json"])
    index = next(iter(salts))
    del salts[index], files[f"data/payloads/{int(index):06d}.json"]
    withheld[index] = next(iter(withheld.values()))
    return files | {
        "data/payloads/withheld.json": json.dumps(withheld).encode(), "data/payloads/salts.json": json.dumps(salts).encode()
    }  # fmt: skip


def uncovered(files: Files, whole: Files) -> Files:
    """A withheld content put back, true as it is: what the city gave was not this."""
    withheld, known = json.loads(files["data/payloads/withheld.json"]), json.loads(whole["data/payloads/salts.json"])
    index = next(each for each in withheld if each in known)
    name = f"data/payloads/{int(index):06d}.json"
    salts = json.loads(files["data/payloads/salts.json"]) | {index: known[index]}
    del withheld[index]
    return files | {
        name: whole[name], "data/payloads/withheld.json": json.dumps(withheld).encode(),
        "data/payloads/salts.json": json.dumps(salts).encode(),
    }  # fmt: skip


def another_reason(files: Files, whole: Files) -> Files:
    withheld = json.loads(files["data/payloads/withheld.json"])
    withheld[next(iter(withheld))] = "contenu effacé"
    return files | {"data/payloads/withheld.json": json.dumps(withheld).encode()}


def the_report_of_the_whole(files: Files, whole: Files) -> Files:
    return files | {"data/rapport.pdf": whole["data/rapport.pdf"]}


def said_to_be_whole(files: Files, whole: Files) -> Files:
    export = json.loads(files[EXPORT])
    return files | {EXPORT: json.dumps(export | {"entry": export["entry"].replace("communicable", "built")}).encode()}


@pytest.mark.parametrize("attack", [hidden, uncovered, another_reason, the_report_of_the_whole, said_to_be_whole])
def test_an_alteration_of_what_is_withheld_is_found(communicable: bytes, attack: Callable[[Files, Files], Files]) -> None:
    whole = unpack(zipped(Export.objects.get(communicable=False)))
    altered = pack(repair(attack(unpack(communicable), whole)))
    assert verifier.verify(BytesIO(altered)).problems


def test_one_made_again_by_a_forger_is_found_by_the_fingerprint(communicable: bytes, finished: Purchase) -> None:
    forged = signed_again(communicable, lambda payload: payload)
    assert verifier.verify(BytesIO(forged)).problems == []
    assert verifier.verify(BytesIO(forged), keys.fingerprint(finished.city.organisation.pk)).problems


def test_it_waits_for_the_choice_to_be_told(city: City) -> None:
    purchase = asked_purchase(city)
    with pytest.raises(Refused, match="sealed"):
        taken(purchase, for_third_party=True)


def test_before_the_result_is_told_only_the_whole_dossier_is_taken(city: City) -> None:
    purchase = answered_purchase(city)
    purchase.open()
    for stage in (purchase.choose, purchase.tell):
        with pytest.raises(Refused, match="not_told"):
            taken(purchase, for_third_party=True)
        stage()
    assert taken(purchase, for_third_party=True).communicable


def test_who_may_not_take_a_dossier_may_not_take_this_one(finished: Purchase, other_city: City) -> None:
    with pytest.raises(Refused, match="not_allowed"):
        build.take(finished.city.requester, finished.need.pk, for_third_party=True)
    for agent in (other_city.auditor, finished.city.admin):
        with pytest.raises(Exception, match="does not exist"):
            build.take(agent, finished.need.pk, for_third_party=True)


def test_the_command_takes_it_in_the_name_of_somebody_and_gives_it_again(finished: Purchase, tmp_path: Path) -> None:
    out, again = tmp_path / "tiers.zip", tmp_path / "encore.zip"
    asked = ["dossier", "build", "--need", finished.need.reference, "--communicable", "--out", str(out)]
    for person in ("personne@rosny.example", finished.city.requester.user.email):
        with pytest.raises(CommandError, match=r"Dites qui|se prend par"):
            call_command(*asked, "--by", person)
    with pytest.raises(CommandError, match="référence"):
        call_command(*asked[:3], "B-1999-0001", *asked[4:], "--by", finished.city.auditor.user.email)
    assert not out.exists() and not Export.objects.exists()
    call_command(*asked, "--by", finished.city.auditor.user.email)
    export = Export.objects.get()
    assert export.communicable and export.made_by == finished.city.auditor.user
    with pytest.raises(CommandError, match="tel qu'il est"):
        call_command("dossier", "build", "--export", str(export.pk), "--communicable", "--out", str(again))
    call_command("dossier", "build", "--export", str(export.pk), "--out", str(again))
    assert again.read_bytes() == out.read_bytes() and verifier.verify(out).ok


def test_the_archives_receive_the_whole_dossier_and_never_this_one(finished: Purchase) -> None:
    out = BytesIO()
    with pytest.raises(Refused, match="communicable"):
        package.write(taken(finished, for_third_party=True), out)
    assert out.getvalue() == b""
