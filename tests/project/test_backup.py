"""What is saved comes back whole; a damaged, foreign or older backup says so; nothing is lost on the way."""

import json
import shutil
import stat
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings

from sourcier.accounts.models import Organisation
from sourcier.journal import keys, proofs
from sourcier.journal.actions import append
from sourcier.journal.models import Entry, Log
from sourcier.project.backup import SETTINGS
from sourcier.quotes.actions import answer as answering
from sourcier.quotes.models import Submission
from sourcier.vault.actions import store_bytes
from sourcier.vault.queries import file_facts, path_of
from tests.cities import make_city
from tests.pg_client import use_the_servers_own_client
from tests.quotes.requests import BEFORE, answer, make_request, opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Path]:
    """An installation of its own, with one city and one file; on PostgreSQL, the client of the server's version."""
    use_the_servers_own_client(monkeypatch)
    var = tmp_path / "var"
    var.mkdir()
    with override_settings(VAR=var, VAULT=var / "vault", KEYS=var / "keys"):
        make_city()
        (var / "vault" / "ab").mkdir(parents=True)
        (var / "vault" / "ab" / "devis.pdf").write_bytes(b"%PDF devis")
        (var / "keys" / "secret_key").write_text("secret")
        yield var


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the backup goes."""
    return tmp_path / "sauvegarde"


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


def write_on() -> Entry:
    with transaction.atomic():
        return append(Log.objects.get().pk, None, "organisation.created", {"name": "encore"})


def verify(*arguments: str) -> tuple[bool, set[str]]:
    """Verdict and codes of `journal verify`."""
    out = StringIO()
    with suppress(SystemExit):
        call_command("journal", "verify", "--json", *arguments, stdout=out)
    problems = {problem["code"] for log in json.loads(out.getvalue())["logs"] for problem in log["problems"]}
    return not problems, problems


def test_a_backup_holds_database_files_checkpoints_sums_and_the_keys_apart(folder: Path) -> None:
    text = run("backup", str(folder))
    assert "Sauvegarde faite" in text
    assert "Rangez keys.tar ailleurs" in text
    names = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    database = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}[connection.vendor]
    assert names == {
        "SHA256SUMS", "backup.json", "keys.tar", database, "vault/ab/devis.pdf", "checkpoints/sourcier_rosny.txt",
    }  # fmt: skip
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "keys.tar").stat().st_mode) == 0o600
    (folder / "keys.tar").rename(folder.parent / "keys.tar")
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=folder, check=True)
    log = Log.objects.get()
    assert (folder / "checkpoints/sourcier_rosny.txt").read_text() == proofs.checkpoint(log.pk).text
    with tarfile.open(folder.parent / "keys.tar") as tar:
        assert set(tar.getnames()) == {"secret_key", f"journal/{log.pk.hex}.key", SETTINGS}


def test_a_restored_installation_has_everything_and_keeps_what_it_replaced(folder: Path, installation: Path) -> None:
    size, own = Log.objects.get().size, keys.fingerprint(Log.objects.get().pk)
    run("backup", str(folder))
    write_on()
    Organisation.objects.update(name="Ville changée")
    (installation / "vault/ab/devis.pdf").write_bytes(b"other")
    (installation / "vault/later.pdf").write_bytes(b"later")
    with pytest.raises(CommandError, match="n'est pas vide"):
        run("restore", str(folder))
    text = run("restore", str(folder), "--force")
    assert "remise en place" in text
    log = Log.objects.get()
    assert (log.size, Organisation.objects.get().name) == (size, "Ville de Rosny")
    assert keys.fingerprint(log.pk) == own
    assert (installation / "vault/ab/devis.pdf").read_bytes() == b"%PDF devis"
    assert not (installation / "vault/later.pdf").exists()
    assert stat.S_IMODE(keys.key_file(log.pk).stat().st_mode) == 0o600
    aside = {line.removeprefix("Gardé à côté : ") for line in text.splitlines() if line.startswith("Gardé")}
    assert len(aside) == 3
    assert all(Path(path).exists() for path in aside)
    assert any((Path(path) / "later.pdf").exists() for path in aside)
    assert verify() == (False, {"tail_missing"}), "what was written since the backup is lost, and it is said"
    [kept] = installation.glob("checkpoints.remplace-*")
    shutil.rmtree(kept)
    assert verify() == (True, set())
    assert write_on().index == size


def test_a_sealed_quote_survives_the_loss_of_the_machine(
    folder: Path, installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCIER_FROM", "achats de la ville@rosny.example")
    request = make_request(make_city("raincy", 7))
    invitation = request.invite()
    draft = answering.draft(invitation)
    answering.add_document(draft, SimpleUploadedFile("devis.txt", b"Mon devis"))
    answering.submit(invitation, answer(request, note="Livré avant 6 h 45."), draft=draft, received_at=BEFORE)
    before = verify()
    run("backup", str(folder))
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM quotes_submission")
        assert "Livré" not in repr(cursor.fetchall())
    for name in ("vault", "keys"):
        shutil.rmtree(installation / name)
    text = run("restore", str(folder), "--force")
    assert "SOURCIER_FROM='achats de la ville@rosny.example'" in (installation / "keys" / SETTINGS).read_text()
    assert str(installation / "keys" / SETTINGS) in text
    assert verify() == before
    opened(request)
    sent = Submission.objects.get()
    assert sent.note == "Livré avant 6 h 45."
    assert path_of(sent.documents.get().file).read_bytes() == b"Mon devis"
    assert verify()[1] - {"time"} == before[1], "the tests opened it in September"


def test_after_a_restore_the_missing_tail_is_told_from_its_checkpoint(folder: Path, tmp_path: Path) -> None:
    run("backup", str(folder))
    kept = Log.objects.get().size
    write_on()
    receipt = tmp_path / "recu.tlog-proof"
    receipt.write_text(proofs.receipt(write_on()), encoding="utf-8")
    text = run("restore", str(folder), "--force")
    assert "Le journal remplacé allait plus loin que la sauvegarde" in text
    expected = next(line.rpartition("--expect ")[2] for line in text.splitlines() if "--expect" in line)
    assert verify() == (False, {"tail_missing"})
    assert Path(expected).parent.name.startswith("checkpoints.remplace-")
    assert verify("--receipt", str(receipt)) == (False, {"tail_missing", "receipt_missing"})
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("journal", "verify", stdout=out)
    assert f"s'arrête après le point de contrôle à {kept} écritures ; manque : n° {kept} à {kept + 1}." in out.getvalue()


def test_a_file_that_the_backup_did_not_have_is_told_after_the_restore(folder: Path, installation: Path) -> None:
    """Its sums are right: only the entry that cites the file tells that it should be there."""
    log = Log.objects.get()
    kept = store_bytes(log.pk, b"Bonjour", "devis.txt")
    with transaction.atomic():
        append(log.pk, None, "organisation.created", {"name": "devis", "file": file_facts(kept)}, rows=[kept])
    assert verify() == (True, set())
    (installation / "vault" / kept.path).unlink()
    run("backup", str(folder))
    run("restore", str(folder), "--force")
    assert verify() == (False, {"document_missing"})


def test_keys_kept_elsewhere_are_given_apart_or_left_as_they_are(folder: Path, tmp_path: Path) -> None:
    run("backup", str(folder))
    elsewhere = tmp_path / "coffre.tar"
    (folder / "keys.tar").rename(elsewhere)
    own = keys.key_file(Log.objects.get().pk).read_bytes()
    assert "celles de l'installation sont restées" in run("restore", str(folder), "--force")
    assert keys.key_file(Log.objects.get().pk).read_bytes() == own
    shutil.rmtree(settings.KEYS)
    run("restore", str(folder), "--force", "--keys", str(elsewhere))
    assert keys.key_file(Log.objects.get().pk).read_bytes() == own
    elsewhere.write_bytes(b"other")
    with pytest.raises(CommandError, match="n'est pas celle de cette sauvegarde"):
        run("restore", str(folder), "--force", "--keys", str(elsewhere))
    with pytest.raises(CommandError, match="ne peut pas être lue"):
        run("restore", str(folder), "--force", "--keys", str(tmp_path / "absent"))


def damage(folder: Path) -> list[tuple[str, Callable[[], object]]]:
    file = folder / "vault/ab/devis.pdf"
    return [
        ("est abîmé : vault/ab/devis.pdf", lambda: file.write_bytes(b"%PDF autre")),
        ("Il manque un fichier à la sauvegarde : vault/ab/devis.pdf", file.unlink),
        ("un fichier de trop : intrus", lambda: (folder / "intrus").touch()),
        ("manque ou est illisible", (folder / "SHA256SUMS").unlink),
        ("un fichier de trop : ../var", lambda: (folder / "SHA256SUMS").write_text("00  ../var\n")),
    ]


@pytest.mark.parametrize("which", range(5))
def test_a_damaged_backup_is_refused_and_nothing_changes(folder: Path, which: int) -> None:
    run("backup", str(folder))
    size = write_on().index + 1
    sentence, spoil = damage(folder)[which]
    spoil()
    with pytest.raises(CommandError, match=sentence):
        run("restore", str(folder), "--force")
    assert Log.objects.get().size == size


def test_a_restore_that_fails_half_way_puts_everything_back(
    folder: Path, installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("backup", str(folder))
    size = write_on().index + 1
    rename = Path.rename

    def full_disk(self: Path, target: Path) -> Path:
        if self.name == ".keys.new":
            raise OSError("disque plein")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full_disk)
    with pytest.raises(CommandError, match="rien n'est changé"):
        run("restore", str(folder), "--force")
    assert Log.objects.get().size == size
    assert (installation / "vault/ab/devis.pdf").exists()
    assert keys.key_file(Log.objects.get().pk).exists()
    assert proofs.checkpoint(Log.objects.get().pk).size == size


def test_a_backup_never_writes_over_something(folder: Path) -> None:
    folder.mkdir()
    (folder / "photo.jpg").touch()
    with pytest.raises(CommandError, match="n'est pas un dossier vide"):
        run("backup", str(folder))
    assert [file.name for file in folder.parent.iterdir() if "sauvegarde" in file.name] == ["sauvegarde"]
    (folder / "photo.jpg").unlink()
    run("backup", str(folder))
    assert (folder / "SHA256SUMS").exists()


def test_a_journal_that_cannot_sign_is_saved_all_the_same_and_said(folder: Path) -> None:
    keys.key_file(Log.objects.get().pk).unlink()
    text = run("backup", str(folder))
    assert "La clé du journal est absente" in text
    assert json.loads((folder / "backup.json").read_text())["logs"][0]["checkpoint"] is None


def test_a_backup_of_the_other_database_is_refused(folder: Path) -> None:
    run("backup", str(folder))
    described = json.loads((folder / "backup.json").read_text())
    for change, sentence in [({"vendor": "oracle"}, "vient de oracle"), ({"format": 9}, "autre version")]:
        (folder / "backup.json").write_text(json.dumps({**described, **change}))
        digest = subprocess.run(["sha256sum", "backup.json"], cwd=folder, capture_output=True, text=True, check=True).stdout
        lines = (folder / "SHA256SUMS").read_text().splitlines()
        sums = "\n".join(digest.strip() if line.endswith("backup.json") else line for line in lines)
        (folder / "SHA256SUMS").write_text(sums + "\n")
        with pytest.raises(CommandError, match=sentence):
            run("restore", str(folder), "--force")


def test_a_database_in_use_is_not_replaced(folder: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL replaces the tables in one transaction")
    run("backup", str(folder))
    size = Log.objects.get().size
    server = connection.copy()
    try:
        with server.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM journal_entry")
        with pytest.raises(CommandError, match="arrêtez « sourcier serve »"):
            run("restore", str(folder), "--force")
    finally:
        server.close()
    assert Log.objects.get().size == size


def test_postgresql_without_its_client_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite needs no client")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CommandError, match="pg_dump est introuvable"):
        run("backup", str(folder))
    assert not folder.exists()
