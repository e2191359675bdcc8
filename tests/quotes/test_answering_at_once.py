"""Several people at once, and a server killed in the middle of an answer."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.mail.models import OutgoingMessage
from sourcier.quotes.actions import answer as act
from sourcier.quotes.models import Submission
from sourcier.quotes.queries import answers
from sourcier.sourcing.models import Invitation
from sourcier.suppliers import tokens
from tests.cities import make_city
from tests.quotes.requests import BEFORE, answer, make_request


@pytest.mark.django_db(transaction=True)
def test_two_people_of_one_firm_at_once_are_kept_in_order() -> None:
    request = make_request(make_city())
    invitation = request.invite()
    start = Barrier(4)

    def send(price: str) -> Submission:
        try:
            own = Invitation.objects.select_related("sourcing__organisation", "firm").get(pk=invitation.pk)
            start.wait()
            return act.submit(own, answer(request, price), received_at=BEFORE)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(send, ["0.91", "0.92", "0.93", "0.94"]))
    by_id = {row.pk: row for row in Submission.objects.all()}
    assert sorted(row.state for row in by_id.values()) == ["received", "replaced", "replaced", "replaced"]
    last = next(row for row in by_id.values() if row.state == "received")
    chain = [last]
    while chain[-1].replaces_id:
        chain.append(by_id[chain[-1].replaces_id])
    assert {row.pk for row in chain} == {row.pk for row in sent}
    assert [row.entry_id for row in chain] == sorted((row.entry_id for row in chain), reverse=True)
    assert len({row.receipt_number for row in chain}) == 4


@pytest.mark.django_db(transaction=True)
def test_twenty_firms_at_once_all_have_a_receipt() -> None:
    request = make_request(make_city())
    invitations = [request.invite(f"Boulangerie {n}", f"b{n}@pain.example") for n in range(20)]

    def send(invitation: Invitation) -> str:
        try:
            return act.submit(invitation, answer(request), received_at=BEFORE).receipt_number
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(send, invitations))
    assert len(numbers) == 20
    assert Entry.objects.filter(verb="answer.received").count() == 20


class Server:
    """The real server on a free port, on the database of the tests."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        script = folder / "serve_tests.py"
        script.write_text(
            "import django\n"
            "from django.conf import settings\n"
            f"settings.DATABASES['default']['NAME'] = {str(settings.DATABASES['default']['NAME'])!r}\n"
            "from sourcier.project.wsgi import application\n"
        )
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "SOURCIER_KEYS": str(settings.KEYS),
            "SOURCIER_VAULT": str(settings.VAULT),
            "PYTHONPATH": f"{folder}{os.pathsep}{Path(__file__).resolve().parents[2]}",
        }
        command = [
            str(Path(sys.executable).with_name("granian")),
            "--interface",
            "wsgi",
            "--port",
            str(self.port),
            "--no-reload",
        ]
        self.process = subprocess.Popen(
            [*command, "serve_tests:application"], env=environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def ask(self, method: str, path: str, body: str = "", cookie: str = "") -> tuple[int, dict[str, str], str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            page = response.read().decode()
            cookies = "; ".join(value.split(";")[0] for key, value in response.getheaders() if key.lower() == "set-cookie")
            return response.status, {"cookie": cookies, "location": response.getheader("Location") or ""}, page
        finally:
            connection.close()

    def wait(self) -> None:
        for _ in range(150):
            try:
                self.ask("GET", "/r/")
                return
            except OSError:
                time.sleep(0.2)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("delay_ms", [0, 16, 36, 44, 52, 60, 2000])
def test_a_server_killed_in_the_middle_leaves_a_whole_answer_or_nothing(tmp_path: Path, delay_ms: int) -> None:
    request = make_request(make_city(), lines=3, deadline=timezone.now() + timedelta(days=1))
    invitation = request.invite()
    server = Server(tmp_path)
    try:
        server.wait()
        _, opened, _ = server.ask("GET", f"/r/{tokens.token(invitation.seed)}")
        _, more, page = server.ask("GET", "/r/prix/", cookie=opened["cookie"])
        secret = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        csrf = next(part for part in more["cookie"].split("; ") if part.startswith("csrftoken="))
        body = urllib.parse.urlencode({**request.form(), "csrfmiddlewaretoken": secret})

        def send() -> str:
            try:
                return server.ask("POST", "/r/prix/", body, f"{opened['cookie']}; {csrf}")[1]["location"]
            except (OSError, HTTPException):
                return ""

        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(send)
            time.sleep(delay_ms / 1000)
            server.kill()
            location = sending.result()
    finally:
        if server.process.poll() is None:
            server.kill()
    written = Submission.objects.filter(state="received").count()
    assert written in (0, 1)
    assert written or delay_ms < 2000, "the server, left in peace, takes the answer"
    assert written or not location, "a receipt was given for nothing"
    assert sum(len(answers.read(each).lines) for each in Submission.objects.all()) == 3 * written
    assert Entry.objects.filter(verb="answer.received").count() == written
    assert OutgoingMessage.objects.filter(kind="acknowledgement").count() == written
    assert Submission.objects.count() == written
