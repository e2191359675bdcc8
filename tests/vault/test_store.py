import os
import resource
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import RequestFactory

from sourcier.kernel.transitions import Refused
from sourcier.vault import queries, rules
from sourcier.vault.actions import store, store_bytes
from sourcier.vault.models import File
from sourcier.web.downloads import attachment
from tests.vault import papers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def vault(settings: object, tmp_path: Path) -> Path:
    settings.VAULT = tmp_path / "vault"  # type: ignore[attr-defined]
    return tmp_path / "vault"


def test_a_file_is_kept_under_its_content_and_read_back(vault: Path) -> None:
    city, data = uuid4(), papers.pdf_bytes()
    file = store(city, SimpleUploadedFile("Devis n°1.pdf", data, "text/html"))
    digest = sha256(data).hexdigest()
    assert (file.sha256, file.size, file.media_type, file.name) == (digest, len(data), "application/pdf", "Devis n°1.pdf")
    assert file.received_sha256 == ""
    assert (vault / city.hex / digest[:2] / digest).read_bytes() == data
    with queries.open_file(file) as stored:
        assert stored.read() == data
    assert queries.fault(city, digest) == ""


def test_the_same_file_twice_is_one_on_disk_and_two_rows(vault: Path) -> None:
    city = uuid4()
    first, second = store_bytes(city, papers.JPEG, "a.jpg"), store_bytes(city, papers.JPEG, "b.jpg")
    assert first.path == second.path and first.pk != second.pk
    assert len([path for path in vault.rglob("*") if path.is_file()]) == 1


def test_two_cities_share_no_file(vault: Path) -> None:
    mine, theirs = uuid4(), uuid4()
    file = store_bytes(theirs, papers.JPEG, "a.jpg")
    assert store_bytes(mine, papers.JPEG, "a.jpg").path != file.path
    with pytest.raises(File.DoesNotExist):
        queries.get(mine, file.pk)
    assert queries.get(theirs, file.pk) == file


def test_a_cleaned_pdf_keeps_the_hash_of_what_came() -> None:
    data = papers.scripted_pdf()
    file = store_bytes(uuid4(), data, "devis.pdf")
    assert file.received_sha256 == sha256(data).hexdigest() != file.sha256
    assert b"MARQUE" not in queries.path_of(file).read_bytes()


def test_a_stored_file_is_never_overwritten_even_when_the_vault_is_damaged(vault: Path) -> None:
    city = uuid4()
    file = store_bytes(city, papers.JPEG, "a.jpg")
    queries.path_of(file).write_bytes(b"altered")
    assert queries.fault(city, file.sha256) == "damaged"
    with pytest.raises(Refused, match="vault_damaged"):
        store_bytes(city, papers.JPEG, "a.jpg")
    assert queries.path_of(file).read_bytes() == b"altered"


def test_no_file_is_kept_while_a_transaction_holds_the_database() -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        store_bytes(uuid4(), papers.JPEG, "a.jpg")
    assert File.objects.count() == 0


def test_a_refused_file_leaves_nothing(vault: Path) -> None:
    with pytest.raises(Refused, match="type_refused"):
        store(uuid4(), SimpleUploadedFile("devis.pdf", b"MZ" + bytes(100)))
    assert File.objects.count() == 0 and not vault.exists()


def test_an_upload_one_byte_too_large_is_refused() -> None:
    with pytest.raises(Refused, match="file_too_large"):
        store(uuid4(), SimpleUploadedFile("note.txt", b"a" * (rules.MAX_FILE + 1)))


def test_a_full_disk_is_said_in_french_and_leaves_nothing(vault: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(Refused, match="no_room") as refused:
            store_bytes(uuid4(), b"a" * 1_000_000, "note.txt")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "plus de place" in refused.value.sentence
    assert [path for path in vault.rglob("*") if path.is_file()] == []


def test_stored_bytes_belong_to_their_owner_alone() -> None:
    file = store_bytes(uuid4(), papers.JPEG, "a.jpg")
    assert os.stat(queries.path_of(file)).st_mode & 0o077 == 0


def test_bytes_of_the_program_are_taken_as_they_are() -> None:
    assert store_bytes(uuid4(), b"%PDF-1.7 ours", "lettre.pdf", trusted=True).media_type == "application/pdf"


def test_a_file_leaves_as_an_attachment_that_nothing_can_run() -> None:
    data = papers.pdf_bytes()
    file = store_bytes(uuid4(), data, "Devis été.pdf")
    response = attachment(file)
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''Devis%20%C3%A9t%C3%A9.pdf"
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert b"".join(response.streaming_content) == data
    response.close()


def test_the_site_policy_does_not_replace_that_of_the_file() -> None:
    from csp.middleware import CSPMiddleware

    file = store_bytes(uuid4(), papers.JPEG, "a.jpg")
    response = CSPMiddleware(lambda request: attachment(file))(RequestFactory().get("/"))
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    response.close()
