"""The bags of the BagIt conformance suite, and ours read back by the rules of RFC 8493."""

import re
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from sourcier.dossier.offline import verifier
from tests.dossier.attacks import pack, unpack
from tests.dossier.purchase import Purchase, dossier_of


def test_no_bag_of_the_suite_is_taken_for_a_dossier_nor_stops_the_verifier(shared_data: Path) -> None:
    bags = [file.parent for file in (shared_data / "bagit" / "bags").rglob("bagit.txt")]
    assert len(bags) > 40
    for bag in bags:
        files = {file.relative_to(bag).as_posix(): file.read_bytes() for file in bag.rglob("*") if file.is_file()}
        report = verifier.verify(BytesIO(pack(files)))
        assert report.problems and all(isinstance(sentence, str) for sentence in report.problems), bag


def test_a_manifest_that_names_a_file_twice_is_refused(shared_data: Path) -> None:
    named_twice = list((shared_data / "bagit" / "bags").glob("*/*/same-filename-listed-twice-with*/manifest-sha256.txt"))
    assert named_twice
    for manifest in named_twice:
        with pytest.raises(verifier.Broken):
            verifier.read_manifest(manifest.read_text(), manifest.name)


def test_our_bag_follows_the_rfc(finished: Purchase) -> None:
    files = unpack(dossier_of(finished))
    assert files["bagit.txt"] == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    payload = {name for name in files if name.startswith("data/")}
    for manifest, covered in (
        ("manifest-sha256.txt", payload),
        ("tagmanifest-sha256.txt", set(files) - payload - {"tagmanifest-sha256.txt"}),
    ):
        listed = dict(reversed(line.split("  ", 1)) for line in files[manifest].decode().splitlines())
        assert set(listed) == covered
        assert all(sha256(files[name]).hexdigest() == digest for name, digest in listed.items())
    info = dict(line.split(": ", 1) for line in files["bag-info.txt"].decode().splitlines())
    assert info["Payload-Oxum"] == f"{sum(len(files[name]) for name in payload)}.{len(payload)}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", info["Bagging-Date"])
    assert all(name.isascii() and len(name) < 60 and name == name.strip() for name in files)
