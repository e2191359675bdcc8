"""A scene is played by the real actions once in a process, then put back as it was left: rows, files, messages.

`@played_once` marks the functions that make a scene of an organisation. It replays only onto the very state on which the scene
was first played; after any other write of the test, the scene is simply played again.
"""

import inspect
import pickle
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import time_machine
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

Rows = dict[str, dict[Any, tuple[Any, ...]]]
P = ParamSpec("P")
T = TypeVar("T")
FOLDERS = ("KEYS", "VAULT")
WRITES = ("INSERT", "UPDATE", "DELETE")
# It was played a little before the test begins, by the test's clock; its deadlines are days ahead.
BEFORE, STALE_AFTER = timedelta(minutes=1), timedelta(hours=1)


@dataclass(eq=False)
class Scene:
    """What playing it changed, and a pickle of what it returned."""

    ended: datetime
    gone: dict[str, list[Any]]
    new: dict[str, list[tuple[Any, ...]]]
    files: dict[tuple[str, str], tuple[int, bytes]]
    messages: list[Any]
    made: bytes


@dataclass
class Stage:
    """What the database of this test holds: the scenes in order, or None once the test has written anything itself.

    `known`: the same scene as it was played at the times of several tests, on each of those that it may stand on.
    """

    holds: tuple[Scene, ...] | None = None
    clock: time_machine.Traveller | None = None
    known: dict[Any, list[Scene]] = field(default_factory=lambda: defaultdict(list))


STAGE = Stage()


@contextmanager
def empty_stage() -> Iterator[None]:
    """The time of one test, whose database begins empty."""
    STAGE.holds = ()
    with connection.execute_wrapper(_watch):
        yield
    STAGE.holds = None


def _watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if sql.startswith(WRITES):
        STAGE.holds = None
    return execute(sql, params, many, context)


def played_once(play: Callable[P, T]) -> Callable[P, T]:
    """Play the scene, or put it back."""
    signature = inspect.signature(play)

    @wraps(play)
    def played(*args: P.args, **kwargs: P.kwargs) -> T:
        if STAGE.holds is None:
            return play(*args, **kwargs)
        holds, given = STAGE.holds, signature.bind(*args, **kwargs)
        given.apply_defaults()
        known = STAGE.known[holds, play.__qualname__, repr(given), settings.REGISTER]
        if scene := next((scene for scene in known if _is_just_over(scene)), None):
            _put_back(scene)
        else:
            scene = _record(lambda: play(*args, **kwargs))
            known.append(scene)
        STAGE.holds = (*holds, scene)
        made: T = pickle.loads(scene.made)  # noqa: S301 - our own
        return made

    return played


def _is_just_over(scene: Scene) -> bool:
    """The clock of a scene that begins with another one, which a test has seen already, goes on from the end of that one."""
    now = timezone.now()
    if STAGE.clock and now < scene.ended < now + BEFORE:
        STAGE.clock.move_to(scene.ended)
    return scene.ended <= timezone.now() < scene.ended + STALE_AFTER


def _record(play: Callable[[], Any]) -> Scene:
    rows, files, messages = _rows(), _files(), len(_outbox())
    with _a_little_before():
        made = pickle.dumps(play())
        ended = timezone.now()
    after = _rows()
    return Scene(
        ended=ended,
        gone={table: [key for key, row in kept.items() if after[table].get(key) != row] for table, kept in rows.items()},
        new={table: [row for key, row in kept.items() if rows[table].get(key) != row] for table, kept in after.items()},
        files={where: (_path(where).stat().st_mode, _path(where).read_bytes()) for where in _files() - files},
        messages=_outbox()[messages:],
        made=made,
    )


@contextmanager
def _a_little_before() -> Iterator[None]:
    """The clock of a scene; that of a scene within another is the outer one's."""
    if STAGE.clock:
        yield
        return
    try:
        with time_machine.travel(timezone.now() - BEFORE, tick=True) as STAGE.clock:
            yield
    finally:
        STAGE.clock = None


def _put_back(scene: Scene) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table, keys in scene.gone.items():
            if keys:
                cursor.executemany(f"DELETE FROM {table} WHERE {_keys()[table]} = %s", [(key,) for key in keys])  # noqa: S608
        for table, rows in scene.new.items():
            if rows:
                marks = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
    for where, (mode, data) in scene.files.items():
        _path(where).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _path(where).write_bytes(data)
        _path(where).chmod(mode)
    _outbox().extend(scene.messages)


@cache
def _keys() -> dict[str, str]:
    """The column of the primary key of each table."""
    return {model._meta.db_table: model._meta.pk.column for model in apps.get_models(include_auto_created=True)}


def _rows() -> Rows:
    """All that the database holds. Moments as text: what SQLite's driver reads, it does not write."""
    held: Rows = {}
    with connection.cursor() as cursor:
        for table, key in _keys().items():
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            place = [column[0] for column in cursor.description].index(key)
            rows = (tuple(str(value) if isinstance(value, date) else value for value in row) for row in cursor)
            held[table] = {row[place]: row for row in rows}
    return held


def _files() -> set[tuple[str, str]]:
    found = set()
    for folder in FOLDERS:
        root = Path(getattr(settings, folder))
        found |= {(folder, str(file.relative_to(root))) for file in root.rglob("*") if file.is_file()}
    return found


def _path(where: tuple[str, str]) -> Path:
    folder, name = where
    return Path(getattr(settings, folder), name)


def _outbox() -> list[Any]:
    messages: list[Any] = getattr(mail, "outbox", [])
    return messages
