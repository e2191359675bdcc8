"""`sourcier worker`: background work, until SIGINT or SIGTERM."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from sourcier.mail.worker import Worker


class Command(BaseCommand):
    help = "Fait le travail de fond (messages, dates limites, rappels), jusqu'à SIGINT ou SIGTERM."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--poll", type=float, default=1.0, help="secondes entre deux regards sur les tâches (1)")
        parser.add_argument("--tick", type=float, default=10.0, help="secondes entre deux passages de « tick » (10)")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        Worker(stop, poll=options["poll"], tick=options["tick"]).run()
