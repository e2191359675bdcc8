"""Real processes: a worker killed in the middle, a locked database, the server that keeps its children alive."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import message_from_bytes
from pathlib import Path

import pytest

from sourcier.mail.outbox import BATCH
from sourcier.project.demo.smtp_sink import SmtpSink, messages_in
from sourcier.project.supervisor import Child, Supervisor
from tests.mail.servers import free_port, moody, silent

# These processes have a SQLite of their own: once, with the SQLite leg, is enough.
pytestmark = pytest.mark.skipif(bool(os.environ.get("SOURCIER_DATABASE_URL")), reason="runs with the SQLite leg")

QUEUE = """
from tests.cities import make_city
from sourcier.mail.actions import enqueue
city = make_city()
for number in range({count}):
    enqueue(city.organisation, kind="test", to_address=f"firm{{number}}@pain.example", subject="Pain", body="Bonjour")
"""
STATES = "select state, attempts, last_error from mail_outgoingmessage order by created_at"


class Place:
    """An installation in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.smtp = free_port()
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("SOURCIER_")},
            "SOURCIER_VAR": str(folder),
            "SOURCIER_SMTP_PORT": str(self.smtp),
            "DJANGO_SETTINGS_MODULE": "sourcier.project.settings",
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        }
        self.children: list[subprocess.Popen[str]] = []

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "django", *arguments], env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        with (self.folder / "out").open("a") as out:
            child = subprocess.Popen(
                [sys.executable, "-m", "django", *arguments], env=self.environment, text=True, stdout=out, stderr=out
            )
        self.children.append(child)
        return child

    def said(self) -> str:
        return (self.folder / "out").read_text()

    def rows(self, query: str = STATES) -> list[tuple[object, ...]]:
        connection = sqlite3.connect(self.folder / "sourcier.sqlite3", timeout=20)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def stop(self) -> None:
        for child in self.children:
            if child.poll() is None:
                child.terminate()
                with suppress(subprocess.TimeoutExpired):
                    child.wait(20)
            if child.poll() is None:
                child.kill()
                child.wait()


@pytest.fixture
def place(tmp_path: Path, installation: Path) -> Iterator[Place]:
    shutil.copy(installation / "sourcier.sqlite3", tmp_path)
    place = Place(tmp_path)
    yield place
    place.stop()


def until(true: Callable[[], bool], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/static/absent", timeout=5) as response:
            return bool(response.status)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def test_the_work_of_a_worker_killed_while_sending_is_taken_up_by_the_next(place: Place) -> None:
    place.run("shell", "-c", QUEUE.format(count=3))
    with silent(place.smtp):
        worker = place.start("worker", "--poll", "0.1", "--tick", "0.5")
        until(lambda: bool(place.rows("select 1 from django_tasks_database_dbtaskresult where status = 'RUNNING'")))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    with SmtpSink(place.folder / "mails", place.smtp):
        second = place.start("worker", "--poll", "0.1", "--tick", "0.5")
        until(lambda: {row[0] for row in place.rows()} == {"sent"})
        second.terminate()
        assert second.wait(20) == 0
    assert len(messages_in(place.folder / "mails")) == 3


def test_a_kill_in_the_middle_loses_no_result_and_sends_again_what_was_in_hand_alone(place: Place) -> None:
    place.run("shell", "-c", QUEUE.format(count=BATCH + 20))
    send = "from datetime import timedelta; from django.utils import timezone; from sourcier.mail.outbox import send_due;"
    send += "print(send_due(timezone.now() + timedelta(minutes={minutes})))"
    with moody(place.smtp) as mood:
        mood.hold_after = BATCH + 5
        child = place.start("shell", "-v", "0", "-c", send.format(minutes=0))
        until(lambda: len(mood.got) == BATCH + 5)
        until(lambda: [row[0] for row in place.rows()].count("sent") == BATCH)
        child.kill()
        child.wait()
        mood.hold_after = None
        assert place.run("shell", "-v", "0", "-c", send.format(minutes=1)).strip() == "0"
        assert place.run("shell", "-v", "0", "-c", send.format(minutes=4)).strip() == "20"
    sent = [message_from_bytes(raw)["Message-ID"] for raw in mood.got]
    assert (len(set(sent)), len(sent)) == (BATCH + 20, BATCH + 25)
    assert Counter((row[0], row[1]) for row in place.rows()) == {("sent", 1): BATCH, ("sent", 2): 20}


def test_a_database_locked_longer_than_the_timeout_does_not_stop_the_worker(place: Place) -> None:
    place.run("shell", "-c", QUEUE.format(count=1))
    lock = sqlite3.connect(place.folder / "sourcier.sqlite3", isolation_level=None)
    lock.execute("begin exclusive")
    with SmtpSink(place.folder / "mails", place.smtp):
        worker = place.start("worker", "--poll", "0.1", "--tick", "0.5")
        until(lambda: "trying again" in place.said() or "failed: OperationalError" in place.said(), 60)
        assert worker.poll() is None
        lock.execute("rollback")
        lock.close()
        until(lambda: {row[0] for row in place.rows()} == {"sent"})
        assert worker.poll() is None


def test_the_server_restarts_a_dead_child_and_stops_cleanly(place: Place) -> None:
    port = free_port()
    server = place.start("serve", "--port", str(port))
    until(lambda: answers(port))
    children = [int(pid) for pid in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()]
    assert len(children) == 2
    for child in children:
        os.kill(child, signal.SIGKILL)
    until(lambda: not answers(port) or "web stopped" in place.said())
    until(lambda: "web stopped" in place.said() and "worker stopped" in place.said() and answers(port))
    server.send_signal(signal.SIGTERM)
    assert server.wait(40) == 0
    assert not answers(port)


def test_children_do_not_outlive_a_killed_server(place: Place) -> None:
    port = free_port()
    server = place.start("serve", "--port", str(port))
    until(lambda: answers(port))
    server.kill()
    server.wait()
    until(lambda: not answers(port))


def test_a_port_already_taken_is_said_and_the_server_gives_up(place: Place) -> None:
    port = free_port()
    with silent(port):
        assert place.start("serve", "--port", str(port)).wait(60) == 1
    assert f"Le port {port} n'est pas libre" in place.said()


def test_a_child_that_dies_at_each_start_is_given_up_and_the_others_are_stopped() -> None:
    lasting = Child("web", [sys.executable, "-c", "import time; time.sleep(60)"])
    dying = Child("worker", [sys.executable, "-c", "raise SystemExit(3)"])
    assert Supervisor([lasting, dying], threading.Event(), pause=0.01).run() == 1
    assert dying.short_lives == 5
    assert lasting.process is not None and lasting.process.poll() == -signal.SIGTERM


def test_a_database_not_migrated_is_said(tmp_path: Path) -> None:
    bare = Place(tmp_path)
    assert bare.start("serve", "--port", str(free_port())).wait(60) == 1
    assert "sourcier migrate" in bare.said()
