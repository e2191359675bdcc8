"""A disk that is full, or where nothing can be written any more: each firm reads that nothing was kept."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.faults.crowd import Crowd, crowd, prepare

pytestmark = pytest.mark.django_db(transaction=True)
SIZE = 24_000_000
NOT_KEPT = ("Cet envoi n'a", "n'a pas été gardé")


class Disk:
    """A small one, in memory, for the vault; with the database, when it is a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.filler = folder / "filler"
        self.kept_open: sqlite3.Connection | None = None

    def vault(self) -> dict[str, str]:
        return {"SOURCIER_VAULT": str(self.folder / "vault")}

    def all(self) -> dict[str, str]:
        if connection.vendor != "sqlite":
            return self.vault()
        database = self.folder / "sourcier.sqlite3"
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as source:
            self.kept_open = sqlite3.connect(database)  # as the worker of an installation does
            source.backup(self.kept_open)
        self.kept_open.execute("PRAGMA journal_mode=WAL").fetchall()
        return {**self.vault(), "DATABASE": str(database)}

    def fill(self) -> None:
        with self.filler.open("wb", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)):
                    pass
            except OSError:
                return

    def empty(self) -> None:
        self.filler.unlink()

    def remount(self, how: str) -> None:
        if self.kept_open:
            self.kept_open.close()
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "sourcier-tests", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount")
    if done.returncode:
        pytest.skip(f"a disk cannot be mounted here: {done.stderr.strip()}")
    disk = Disk(folder)
    yield disk
    if disk.kept_open:
        disk.kept_open.close()
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def while_faulty(answering: Crowd, firms: list[dict[str, Any]]) -> None:
    """Nobody is told that he was received, nobody was; what could be shown says that nothing was kept."""
    told = answering.ask({"firms": firms, "acts": ["answer"]})
    assert len(told) == len(firms)
    assert not [read for read in told if "number" in read]
    assert {read["status"] for read in told} <= {400, 503}
    assert all(any(words in unescape(read["said"]) for words in NOT_KEPT) for read in told if read["act"] == "answer")


def afterwards(answering: Crowd, firms: list[dict[str, Any]], kept: int) -> None:
    """Only the first ones had answered; now everybody can, and the journal is whole."""
    assert answering.answered() == {firm["author"] for firm in firms[:kept]}
    answering.carry_out({"firms": firms[kept:]})
    assert answering.faults() == []
    assert answering.answered() == {firm["author"] for firm in firms}


def test_on_a_full_disk_nobody_is_told_that_he_was_received(disk: Disk, tmp_path: Path) -> None:
    firms = prepare(6, timezone.now() + timedelta(days=1))
    with crowd(tmp_path, **disk.all()) as answering:
        answering.carry_out({"firms": firms[:2]})
        disk.fill()
        while_faulty(answering, firms[2:])
        disk.empty()
        afterwards(answering, firms, 2)


@pytest.mark.parametrize("what", ["vault", "all"])
def test_on_a_disk_that_went_read_only_nobody_is_told_that_he_was_received(disk: Disk, tmp_path: Path, what: str) -> None:
    firms = prepare(6, timezone.now() + timedelta(days=1))
    with crowd(tmp_path, **getattr(disk, what)()) as answering:
        answering.carry_out({"firms": firms[:2]})
        disk.remount("ro")
        while_faulty(answering, firms[2:])
        disk.remount("rw")
        afterwards(answering, firms, 2)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="a SQLite file is read-only when its disk is")
def test_while_the_server_of_the_database_is_read_only_nobody_is_told_that_he_was_received(tmp_path: Path) -> None:
    """A standby server, or one that an administrator holds."""
    firms = prepare(6, timezone.now() + timedelta(days=1))
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with crowd(tmp_path) as answering, connection.cursor() as cursor:
        answering.carry_out({"firms": firms[:2]})
        cursor.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        while_faulty(answering, firms[2:])
        cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        afterwards(answering, firms, 2)
