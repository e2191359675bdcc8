"""Verbs of the tests' own, and a short way to write them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from sourcier.journal import registry
from sourcier.journal.actions import append
from sourcier.journal.models import Entry
from tests.cities import City
from tests.journal.authority import Authority, made_authority, served

VERBS = (
    registry.Verb("test.done", "{who} a payé {amount:euros} le {day:date}, reçu le {at:moment} pour {what}.", ("who",)),
    registry.Verb("test.sealed", "{who} a répondu.", sealed=True),
)


@pytest.fixture
def registered() -> Iterator[None]:
    """The verbs of these tests, for their time only."""
    registry.register_verbs(VERBS)
    yield
    for verb in VERBS:
        del registry.VERBS[verb.id]


@pytest.fixture
def write(city: City, registered: None) -> Callable[..., Entry]:
    """Append an entry to the city's journal: `write(verb, stream=…, rows=…, gone=…, **payload)`."""

    def write(verb: str = "test.done", stream: Any = None, rows: Any = (), gone: Any = (), **payload: Any) -> Entry:
        with transaction.atomic():
            return append(city.organisation.pk, stream, verb, payload, rows=rows, gone=gone)

    return write


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Keys are slow to draw: once for all tests."""
    return made_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def authority(certified: Authority, settings: Any, tmp_path: Path) -> Iterator[Authority]:
    """An honest authority, the only one of the city, whose root it trusts."""
    fresh = Authority(tmp_path, certified.root, certified.signer)
    roots = tmp_path / "roots.pem"
    roots.write_bytes(certified.root.pem)
    settings.TSA_ROOTS = str(roots)
    with served(fresh):
        settings.TSA = (fresh.url,)
        yield fresh
