"""A verb and a kind of rows of the tests' own, so that these tests depend on no higher room."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction

from sourcier.accounts.models import DeliveryPlace
from sourcier.journal import registry
from sourcier.journal.actions import append
from sourcier.journal.models import Entry
from tests.cities import City

VERBS = (
    registry.Verb("test.done", "{who} a payé {amount:euros} le {day:date}, reçu le {at:moment} pour {what}.", ("who",)),
    registry.Verb("test.sealed", "{who} a répondu.", sealed=True),
)
PLACE = registry.RowKind("place", DeliveryPlace, "organisation_id", ("name", "address", "lat_e6", "active"))


@pytest.fixture
def registered() -> Iterator[None]:
    """The places of delivery are the only rows that entries vouch for."""
    verbs, rows = dict(registry.VERBS), dict(registry.ROWS)
    registry.register_verbs(VERBS)
    registry.ROWS.clear()
    registry.ROWS[DeliveryPlace] = PLACE
    yield
    for known, before in ((registry.VERBS, verbs), (registry.ROWS, rows)):
        known.clear()
        known.update(before)  # type: ignore[arg-type]


@pytest.fixture
def write(city: City, registered: None) -> Callable[..., Entry]:
    """Append an entry to the city's journal: `write(stream=None, rows=…, **payload)`."""

    def write(verb: str = "test.done", stream: Any = None, rows: Any = (), gone: Any = (), **payload: Any) -> Entry:
        with transaction.atomic():
            return append(city.organisation.pk, stream, verb, payload, rows=rows, gone=gone)

    write(rows=DeliveryPlace.objects.filter(organisation=city.organisation))
    return write
