"""What must be done as time passes: each room registers its function, `sourcier tick` runs them."""

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from sourcier.mail.models import DueRun

logger = logging.getLogger(__name__)
Due = Callable[[datetime], int]


@dataclass(frozen=True, slots=True)
class _Task:
    function: Due
    every: timedelta
    atomic: bool


@dataclass(frozen=True, slots=True)
class Ran:
    """What a pass did: how many things, or None when another process was at it or it was too early; or the error's class."""

    name: str
    count: int | None
    error: str = ""


_TASKS: dict[str, _Task] = {}


def register_due(name: str, function: Due, *, every: timedelta = timedelta(0), atomic: bool = True) -> None:
    """Run `function(now)` at each tick, at most once per `every`; it returns how many things it did.

    `atomic` runs it in one transaction. Without it the function makes its own, one per thing: for what talks to the network or
    takes long, since a transaction keeps all other writers of SQLite waiting.
    """
    _TASKS[name] = _Task(function, every, atomic)


def run_due(now: datetime) -> list[Ran]:
    """One pass over every registered function. A failing one is logged, and does not keep the others from running."""
    return [_run(name, task, now) for name, task in _TASKS.items()]


def _run(name: str, task: _Task, now: datetime) -> Ran:
    try:
        if task.atomic:
            with transaction.atomic():
                count = task.function(now) if _claim(name, task, now) else None
        else:
            count = task.function(now) if _claim(name, task, now) else None
    except Exception as error:
        # The class and the place alone: an error's text may quote a person's data.
        last = traceback.extract_tb(error.__traceback__)[-1]
        logger.error("due %s failed: %s at %s:%s", name, type(error).__name__, last.filename, last.lineno)
        return Ran(name, None, type(error).__name__)
    return Ran(name, count)


def _claim(name: str, task: _Task, now: datetime) -> bool:
    """Take the turn: of two ticks at the same moment, one waits or gets nothing. False when it is too early."""
    DueRun.objects.get_or_create(name=name, defaults={"next_at": now})
    return bool(DueRun.objects.filter(name=name, next_at__lte=now).update(next_at=now + task.every, ran_at=now))
