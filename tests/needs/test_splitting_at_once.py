"""Two people split one sentence at once, each in a process of their own: one does, the other reads why not."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE

import pytest
from django.conf import settings
from django.db import connection

from sourcier.accounts.actions import create_user, grant
from sourcier.accounts.models import Role, User
from sourcier.journal.models import Entry
from sourcier.journal.verify import verify
from sourcier.needs import actions
from sourcier.needs.models import Need
from tests.cities import City
from tests.needs.test_split import BOTH

MAIN = Path(__file__).resolve().parents[2]
ROUNDS = 8


@contextmanager
def someone(user: User) -> Iterator["subprocess.Popen[str]"]:
    """A person at a page, ready to press."""
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"},
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(MAIN),
        "SOURCIER_KEYS": str(settings.KEYS),
        "SOURCIER_VAULT": str(settings.VAULT),
    }
    command = [sys.executable, "-m", "tests.needs.splitter", str(connection.settings_dict["NAME"]), str(user.pk)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_split_a_sentence_at_once_one_does_and_the_other_is_told(city: City) -> None:
    colleague = create_user(city.organisation, email="lucie@rosny.example", name="Lucie Rosny")
    grant(city.organisation, colleague, Role.REQUESTER, city.department)
    with someone(city.requester.user) as one, someone(colleague) as other:
        both = (one, other)
        assert [line(person) for person in both] == ["ready", "ready"]
        for _ in range(ROUNDS):
            need = actions.start(city.requester, BOTH)
            for person in both:
                assert person.stdin
                person.stdin.write(f"{need.pk} {need.version}\n")
                person.stdin.flush()
            told, done = sorted((json.loads(line(person)) for person in both), key=lambda page: "Deux besoins :" in page)
            assert "garde le premier" in done and "Deux besoins :" not in told
            assert "Cette phrase ne dit plus deux besoins" in told
            need.refresh_from_db()
            assert need.sentence == "du pain pour les crèches"
    sentences = list(Need.objects.order_by("sentence").values_list("sentence", flat=True))
    assert sentences == ["du pain pour les crèches"] * ROUNDS + ["réparer l'ascenseur"] * ROUNDS
    assert Entry.objects.filter(verb="need.split").count() == ROUNDS
    assert verify(city.organisation.pk).problems == ()


def line(person: "subprocess.Popen[str]") -> str:
    assert person.stdout
    return person.stdout.readline().strip()
