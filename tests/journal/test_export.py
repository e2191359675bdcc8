"""A journal exported in one file verifies without its database, and every alteration of that file is found."""

import random
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.core.management import CommandError

from sourcier.journal import crew, exported, keys, proofs, walk
from sourcier.journal.actions import erase
from sourcier.journal.export_check import verify_export
from sourcier.journal.models import Entry, Log
from tests.cities import City
from tests.journal.test_command import run

Write = Callable[..., Entry]


@pytest.fixture
def log(city: City, write: Write) -> Log:
    streams = [uuid4() for _ in range(3)]
    for number in range(12):
        write(stream=streams[number % 3], who=f"Boulangerie é {number}")
    erase(city.organisation.pk, [6], "fin de conservation")
    proofs.checkpoint(city.organisation.pk)
    return Log.objects.get(pk=city.organisation.pk)


@pytest.fixture
def file(log: Log, tmp_path: Path) -> Path:
    code, text = run("export", str(tmp_path / "journal.zip"))
    assert code == 0 and f"{log.size} écritures" in text
    return tmp_path / "journal.zip"


def test_an_export_verifies_without_the_database_and_says_what_was_not_compared(log: Log, file: Path) -> None:
    receipt = file.with_name("recu.tlog-proof")
    receipt.write_text(proofs.receipt(Entry.objects.get(log=log, index=log.size - 3)), encoding="utf-8")
    log_id, root, fingerprint = log.pk, proofs.root(log.pk, log.size).hex(), keys.fingerprint(log.pk)
    report = verify_export(file)
    assert (report.ok, report.log_id, report.size, report.root, report.erased) == (True, log_id, log.size, root, 1)
    code, text = run("verify", "--export", str(file), "--fingerprint", fingerprint, "--receipt", str(receipt))
    assert code == 0, text
    assert "Aucune altération détectée, jusqu'au point de contrôle du" in text and "Clé comparée" in text
    assert "C'est un export : ni les lignes de la base, ni les documents" in text
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_export_replaces_a_file_only_when_it_is_asked_to(log: Log, file: Path) -> None:
    file.write_bytes(b"autre chose")
    with pytest.raises(CommandError, match="existe déjà"):
        run("export", str(file))
    assert file.read_bytes() == b"autre chose"
    assert run("export", str(file), "--force")[0] == 0 and verify_export(file).ok


def test_any_byte_changed_in_what_is_proven_is_found(log: Log, file: Path) -> None:
    chance = random.Random(1)
    with ZipFile(file) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    for number in range(120):
        name = chance.choice(["entries/000000000.jsonl", "payloads/000000000.jsonl", "checkpoints/000000000.jsonl"])
        content = contents[name]
        place = chance.randrange(len(content))
        lines = content.split(b"\n")[:-1]
        line = chance.randrange(len(lines))
        altered = [
            content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :],
            content[:place],
            content[: place + 1] + b"x" + content[place + 1 :],
            b"\n".join([*lines[:line], *lines[line + 1 :], b""]),
            b"\n".join([*lines, lines[line], b""]),
        ][number % 5]
        if name.startswith("checkpoints") and number % 5 > 2:
            continue  # without its only checkpoint a journal says so, and one given twice is the same
        forged = file.with_name("forged.zip")
        with ZipFile(forged, "w") as archive:
            for each, kept in contents.items():
                archive.writestr(each, altered if each == name else kept)
        report = verify_export(forged)
        moved = report.checkpoint is None or report.checkpoint.at != verify_export(file).checkpoint.at  # type: ignore[union-attr]
        assert not report.ok or (name.startswith("checkpoints") and moved), (name, number % 5, place)


def test_a_salt_written_in_capitals_is_found(file: Path) -> None:
    with ZipFile(file) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    start, salt, rest = contents["payloads/000000000.jsonl"].partition(b'"salt":"')
    contents["payloads/000000000.jsonl"] = start + salt + rest[:32].upper() + rest[32:]
    with ZipFile(file, "w") as archive:
        for name, kept in contents.items():
            archive.writestr(name, kept)
    assert [problem.code for problem in verify_export(file).problems] == ["payload_missing"]


def test_several_processes_read_an_export_as_one_does(log: Log, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = verify_export(file)
    monkeypatch.setattr(walk, "BLOCK", 4)
    monkeypatch.setattr(crew, "WORTH", 1)
    assert verify_export(file, processes=2) == alone


def test_an_export_of_several_parts_verifies(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (exported, walk):
        monkeypatch.setattr(module, "BLOCK", 4)
    proofs.checkpoint(log.pk, public=True)
    run("export", str(tmp_path / "parts.zip"))
    report = verify_export(tmp_path / "parts.zip")
    assert report.ok and report.checkpoints == 2 and report.size == log.size


def test_what_is_no_export_and_a_journal_that_lost_an_entry_are_told(log: Log, file: Path, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK")
    with ZipFile(tmp_path / "y.zip", "w") as archive:
        archive.writestr("journal.json", "[]")
    for name in ("x.zip", "y.zip", "absent.zip"):
        with pytest.raises(CommandError, match="n'est pas un export de journal"):
            run("verify", "--export", str(tmp_path / name))
    with ZipFile(file, "a") as archive:
        archive.writestr("note.txt", "ajout")
    assert [problem.code for problem in verify_export(file).problems] == ["file_extra"]
    Log.objects.filter(pk=log.pk).update(size=log.size + 1)
    with pytest.raises(CommandError, match="ne peut pas être exporté"):
        run("export", str(tmp_path / "z.zip"))
    assert not (tmp_path / "z.zip").exists()
