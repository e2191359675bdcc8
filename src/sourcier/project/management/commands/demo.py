"""`sourcier demo`: a fictitious city, the bread scenario from the sentence to the verified dossier, then the site."""

import fcntl
import inspect
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.urls import reverse

from sourcier.dossier.offline import verifier
from sourcier.journal.keys import fingerprint
from sourcier.kernel.transitions import Refused
from sourcier.project.demo import city as demo_city
from sourcier.project.demo.bread import STEPS, Bread, DemoFailed, wait
from sourcier.project.demo.others import build_others
from sourcier.project.demo.smtp_sink import SmtpSink
from sourcier.project.demo.stock import write_stock
from sourcier.register.importing.run import import_stock

LOCK = "demo.lock"
EMPTY = "empty-{}.sqlite3"
KEPT = ("register", "stock", LOCK)


class Command(BaseCommand):
    help = "Joue la démonstration du pain, de la phrase au dossier vérifié, dans var/demo."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--serve", action="store_true", help="servir ensuite la ville de démonstration")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, serve: bool, port: int, **options: Any) -> None:
        self.started = time.monotonic()
        self.alone = only_one()
        mail_port, site_port = free_port(), free_port()
        # The site and its worker read the variables; this process has read its settings already. The links of the
        # messages lead to the site that stays, not to the one that plays.
        os.environ["SOURCIER_SMTP_PORT"], os.environ["SOURCIER_URL"] = str(mail_port), f"http://127.0.0.1:{port}"
        settings.EMAIL_PORT, settings.SITE_URL = mail_port, os.environ["SOURCIER_URL"]
        # Nobody waits five minutes for a demonstration.
        os.environ["SOURCIER_OPENING_WAIT"], settings.OPENING_WAIT = "0", timedelta(0)
        self.step("Préparer la base", self.prepare)
        with SmtpSink(settings.VAR / "mail", mail_port) as sink:
            server = self.start_server(site_port)
            try:
                self.step("Construire le répertoire fictif", self.register)
                slowness_s = self.step("Construire la ville", self.build_city)
                self.step("Attendre le site", lambda: wait_for(f"http://127.0.0.1:{site_port}{reverse('account_login')}"))
                self.play(sink, f"http://127.0.0.1:{site_port}", slowness_s)
            finally:
                stop(server)
            self.stdout.write(f"Total : {time.monotonic() - self.started:.1f} s")
            if serve:
                self.serve(port)

    def step(self, name: str, act: Callable[[], str]) -> float:
        """Do, then print the step, its time and what came of it; return the seconds it took."""
        began = time.monotonic()
        try:
            said = act()
        except (Refused, DemoFailed) as error:
            raise CommandError(f"{name} : {getattr(error, 'sentence', error)}") from error
        took = time.monotonic() - began
        self.stdout.write(f"{took:6.2f} s  {name} : {said}")
        self.stdout.flush()
        return took

    def prepare(self) -> str:
        """A new demonstration each time; the register and the empty database are kept, since they are the same each time."""
        connection.close()
        settings.VAR.mkdir(parents=True, exist_ok=True)
        empty = settings.VAR / EMPTY.format(migrations_digest())
        for path in settings.VAR.iterdir():
            if path.name not in (*KEPT, empty.name) and path != settings.KEYS / "secret_key" and path != settings.KEYS:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        database = settings.DATABASES["default"]["NAME"]
        if empty.exists():
            shutil.copyfile(empty, database)
        else:
            call_command("migrate", verbosity=0)
            connection.close()
            part = empty.with_suffix(".part")
            shutil.copyfile(database, part)
            part.replace(empty)
        return str(settings.VAR)

    def register(self) -> str:
        if (settings.VAR / "register" / "current").exists():
            return "déjà là"
        establishments, legal_units = write_stock(settings.VAR / "stock")
        report = import_stock(establishments, legal_units, fictitious=True)
        return f"{report.establishments} établissements inventés"

    def build_city(self) -> str:
        self.city = demo_city.build()
        build_others(self.city)
        return f"{self.city.organisation.name}, {len(self.city.people)} personnes"

    def play(self, sink: SmtpSink, site: str, slowness_s: float) -> None:
        bread = Bread(self.city, sink, site, settings.VAR, slowness_s)
        for name, act in STEPS:
            self.step(name, lambda act=act: act(bread))  # type: ignore[misc]
        self.step("Vérifier le dossier", self.verify)
        call_command("journal", "verify", stdout=self.stdout)

    def verify(self) -> str:
        report = verifier.verify(settings.VAR / "dossier.zip", fingerprint(self.city.organisation.pk))
        if not report.ok:
            raise DemoFailed("le dossier n'est pas conforme : " + " ".join(report.problems))
        return "aucune altération détectée, clé comparée"

    def start_server(self, port: int) -> subprocess.Popen[bytes]:
        """The real site and its worker, in processes of their own."""
        return subprocess.Popen([sys.executable, "-m", "sourcier.project.cli", "serve", "--port", str(port)])

    def serve(self, port: int) -> None:
        self.stdout.write(f"\nLa ville de démonstration : http://127.0.0.1:{port}\nMot de passe : {demo_city.PASSWORD}")
        for first, name, role, *_ in (*demo_city.PEOPLE, demo_city.HEAD_BUYER):
            self.stdout.write(f"  {first + '@rosny.example':24} {name}, {role.label}")
        self.stdout.write(f"Les courriels envoyés : {settings.VAR / 'mail'}\n")
        self.stdout.flush()
        server = self.start_server(port)
        # Whoever stops the demonstration stops its site, by Ctrl+C or by a signal, even one started in the background.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: sys.exit())
        try:
            server.wait()
        finally:
            stop(server)


def migrations_digest() -> str:
    """Changes with any migration: an empty database made by others is of no use."""
    migrations = MigrationLoader(None).disk_migrations
    texts = (Path(inspect.getfile(migrations[key].__class__)).read_bytes() for key in sorted(migrations))
    return sha256(b"".join(texts)).hexdigest()[:16]


def only_one() -> TextIO:
    """Hold the folder for as long as this process lives: a second demonstration would pull the first one's database away."""
    settings.VAR.mkdir(parents=True, exist_ok=True)
    lock = (settings.VAR / LOCK).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CommandError("La démonstration tourne déjà dans ce dossier : arrêtez-la (Ctrl+C), puis recommencez.") from None
    return lock


def free_port() -> int:
    """A port that nobody listens on, on this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str) -> str:
    """Until the site answers."""

    def answers() -> bool:
        try:
            with urlopen(address, timeout=2) as response:  # noqa: S310 - our own server
                return bool(response.status == 200)
        except (URLError, OSError):
            return False

    wait(answers, "le site")
    return "prêt"


def stop(server: subprocess.Popen[bytes]) -> None:
    """Ask, wait, then insist."""
    server.terminate()
    try:
        server.wait(timeout=30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
