"""The demonstration, as a newcomer runs it: real server, real worker, real mail, a dossier that verifies."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(bool(os.environ.get("SOURCIER_DATABASE_URL")), reason="the demonstration has its own SQLite")


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SOURCIER_", "DJANGO_"))}
    environment["SOURCIER_DEMO"] = str(folder)
    command = [sys.executable, "-m", "sourcier.project.cli", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_bread_goes_from_a_sentence_to_a_dossier_that_verifies(tmp_path: Path) -> None:
    played = run(tmp_path, "demo")
    assert played.returncode == 0, played.stdout + played.stderr
    assert "aucune altération détectée" in played.stdout
    verified = run(tmp_path, "dossier", "verify", str(tmp_path / "dossier.zip"), "--json")
    assert verified.returncode == 0 and json.loads(verified.stdout) == {"ok": True, "problems": []}
    spoiled = bytearray((tmp_path / "dossier.zip").read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    (tmp_path / "spoiled.zip").write_bytes(spoiled)
    refused = run(tmp_path, "dossier", "verify", str(tmp_path / "spoiled.zip"), "--json")
    assert refused.returncode == 1 and json.loads(refused.stdout)["ok"] is False
