"""Copies of the whole database: SQLite's online backup, PostgreSQL's pg_dump and pg_restore."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from django.conf import settings
from django.db import connection


class CopyFailed(RuntimeError):
    """The copy was not made, or not put back; a French sentence says why."""


def file_name() -> str:
    """Name of the copy in a backup."""
    return "database.sqlite3" if connection.vendor == "sqlite" else "database.dump"


def is_empty() -> bool:
    """True when the database has no table yet."""
    with connection.cursor() as cursor:
        return not connection.introspection.table_names(cursor)


def fault() -> str:
    """What SQLite itself finds wrong with the database in use, else nothing; PostgreSQL looks after its own files."""
    if connection.vendor == "postgresql":
        return ""
    with connection.cursor() as cursor:
        answer = str(cursor.execute("PRAGMA quick_check(1)").fetchone()[0])
    return "" if answer == "ok" else answer


def dump(target: Path) -> None:
    """Write a consistent copy of the database while it is in use. Raises `CopyFailed`."""
    if connection.vendor == "postgresql":
        _postgresql("pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file", str(target))
        return
    connection.ensure_connection()
    with sqlite3.connect(target) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    copy.close()


def check(copy: Path) -> None:
    """Refuse a copy that the database's own tools find damaged. Raises `CopyFailed`."""
    if connection.vendor == "postgresql":
        _run("pg_restore", "--list", str(copy))
        return
    database = sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)
    try:
        answer = database.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        answer = str(error)
    finally:
        database.close()
    if answer != "ok":
        raise CopyFailed(f"La copie de la base est abîmée : {answer}")


def set_aside(stamp: str) -> Path | None:
    """Keep the present database beside its place; None when it holds nothing. Raises `CopyFailed` while a server uses it."""
    empty = is_empty()
    if connection.vendor == "postgresql":
        if empty:
            return None
        aside = Path(settings.VAR) / f"database.{stamp}.dump"
        dump(aside)
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
        return aside
    connection.close()
    file = Path(connection.settings_dict["NAME"])
    _alone(file)
    if empty:
        file.unlink()
        return None
    aside = file.with_name(f"{file.name}.{stamp}")
    file.rename(aside)
    return aside


def _alone(file: Path) -> None:
    """Fold the write-ahead log into the file, which SQLite does only for who is alone with it."""
    database = sqlite3.connect(file, timeout=1)
    try:
        mode = database.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.OperationalError:
        mode = "locked"
    finally:
        database.close()
    if mode != "delete":
        raise CopyFailed("La base est ouverte par un autre programme : arrêtez « sourcier serve » et recommencez.")


def load(copy: Path) -> None:
    """Put a copy in the place of the database, which was set aside. Raises `CopyFailed`."""
    if connection.vendor == "postgresql":
        # --clean, since a dump may create the schema that every database already has
        options = ("--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction")
        _postgresql("pg_restore", *options, f"--dbname={connection.settings_dict['NAME']}", str(copy))
        connection.close()
        return
    file = Path(connection.settings_dict["NAME"])
    fresh = file.with_name(f".{file.name}.new")
    shutil.copyfile(copy, fresh)
    with fresh.open("rb+") as written:
        os.fsync(written.fileno())
    fresh.replace(file)


def put_back(aside: Path) -> None:
    """Undo `set_aside` after a failure."""
    if connection.vendor == "postgresql":
        load(aside)
    else:
        aside.replace(Path(connection.settings_dict["NAME"]))


def _postgresql(program: str, *arguments: str) -> None:
    known = connection.settings_dict
    variables = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    _run(program, *arguments, **{name: str(known[key]) for name, key in variables.items() if known.get(key)})


def _run(program: str, *arguments: str, **variables: str) -> None:
    path = shutil.which(program)
    if not path:
        raise CopyFailed(f"{program} est introuvable : installez le client PostgreSQL de la même version que le serveur.")
    done = subprocess.run([path, *arguments], env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CopyFailed(f"{program} a échoué : {done.stderr.strip()[-500:]}")
