"""The database held by another process for longer than a page may wait."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from sourcier.accounts.models import User
from sourcier.journal.models import Log
from sourcier.quotes.models import Submission
from sourcier.quotes.queries import answers
from sourcier.vault.models import File
from tests.cities import City
from tests.quotes.requests import BEFORE, browser, make_request
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def vault(settings: Any, tmp_path: Path) -> None:
    settings.VAULT = tmp_path / "vault"


@contextmanager
def held_elsewhere() -> Iterator[None]:
    """Another process (another session of PostgreSQL) holds what every action writes; we wait for it a short while only."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout=100")
        command = [sys.executable, "-c", HOLD, str(connection.settings_dict["NAME"])]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout and process.stdout.readline() == b"held\n"
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    held, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for model in (Log, Submission, File, User):
                cursor.execute(f"LOCK TABLE {model._meta.db_table} IN EXCLUSIVE MODE")
            held.set()
            leave.wait(60)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(60)
    try:
        yield
    finally:
        leave.set()
        thread.join()


class Form(HTMLParser):
    """The fields of the page's form."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.files: dict[str, dict[str, str | None]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "input" and values["type"] == "file":
            self.files[values["name"] or ""] = values
        elif tag == "input":
            self.fields.setdefault(values["name"] or "", []).append(values.get("value") or "")


def without_raising(client: Client) -> Client:
    client.raise_request_exception = False
    return client


def test_a_firm_whose_answer_could_not_be_written_reads_so_and_sends_it_again_with_one_button(city: City) -> None:
    with time_machine.travel(BEFORE, tick=True):
        request = make_request(city)
        client = without_raising(browser(request.invite()))
        typed = request.form("0,95", signer="Élise « l'aînée » <Durand>", note="Livré tôt.\r\nMerci.")
        with held_elsewhere():
            response = client.post("/r/prix/", typed)
        page = response.content.decode()
        assert response.status_code == 503 and response["Retry-After"]
        assert response["Cache-Control"] == "private, no-store"
        assert "Cet envoi n'a pas été enregistré" in page and "aucun récépissé n'a été donné" in page
        assert not Submission.objects.exists()
        again = Form(page).fields
        assert {name: values[0] for name, values in again.items() if name != "csrfmiddlewaretoken"} == typed
        assert client.post("/r/prix/", again)["Location"] == "/r/recepisse/"
    assert answers.read(Submission.objects.get(state="received")).submission.signer == typed["signer"]


def test_files_are_asked_for_again_by_their_names(city: City) -> None:
    with time_machine.travel(BEFORE, tick=True):
        request = make_request(city)
        client = without_raising(browser(request.invite()))
        with held_elsewhere():
            sent = {**request.form(), "documents": SimpleUploadedFile("devis signé.txt", b"Devis")}
            response = client.post("/r/prix/", sent)
    assert response.status_code == 503
    page = unescape(response.content.decode())
    assert "Choisissez de nouveau : devis signé.txt" in page
    assert "required" in Form(page).files["documents"]
    assert not File.objects.exists()


def test_a_buyer_finds_what_he_typed_and_a_password_is_never_written_back(city: City) -> None:
    client = without_raising(signed_in(city.buyer))
    with held_elsewhere():
        saved = client.post(reverse("my_account"), {"name": "Bruno de Rosny", "phone": "01 00 00 00 09"})
        secret = {"oldpassword": "ancien secret", "password1": "nouveau secret", "password2": "nouveau secret"}
        changed = client.post(reverse("account_change_password"), secret)
    assert saved.status_code == 503
    assert Form(saved.content.decode()).fields["name"] == ["Bruno de Rosny"]
    assert "secret" not in changed.content.decode()


def test_a_page_that_only_reads_says_to_come_back(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    client = without_raising(signed_in(city.buyer))

    def cut(*_: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("sourcier.web.city.home.awaiting", cut)
    response = client.get("/")
    assert response.status_code == 503
    assert "Réessayer" in response.content.decode() and "<form" not in response.content.decode()
