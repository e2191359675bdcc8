"""`sourcier serve`: the site and its background work, in the foreground."""

import os
import signal
import socket
import sys
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from sourcier.project.supervisor import Child, Supervisor


class Command(BaseCommand):
    help = "Sert le site et fait le travail de fond, jusqu'à SIGINT ou SIGTERM."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="adresse d'écoute (127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port d'écoute (8000)")
        parser.add_argument("--threads", type=int, default=4, help="requêtes servies en même temps (4)")

    def handle(self, *args: Any, **options: Any) -> None:
        self.check_database()
        self.check_port(options["host"], options["port"])
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        # Without a public address, the links of the messages lead to this very server.
        os.environ.setdefault("SOURCIER_URL", f"http://127.0.0.1:{options['port']}")
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write(f"Sourcier : http://{options['host']}:{options['port']} (Ctrl+C pour arrêter)")
        children = [web(**options), worker(), *([mailbox()] if settings.MAIL_LISTEN and settings.REPLY_TO else [])]
        code = Supervisor(children, stop).run()
        if code:
            raise CommandError("Le serveur s'arrête à chaque départ. La raison est dans les messages au-dessus.")

    @staticmethod
    def check_database() -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("La base n'est pas à jour. Lancez d'abord : sourcier migrate")
        connection.close()

    @staticmethod
    def check_port(host: str, port: int) -> None:
        """Two servers can share a port and each its SQLite: the second must not start."""
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                raise CommandError(
                    f"Le port {port} n'est pas libre ({error.strerror}). Choisissez-en un autre : --port."
                ) from None


def web(*, host: str, port: int, threads: int, **_: Any) -> Child:
    """One process (SQLite wants one writer), several threads; no access log, since paths may hold a secret."""
    return Child(
        "web",
        [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
            "--workers", "1", "--blocking-threads", str(threads), "--no-ws", "--log-level", "warning",
            "--workers-kill-timeout", "10", "sourcier.project.wsgi:application",
        ],
    )  # fmt: skip


def worker() -> Child:
    """The `sourcier worker` of this installation."""
    return Child("worker", [sys.executable, "-m", "django", "worker", "--settings", "sourcier.project.settings"])


def mailbox() -> Child:
    """The `sourcier mailbox serve` of this installation."""
    return Child("mailbox", [sys.executable, "-m", "django", "mailbox", "serve", "--settings", "sourcier.project.settings"])
