"""A request, many firms, and the processes in which they answer."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from subprocess import PIPE
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from sourcier.journal.actions import append
from sourcier.journal.registry import ROWS, Verb, register_verbs
from sourcier.suppliers import tokens
from tests.cities import make_city
from tests.quotes.requests import make_request

MAIN = Path(__file__).resolve().parents[2]
PREPARED = Verb("test.prepared", "Demande préparée.")


def prepare(firms: int, deadline: datetime, lines: int = 2) -> list[dict[str, Any]]:
    """A request sent to that many firms; an entry vouches for what was written for the test. Returns the firms, for orders."""
    register_verbs([PREPARED])
    city = make_city()
    request = make_request(city, lines=lines, deadline=deadline)
    request.sourcing.next_check = deadline
    request.sourcing.save()
    asked = [request.invite(f"Boulangerie {number}", f"b{number}@pain.example") for number in range(firms)]
    rows = [
        row
        for model, kind in ROWS.items()
        if kind.kind != "organisation" and not kind.strays
        for row in model._base_manager.filter(**{kind.organisation: city.organisation.pk}, **kind.settled)
    ]
    with transaction.atomic():
        append(city.organisation.pk, None, PREPARED.id, {}, rows=rows)
    form = request.form()
    return [{"token": tokens.token(one.seed), "author": one.author_id.hex, "form": form} for one in asked]


@dataclass
class Crowd:
    """The process of `tests.faults.process`: gives it orders, kills its children, reads what the firms were told."""

    process: "subprocess.Popen[str]"
    told_file: Path
    children: list[int] = field(default_factory=list)

    def start(self, order: dict[str, Any]) -> None:
        """Give an order; returns when its processes have begun."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.children = [int(pid) for pid in self._line().split()]

    def wait(self) -> None:
        """Until the processes of the order are gone."""
        assert self._line() == "ended\n"

    def carry_out(self, order: dict[str, Any]) -> None:
        self.start(order)
        self.wait()

    def kill(self, signal: int) -> None:
        for child in self.children:
            os.kill(child, signal)
        self.wait()

    def ask(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """What the firms of this order were told."""
        before = len(self.told())
        self.carry_out(order)
        return self.told()[before:]

    def wait_for(self, read: Callable[[dict[str, Any]], bool], times: int = 1) -> None:
        """Until firms have read that, so many times since now."""
        before = len(self.told())
        while sum(map(read, self.told()[before:])) < times:
            assert self.process.poll() is None, self._errors()
            time.sleep(0.005)

    def told(self) -> list[dict[str, Any]]:
        """What firms have read until now. A line cut by the death of its process was not read."""
        text = self.told_file.read_text() if self.told_file.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def faults(self) -> list[str]:
        """What is not as it was told, as a fresh process finds it."""
        return list(self._checked()["faults"])

    def answered(self) -> set[str]:
        """Who answered, by the journal."""
        return set(self._checked()["answered"])

    def _checked(self) -> dict[str, Any]:
        self.carry_out({"check": True})
        found = self.told()[-1]
        assert "faults" in found, self._errors()
        return found

    def _errors(self) -> str:
        return (self.told_file.parent / "errors").read_text()[-4_000:]

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()


@contextmanager
def crowd(folder: Path, **environment: str) -> Iterator[Crowd]:
    """The crowd on the database of the tests, or on that of `environment`, with files and keys where the settings say."""
    told = folder / "told"
    variables = {
        **{name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"},
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(MAIN),
        "SOURCIER_KEYS": str(settings.KEYS),
        "SOURCIER_VAULT": str(settings.VAULT),
        **environment,
    }
    database = environment.get("DATABASE") or str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "tests.faults.process", database, str(told)]
    with (
        (folder / "errors").open("w") as errors,
        subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=errors, text=True, env=variables) as process,
    ):
        assert process.stdout and process.stdout.readline() == "ready\n"
        try:
            yield Crowd(process, told)
        finally:
            process.kill()
