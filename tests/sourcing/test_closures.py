"""A firm kept that the next register says closed is flagged where it matters, in the journal too; it is never dropped."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sourcier.journal.verify import verify
from sourcier.sourcing.actions import closing, closures
from sourcier.sourcing.models import Candidate, Sourcing
from tests.cities import City
from tests.journal.entries import writes, writes_nothing
from tests.sourcing.entries import last_payload
from tests.sourcing.scenes import ready, sent
from tests.sourcing.stock import LEFORT, MATHILDE, PERRIER, SHOPS, build
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
Renewed = Callable[..., None]


@pytest.fixture
def renewed(settings: Any, tmp_path: Path) -> Renewed:
    """The register replaced by one where these shops have closed."""

    def switch(*closed: Any, gone: tuple[Any, ...] = ()) -> None:
        folder = tmp_path / f"stock-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        kept = [replace(shop, active="F") if shop in closed else shop for shop in SHOPS if shop not in gone]
        settings.REGISTER = str(build(folder, kept))

    return switch


def flag(sourcing: Sourcing, shop: Any) -> Candidate:
    return sourcing.candidates.get(firm__siret=shop.siret)


def test_a_firm_closed_since_it_was_asked_is_flagged_by_an_entry_with_the_day_of_its_row(city: City, renewed: Renewed) -> None:
    sourcing = sent(city)
    assert closures.look_for_closed(timezone.now()) == 0
    renewed(MATHILDE, PERRIER)
    with writes(city.organisation.pk, "panel.closed_since"):
        assert closures.look_for_closed(timezone.now()) == 2

    assert flag(sourcing, MATHILDE).closed_since == "fermée d'après le répertoire (fiche de l'INSEE du 1er août 2026)"
    assert flag(sourcing, MATHILDE).state == "kept" and flag(sourcing, LEFORT).closed_since == ""
    said = last_payload(sourcing, "panel.closed_since")
    assert {each["siret"] for each in said["firms"]} == {MATHILDE.siret, PERRIER.siret}
    assert {each["told_on"] for each in said["firms"]} == {"2026-08-01"}
    assert verify(city.organisation.pk).ok
    with writes_nothing(city.organisation.pk):
        assert closures.look_for_closed(timezone.now()) == 0


def test_one_that_opens_again_is_flagged_no_more_and_one_that_vanished_keeps_its_flag(city: City, renewed: Renewed) -> None:
    sourcing = sent(city)
    renewed(MATHILDE, PERRIER)
    closures.look_for_closed(timezone.now())
    renewed(gone=(PERRIER,))
    with writes(city.organisation.pk, "panel.open_again"):
        assert closures.look_for_closed(timezone.now()) == 1
    assert flag(sourcing, MATHILDE).closed_since == "" and flag(sourcing, PERRIER).closed_since
    assert verify(city.organisation.pk).ok


def test_a_consultation_that_is_over_is_not_looked_at(city: City, renewed: Renewed) -> None:
    sourcing = sent(city)
    closing.end(city.buyer, sourcing.pk, "La crèche ferme.")
    renewed(MATHILDE)
    with writes_nothing(city.organisation.pk):
        assert closures.look_for_closed(timezone.now()) == 0


def test_without_a_register_nothing_is_said(city: City, settings: Any, tmp_path: Path) -> None:
    ready(city)
    settings.REGISTER = str(tmp_path / "absent.duckdb")
    with writes_nothing(city.organisation.pk):
        assert closures.look_for_closed(timezone.now()) == 0


def test_a_consultation_looked_at_costs_no_query_more(city: City, renewed: Renewed) -> None:
    sent(city)
    closures.look_for_closed(timezone.now())
    with CaptureQueriesContext(connection) as queries:
        closures.look_for_closed(timezone.now())
    assert len(queries) == 1


@pytest.mark.parametrize("page", ["panel", "asked"])
def test_the_pages_of_the_firms_and_of_the_request_say_it(city: City, renewed: Renewed, page: str) -> None:
    sourcing, client = sent(city), signed_in(city.buyer)
    address = reverse(page, args=[sourcing.need_id])
    assert "fermée d&#x27;après le répertoire" not in client.get(address).content.decode()
    renewed(MATHILDE)
    closures.look_for_closed(timezone.now())
    assert "fermée d&#x27;après le répertoire" in client.get(address).content.decode()
