"""Sealed files: nothing readable on the disk or in the database until the caller unseals."""

from collections.abc import Iterator
from hashlib import sha256
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError

from sourcier.kernel import sealing as kernel_sealing
from sourcier.kernel.sealing import BrokenSeal
from sourcier.kernel.transitions import Refused
from sourcier.project import checks
from sourcier.vault import master, queries, sealing
from sourcier.vault.actions import store_sealed, unseal_file
from sourcier.vault.master import MasterKeyMissing
from sourcier.vault.models import File, SealingKey
from tests.vault import papers

pytestmark = pytest.mark.django_db
CITY, OPERATION = uuid4(), uuid4()
MARKER = "Devis MARQUE-4711 à 0,95.txt"


@pytest.fixture(autouse=True)
def disk(settings: object, tmp_path: Path) -> Path:
    settings.VAULT, settings.KEYS = tmp_path / "vault", tmp_path / "keys"  # type: ignore[attr-defined]
    return tmp_path


def sealed_file(text: str = "MARQUE-4711 : 0,95 €") -> File:
    return store_sealed(CITY, OPERATION, SimpleUploadedFile(MARKER, text.encode()))


def rows() -> Iterator[str]:
    for row in (*File.objects.values(), *SealingKey.objects.values()):
        yield from (bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value) for value in row.values())


def test_a_sealed_file_is_read_nowhere_and_comes_back_whole(disk: Path) -> None:
    text = "MARQUE-4711 : 0,95 €"
    file = sealed_file(text)
    on_disk = b"".join(path.read_bytes() for path in disk.rglob("*") if path.is_file())
    found = " ".join(rows())
    for said in ("MARQUE-4711", text, sha256(text.encode()).hexdigest()):
        assert said.encode() not in on_disk and said not in found and said.encode().hex() not in found
    assert (file.name, file.media_type, file.is_sealed) == ("document scellé", "application/octet-stream", True)
    assert queries.fault(CITY, file.sha256) == ""

    read = unseal_file(OPERATION, file)
    assert (read.name, read.media_type, read.size) == (MARKER, "text/plain", len(text.encode()))
    assert read.sha256 == sha256(text.encode()).hexdigest() and not read.is_sealed
    assert queries.path_of(read).read_text() == text


def test_a_sealed_file_is_checked_like_any_other_and_says_what_was_cleaned() -> None:
    with pytest.raises(Refused):
        store_sealed(CITY, OPERATION, SimpleUploadedFile("devis.exe", b"MZ" + bytes(200)))
    data = papers.scripted_pdf()
    file = store_sealed(CITY, OPERATION, SimpleUploadedFile("devis.pdf", data))
    assert file.received_sha256 == "" and unseal_file(OPERATION, file).received_sha256 == sha256(data).hexdigest()


def test_a_sealed_file_put_in_the_place_of_another_does_not_open() -> None:
    one, other = sealed_file(), sealed_file("Un autre")
    File.objects.filter(pk=one.pk).update(path=other.path, sealed_facts=other.sealed_facts)
    one.refresh_from_db()
    for operation in (OPERATION, uuid4()):
        sealing.ensure_key(CITY, operation)
        with pytest.raises(BrokenSeal):
            unseal_file(operation, one)


def test_a_damaged_sealed_file_does_not_open() -> None:
    file = sealed_file()
    path = queries.path_of(file)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(BrokenSeal):
        unseal_file(OPERATION, file)
    assert queries.fault(CITY, file.sha256) == "damaged"


def test_the_key_of_one_city_is_not_that_of_another() -> None:
    sealed_file()
    with pytest.raises(SealingKey.DoesNotExist):
        sealing.unseal(uuid4(), OPERATION, uuid4(), b"")


def test_without_its_master_key_nothing_opens_and_the_sentence_says_where_it_goes() -> None:
    file = sealed_file()
    kept = (master.folder() / "master-0001.key").read_bytes()
    assert len(kept) == 32 and (master.folder() / "master-0001.key").stat().st_mode & 0o777 == 0o600
    for wrong in (b"", bytes(32)):
        (master.folder() / "master-0001.key").write_bytes(wrong)
        with pytest.raises(MasterKeyMissing, match="sauvegarde des clés"):
            unseal_file(OPERATION, file)
    with pytest.raises(CommandError, match="Rien n'a changé"):
        call_command("sealing", "rotate")
    (master.folder() / "master-0001.key").write_bytes(kept)
    assert unseal_file(OPERATION, file).name == MARKER


def test_a_lost_master_key_is_never_replaced_in_silence_and_doctor_says_it() -> None:
    assert list(checks.seals()) == []
    sealed_file()
    assert [finding.ok for finding in checks.seals()] == [True]
    (master.folder() / "master-0001.key").unlink()
    with pytest.raises(MasterKeyMissing, match="sauvegarde des clés"):
        sealing.ensure_key(CITY, uuid4())
    assert master.numbers() == []
    [finding] = checks.seals()
    assert not finding.ok and finding.grave and "sauvegarde des clés" in finding.seen


def test_a_key_put_in_the_database_by_another_seals_nothing(disk: Path) -> None:
    mine = kernel_sealing.new_key()
    sealing.ensure_key(CITY, OPERATION)
    SealingKey.objects.update(public_key=mine[1])
    file = sealed_file()
    with pytest.raises(BrokenSeal):
        kernel_sealing.unseal(mine[0], sealing._about(CITY, OPERATION, file.pk), queries.path_of(file).read_bytes())
    assert unseal_file(OPERATION, file).name == MARKER
    SealingKey.objects.update(wrapped=bytes(60))
    with pytest.raises(Refused, match="cannot_seal"):
        sealed_file()


@pytest.mark.django_db(transaction=True)
def test_a_new_master_key_opens_what_was_sealed_and_the_older_ones_go() -> None:
    file = sealed_file()
    out = StringIO()
    call_command("sealing", "rotate", stdout=out)
    assert "n° 2" in out.getvalue() and master.numbers() == [1, 2]
    (master.folder() / "master-0001.key").unlink()
    assert unseal_file(OPERATION, file).name == MARKER
    call_command("sealing", "rotate", stdout=out)
    assert master.numbers() == [2, 3]
    assert unseal_file(OPERATION, file).name == MARKER
