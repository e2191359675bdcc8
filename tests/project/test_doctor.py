"""`sourcier doctor` on real installations, each spoiled in one way."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("SOURCIER_DATABASE_URL")), reason="installations of these tests have their own SQLite"
)


def sourcier(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "SOURCIER_VAR": str(folder),
        "SOURCIER_SMTP_PORT": "9",
        "DJANGO_SETTINGS_MODULE": "sourcier.project.settings",
    }
    for name in ("SOURCIER_KEYS", "SOURCIER_VAULT", "SOURCIER_REGISTER"):
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, "-m", "sourcier.project.cli", *words], env=environment, capture_output=True, text=True, check=False
    )


def test_a_bare_folder_is_told_to_migrate_and_to_import_a_register(tmp_path: Path) -> None:
    said = sourcier(tmp_path, "doctor")
    assert said.returncode == 1
    assert "sourcier migrate" in said.stdout and "sourcier register import" in said.stdout


def test_a_key_that_others_can_read_is_named_with_its_remedy(tmp_path: Path, installation: Path) -> None:
    shutil.copytree(installation, tmp_path, dirs_exist_ok=True)
    (tmp_path / "keys" / "secret_key").chmod(0o644)
    found = {each["name"]: each for each in json.loads(sourcier(tmp_path, "doctor", "--json").stdout)}
    assert found["Base de données"]["ok"]
    assert not found["Droits des clés"]["ok"] and "chmod 600" in found["Droits des clés"]["remedy"]


def test_a_mail_server_that_does_not_answer_is_said_without_alarm_for_the_messages(tmp_path: Path) -> None:
    found = {each["name"]: each for each in json.loads(sourcier(tmp_path, "doctor", "--json").stdout)}
    assert not found["Serveur de courriel"]["ok"] and "rien n'est perdu" in found["Serveur de courriel"]["remedy"]


def test_who_attests_the_time_is_said_and_what_fails_is_no_alarm(
    tmp_path: Path, installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(installation, tmp_path, dirs_exist_ok=True)
    found = {each["name"]: each for each in json.loads(sourcier(tmp_path, "doctor", "--json").stdout)}
    assert (
        not found["Horodateur"]["ok"] and not found["Horodateur"]["grave"] and "SOURCIER_TSA" in found["Horodateur"]["remedy"]
    )
    created = sourcier(
        tmp_path, "city", "create", "--name", "Ville de Rosny", "--siret", "219 300 647 00019", "--address", "20 rue Claude",
        "--postal-code", "93110", "--commune", "Rosny", "--commune-code", "93064", "--lat", "48.871", "--lon", "2.486",
        "--admin-name", "Ada Morel", "--admin-email", "ada@ville.example",
    )  # fmt: skip
    assert created.returncode == 0, created.stderr
    monkeypatch.setenv("SOURCIER_TSA", "http://ville:secret@127.0.0.1:9/")
    sourcier(tmp_path, "tick")
    said = sourcier(tmp_path, "doctor", "--json").stdout
    (stamps,) = [each for each in json.loads(said) if each["name"].startswith("Horodatage de ")]
    assert not stamps["ok"] and not stamps["grave"]
    assert stamps["seen"] == "aucune heure attestée encore ; 127.0.0.1:9 n'est pas joignable."
    assert "secret" not in said


def test_an_address_of_no_authority_is_refused_without_repeating_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCIER_TSA", "https://tsa.example, ville:secret@tsa.example")
    said = sourcier(tmp_path, "doctor")
    assert said.returncode == 1
    assert "SOURCIER_TSA doit donner" in said.stdout + said.stderr and "secret" not in said.stdout + said.stderr
