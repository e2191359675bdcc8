"""The demonstration, as a newcomer runs it: real server, real worker, real mail, a dossier that verifies."""

import json
import os
from pathlib import Path

import pytest

from tests.demonstration import Demonstration, sourcier

pytestmark = [
    pytest.mark.skipif(bool(os.environ.get("SOURCIER_DATABASE_URL")), reason="the demonstration has its own SQLite"),
    pytest.mark.xdist_group("browser"),
]


def test_the_bread_goes_from_a_sentence_to_a_dossier_that_verifies(demonstration: Demonstration, tmp_path: Path) -> None:
    assert demonstration.played.returncode == 0, demonstration.played.stdout + demonstration.played.stderr
    assert "aucune altération détectée" in demonstration.played.stdout
    dossier = demonstration.folder / "dossier.zip"
    verified = sourcier(demonstration.folder, "dossier", "verify", str(dossier), "--json")
    assert verified.returncode == 0 and json.loads(verified.stdout) == {"ok": True, "problems": []}
    spoiled = bytearray(dossier.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    (tmp_path / "spoiled.zip").write_bytes(spoiled)
    refused = sourcier(demonstration.folder, "dossier", "verify", str(tmp_path / "spoiled.zip"), "--json")
    assert refused.returncode == 1 and json.loads(refused.stdout)["ok"] is False
