"""Documents that entries cite are read again from the vault: a lost or changed one is found, an erased one is not asked for."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from sourcier.journal.actions import erase
from sourcier.journal.report import Report
from sourcier.journal.verify import verify
from sourcier.needs import actions as needs
from sourcier.vault import queries as vault
from sourcier.vault.models import File
from tests.cities import City
from tests.vault import papers


@pytest.fixture
def file(city: City, settings: Any, tmp_path: Path) -> File:
    """A photo joined to a need, in a vault of its own."""
    settings.VAULT = tmp_path / "vault"
    need = needs.start(city.requester, "Des chaises")
    said = needs.say(city.requester, need.pk, "Comme sur la photo", [SimpleUploadedFile("chaise.jpg", papers.JPEG)])
    return said.files.get()


def checked(city: City) -> Report:
    return verify(city.organisation.pk)


def test_whole_documents_pass_and_are_counted(city: City, file: File) -> None:
    report = checked(city)
    assert report.ok and report.documents == 1
    assert "Documents relus dans le coffre et comparés à leur empreinte : 1." in report.sentences()
    assert report.to_json()["documents"] == 1


def test_a_missing_document_is_said_with_its_entry(city: City, file: File) -> None:
    vault.path_of(file).unlink()
    (problem,) = checked(city).problems
    assert problem.code == "document_missing" and problem.index is not None
    assert problem.sentence == f"Le document {file.sha256}, cité par l'écriture n° {problem.index}, n'est plus dans le coffre."


def test_a_changed_document_is_said(city: City, file: File) -> None:
    vault.path_of(file).write_bytes(papers.JPEG + b"x")
    (problem,) = checked(city).problems
    assert problem.code == "document_damaged" and "n'a plus le contenu que le journal atteste" in problem.sentence


def test_a_row_sent_to_other_bytes_hides_nothing(city: City, file: File) -> None:
    """Whoever changes the bytes and makes the row agree with them is found twice."""
    other = vault.content_path(city.organisation.pk, "0" * 64)
    other.parent.mkdir(parents=True)
    vault.path_of(file).rename(other)
    File.objects.filter(pk=file.pk).update(path=str(other))
    assert {problem.code for problem in checked(city).problems} == {"row_changed", "document_missing"}


def test_a_document_whose_content_was_erased_is_not_asked_for(city: City, file: File) -> None:
    (problem,) = _without(city, file)
    erase(city.organisation.pk, [problem], "Délai de conservation atteint")
    assert checked(city).ok and checked(city).documents == 0


def _without(city: City, file: File) -> list[int]:
    vault.path_of(file).unlink()
    return [problem.index for problem in checked(city).problems if problem.index is not None]


def test_the_command_line_says_it_and_leaves_with_one(city: City, file: File) -> None:
    vault.path_of(file).unlink()
    out = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("journal", "verify", stdout=out)
    assert left.value.code == 1
    assert f"✗ Le document {file.sha256}, cité par l'écriture n° " in out.getvalue()
