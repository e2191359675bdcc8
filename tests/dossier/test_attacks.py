"""Whatever is altered is found, with a sentence and never an exception."""

import json
import os
from functools import cache
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest

from sourcier.dossier.offline import verifier
from sourcier.journal import keys
from tests.cities import City
from tests.dossier.attacks import (
    DOCUMENTS,
    ENTRIES,
    Attacker,
    crc_repaired,
    pack,
    recompressed,
    repair,
    unpack,
    without_a_document,
)  # fmt: skip
from tests.dossier.forging import signed_again
from tests.dossier.purchase import PIECES, Purchase, asked_purchase, finished_purchase, taken, zipped

# With those of tests/journal/test_attacks.py, 2 000; `bench/attacks.py` runs more.
MUTATIONS = int(os.environ.get("SOURCIER_MUTATIONS", "1880"))


def problems(data: bytes, fingerprint: str = "") -> list[str]:
    return list(verifier.verify(BytesIO(data), fingerprint).problems)


def test_every_alteration_is_found(dossier: bytes, other_city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    # Most alterations leave the two signatures as they were: each is verified once.
    monkeypatch.setattr(verifier, "ed25519_verify", cache(verifier.ed25519_verify))
    stranger = unpack(zipped(taken(finished_purchase(other_city))))[ENTRIES].decode().splitlines()[3]
    assert problems(dossier) == []
    attacker = Attacker(dossier, stranger, seed=MUTATIONS)
    missed = []
    for attack in attacker.attacks(MUTATIONS):
        found = problems(attack.data)
        if not found and not attacker.reads_the_same(attack):
            missed.append(attack.name)
        assert all(isinstance(sentence, str) and sentence.endswith((".", ".zip")) for sentence in found), (attack.name, found)
    assert missed == []


def test_a_whole_dossier_signed_again_is_found_by_the_fingerprint_alone(dossier: bytes, finished: Purchase) -> None:
    def reworded(payload: dict[str, Any]) -> dict[str, Any]:
        edited: dict[str, Any] = json.loads(json.dumps(payload).replace("Deux tourn", "Trois tourn"))
        return edited

    contents = [json.loads(data) for name, data in unpack(dossier).items() if name.startswith("data/payloads/0")]
    seals = {
        said["submission"]: sha256(reworded(said)["content"].encode()).hexdigest()
        for said in contents
        if isinstance(said.get("content"), str)
    }

    def resealed(payload: dict[str, Any]) -> dict[str, Any]:
        """The words and what engaged them at the deposit, changed together."""
        edited = reworded(payload)
        return edited | {"commitment": seals[payload["submission"]]} if payload.get("submission") in seals else edited

    forged = signed_again(dossier, resealed)
    assert b"Trois tourn" in b"".join(unpack(forged).values())
    report = verifier.verify(BytesIO(forged))
    assert report.problems == [] and not report.key_compared
    assert report.verdict.endswith("Clé non comparée : donnez l'empreinte lue sur une lettre de la ville.")
    own = keys.fingerprint(finished.city.organisation.pk)
    assert problems(forged, own) == ["La clé du dossier n'est pas celle dont vous avez donné l'empreinte."]
    assert problems(dossier, own) == []


@pytest.mark.parametrize("name", PIECES)
def test_a_document_that_a_city_left_out_of_its_own_dossier_is_found(dossier: bytes, name: str) -> None:
    """Sums, index, chain, tree and signatures all agree: only the entry that cites it tells."""
    files = unpack(dossier)
    (row,) = [each for each in json.loads(files[DOCUMENTS]) if each["name"] == name]
    forged = signed_again(pack(repair(without_a_document(files, name))), lambda payload: payload)
    (problem,) = problems(forged)
    assert problem.startswith(f"Le document {row['sha256'][:16]}…, cité par l'entrée ")
    assert problem.endswith(", manque au dossier.")


def test_helpers_removed_and_files_deflated_by_a_mail_filter_still_verify(dossier: bytes) -> None:
    for without in ((), ("verifier.py",), ("VERIFIER.html", "verifier.py", "LISEZ-MOI.txt")):
        assert problems(recompressed(dossier, without=without)) == []


def test_a_helper_that_was_swapped_is_found_while_a_missing_one_is_not(dossier: bytes) -> None:
    files = unpack(dossier)
    swapped = pack(repair(files | {"verifier.py": b"print('Aucune alteration detectee.')"}))
    assert any("verifier.py" in sentence for sentence in problems(swapped))


def test_a_document_changed_in_place_with_its_crc_mended_is_found(dossier: bytes) -> None:
    files = unpack(dossier)
    path = next(row["path"] for row in json.loads(files[DOCUMENTS]) if row["name"] == "devis signé.jpg")
    forged = files[path].replace(b"MARQUE", b"MARQUO")
    data = crc_repaired(dossier, path, forged)
    assert unpack(data)[path] == forged
    assert problems(data)[0] == f"Le fichier {path} a changé."


def test_files_that_are_no_dossier_are_said_so(tmp_path: Any) -> None:
    assert problems(b"") and problems(b"PK") and problems(b"%PDF-1.7") and problems(pack({}))
    assert problems(pack({"x.txt": b"x"})) == ["Il manque le fichier bagit.txt."]
    assert "n'existe pas" in verifier.verify(tmp_path / "absent.zip").problems[0]
    assert "ne peut pas être lu" in verifier.verify(tmp_path).problems[0]


def test_an_open_purchase_of_the_same_city_changes_nothing(finished: Purchase) -> None:
    export = taken(finished)
    asked_purchase(finished.city)
    assert problems(zipped(export)) == []
