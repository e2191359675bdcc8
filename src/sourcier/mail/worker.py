"""The background process: wake-ups as they come, and a tick every few seconds. Nothing it does is lost when it is killed."""

import logging
import threading
import time
from collections.abc import Callable

from django.db import OperationalError, close_old_connections, connection
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker as TaskRunner
from django_tasks_db.models import DBTaskResult

from sourcier.mail.due import run_due

logger = logging.getLogger(__name__)
QUEUES = ["*"]


class Worker:
    """Runs until `stop` is set; the work in hand is finished first."""

    def __init__(self, stop: threading.Event, *, poll: float = 1.0, tick: float = 10.0) -> None:
        self.stop = stop
        self.poll = poll
        self.tick = tick
        self.id = get_random_string(32)
        self._next_tick = 0.0

    def run(self) -> None:
        while not self.stop.is_set():
            self.step(self.run_tasks)
            if time.monotonic() >= self._next_tick:
                self.step(self.run_tick)
                self._next_tick = time.monotonic() + self.tick
            self.stop.wait(self.poll)
        connection.close()

    def step(self, work: Callable[[], None]) -> None:
        """Do one thing; a database that stays locked, or was cut, is tried again at the next turn."""
        try:
            close_old_connections()
            work()
        except OperationalError as error:
            logger.warning("database unavailable (%s), trying again", type(error).__name__)
            connection.close()

    def run_tasks(self) -> None:
        """One task at a time, to see the order to stop, and the hour of the next tick, between two."""
        while not self.stop.is_set() and DBTaskResult.objects.ready().exists():
            TaskRunner(
                queue_names=QUEUES, interval=0, batch=True, backend_name="default", startup_delay=False,
                max_tasks=1, worker_id=self.id, excluded_queue_names=[],
            ).run()  # fmt: skip
            if time.monotonic() >= self._next_tick:
                return

    def run_tick(self) -> None:
        run_due(timezone.now())
