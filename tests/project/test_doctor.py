"""`sourcier doctor` on real installations, each spoiled in one way."""

import json
import os
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


def test_a_key_that_others_can_read_is_named_with_its_remedy(tmp_path: Path) -> None:
    sourcier(tmp_path, "migrate", "--verbosity", "0")
    (tmp_path / "keys" / "secret_key").chmod(0o644)
    found = {each["name"]: each for each in json.loads(sourcier(tmp_path, "doctor", "--json").stdout)}
    assert found["Base de données"]["ok"]
    assert not found["Droits des clés"]["ok"] and "chmod 600" in found["Droits des clés"]["remedy"]


def test_a_mail_server_that_does_not_answer_is_said_without_alarm_for_the_messages(tmp_path: Path) -> None:
    found = {each["name"]: each for each in json.loads(sourcier(tmp_path, "doctor", "--json").stdout)}
    assert not found["Serveur de courriel"]["ok"] and "rien n'est perdu" in found["Serveur de courriel"]["remedy"]
