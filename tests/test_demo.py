"""The demonstration, as a newcomer runs it: real server, real worker, real mail, a dossier that verifies."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from re import findall

import pytest

from sourcier.project.demo.smtp_sink import messages_in
from tests.demonstration import DEMONSTRATION_PORT, Demonstration, sourcier

pytestmark = pytest.mark.skipif(bool(os.environ.get("SOURCIER_DATABASE_URL")), reason="the demonstration has its own SQLite")


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


def test_the_city_has_set_its_three_lanes_and_each_purchase_says_its_own(demonstration: Demonstration) -> None:
    with closing(sqlite3.connect(demonstration.folder / "sourcier.sqlite3")) as database:
        lanes = database.execute("SELECT lane FROM needs_lanerule WHERE ended_at IS NULL").fetchall()
        led = database.execute("SELECT json_extract(lane_choice, '$.sentence') FROM needs_need WHERE lane_choice IS NOT NULL")
        sentences = [row[0] for row in led]
    assert sorted(lanes) == [("alone",), ("glance",), ("led",)]
    assert len(sentences) == 3 and not [said for said in sentences if "n'a réglé" in said]


def test_the_links_of_the_messages_lead_to_the_port_that_serves_them(demonstration: Demonstration) -> None:
    bodies = [message.get_body(("plain",)) for message in messages_in(demonstration.folder / "mail")]
    links = [link for body in bodies if body for link in findall(r"http://[^/\s]+", body.get_content())]
    assert links and set(links) == {f"http://127.0.0.1:{DEMONSTRATION_PORT}"}
