"""A town as a newcomer meets it: the demonstration's data, its server and worker in their processes, a mail sink, Chromium."""

import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from re import search
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from playwright.sync_api import Browser, BrowserContext, Page

from sourcier.project.demo.city import PASSWORD
from sourcier.project.demo.smtp_sink import SmtpSink, messages_in
from tests.browser.scene.stage import REFUSED_ADDRESS
from tests.chromium import BROWSER
from tests.demonstration import Demonstration, clean_environment

ROOT = Path(__file__).resolve().parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            for mark in BROWSER:
                item.add_marker(mark)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Sink(SmtpSink):
    """The mail server of the town, which knows that one mailbox does not exist."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder, port)
        self.handler.handle_RCPT = self._recipient

    @staticmethod
    async def _recipient(server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address == REFUSED_ADDRESS:
            return "550 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@dataclass
class Town:
    """The running installation. `rows` reads its database; `late` makes a deadline pass, as time would."""

    site: str
    folder: Path
    environment: dict[str, str]

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.folder / "sourcier.sqlite3", timeout=20) as database:
            return database.execute(query, values).fetchall()

    def sourcier(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sourcier.project.cli", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def late(self, need_id: str) -> None:
        """Let the deadline of a need's request be past, then let `tick` see it."""
        self.rows(
            "UPDATE sourcing_sourcing SET deadline = datetime('now', '-2 seconds'), "
            "next_check = datetime('now', '-1 seconds') WHERE need_id = ? AND state = 'open'",
            UUID(need_id).hex,
        )
        self.sourcier("tick")

    def sent_yesterday(self, need_id: str) -> None:
        """Let the request of a need have been out for a day."""
        self.rows("UPDATE sourcing_sourcing SET sent_at = datetime('now', '-1 day') WHERE need_id = ?", UUID(need_id).hex)

    def years_later(self, need_id: str) -> None:
        """Let the terms of all that is kept of a need be over."""
        self.rows("UPDATE retention_clock SET ends_on = date('now', '-1 day') WHERE operation_id = ?", UUID(need_id).hex)

    def mails(self) -> int:
        """How many messages have arrived."""
        return len(messages_in(self.folder / "mail"))

    def link_for(self, address: str, *, after: int = 0) -> str:
        """The personal link of the last message to an address, once it has arrived."""
        limit = time.monotonic() + 40
        while time.monotonic() < limit:
            for message in reversed(messages_in(self.folder / "mail")[after:]):
                body = message.get_body(("plain",))
                found = search(r"/r/\S+", body.get_content()) if body and message["To"] and address in message["To"] else None
                if found:
                    return self.site + found[0]
            time.sleep(0.2)
        raise AssertionError(f"no link came for {address}")


@pytest.fixture(scope="session")
def town(demonstration: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The demonstration, served."""
    assert demonstration.played.returncode == 0, demonstration.played.stderr
    folder = tmp_path_factory.mktemp("town") / "var"
    shutil.copytree(demonstration.folder, folder)
    mail_port, port = free_port(), free_port()
    environment = {
        **clean_environment(), "SOURCIER_VAR": str(folder), "SOURCIER_SMTP_PORT": str(mail_port), "SOURCIER_URL": f"http://127.0.0.1:{port}",
        "SOURCIER_OPENING_WAIT": "0",
    }  # fmt: skip
    with Sink(folder / "mail", mail_port):
        server = subprocess.Popen([sys.executable, "-m", "sourcier.project.cli", "serve", "--port", str(port)], env=environment)
        try:
            _wait(f"http://127.0.0.1:{port}/aide/")
            yield Town(f"http://127.0.0.1:{port}", folder, environment)
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait(address: str) -> None:
    for _ in range(200):
        try:
            with urlopen(address, timeout=2):  # noqa: S310 - our own server
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError("the site did not start")


@pytest.fixture(scope="session")
def scene(town: Town) -> dict[str, str]:
    """More of the town, played by `scene.play` from a process that has its environment."""
    played = subprocess.run(
        [sys.executable, "-c", "import django; django.setup(); from tests.browser import scene; scene.play()"],
        env={**town.environment, "DJANGO_SETTINGS_MODULE": "sourcier.project.settings"},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert played.returncode == 0, played.stderr
    return json.loads(played.stdout)


@dataclass
class Person:
    """Someone at a screen. `faults` collects what the browser complains of (scripts, content policy, missing files)."""

    context: BrowserContext
    page: Page
    town: Town
    faults: list[str]

    def go(self, path: str) -> Page:
        self.page.goto(self.town.site + path if path.startswith("/") else path)
        return self.page


@contextmanager
def newcomer(chromium: Browser, town: Town, width: int = 1280) -> Iterator[Person]:
    """Someone at a screen of their own, whom nobody knows yet."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, locale="fr-FR", timezone_id="Europe/Paris")
    page, faults = context.new_page(), []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield Person(context, page, town, faults)
    context.close()


@pytest.fixture
def people(chromium: Browser, town: Town) -> Iterator[Any]:
    """`people("denise", 390)` signs someone in at a width; `people(None, 390)` is a firm's telephone."""
    with ExitStack() as screens:

        def person(first: str | None, width: int = 1280) -> Person:
            who = screens.enter_context(newcomer(chromium, town, width))
            if first:
                sign_in(who, first)
            return who

        yield person


def sign_in(who: Person, first: str) -> None:
    page = who.go("/compte/connexion/")
    page.get_by_label("Adresse électronique").fill(f"{first}@rosny.example")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(lambda url: "connexion" not in url)
