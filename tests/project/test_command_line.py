"""What an installer gets wrong is said in a French sentence, without a traceback; the exit code is 1."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("SOURCIER_DATABASE_URL")), reason="installations of these tests have their own SQLite"
)


def sourcier(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SOURCIER_", "DJANGO_"))}
    environment = {**kept, "SOURCIER_VAR": str(folder), **variables}
    command = [sys.executable, "-m", "sourcier.project.cli", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SOURCIER_DATABASE_URL", "mysql://x", "SOURCIER_DATABASE_URL ne se lit pas"),
        ("SOURCIER_SMTP_PORT", "abc", "SOURCIER_SMTP_PORT doit être un numéro de port"),
        ("SOURCIER_VAR", "/dev/null/var", "Donnez-en un autre à SOURCIER_VAR"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, variable: str, value: str, said: str) -> None:
    answer = sourcier(tmp_path, "doctor", **{variable: value})
    assert answer.returncode == 1
    assert said in answer.stderr and "Traceback" not in answer.stderr


def test_a_database_without_tables_sends_to_the_doctor(tmp_path: Path) -> None:
    answer = sourcier(tmp_path, "journal", "verify")
    assert (answer.returncode, answer.stderr.count("sourcier doctor")) == (1, 1)
    assert "Traceback" not in answer.stderr


def test_a_folder_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    answer = sourcier(tmp_path, "backup", "/dev/null/sauvegarde")
    assert answer.returncode == 1
    assert "/dev/null" in answer.stderr and "Traceback" not in answer.stderr


def test_a_damaged_database_is_not_taken_for_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "sourcier.sqlite3").write_bytes(b"not a database " * 1000)
    answer = sourcier(tmp_path, "doctor")
    assert answer.returncode == 1
    assert "le fichier est abîmé" in answer.stdout and "sourcier restore" in answer.stdout
