"""How far the reading of an export is; how long its orders are kept, and what they give up then."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.law.retention import ORDERS
from sourcier.retention.actions import destroy
from sourcier.retention.models import Clock
from sourcier.retention.registry import FINDERS, names
from sourcier.spend.importing import sheets
from sourcier.spend.models import Order, OrderBatch, OrderWord
from sourcier.spend.queries import without_family
from tests.cities import City
from tests.journal.entries import writes, writes_nothing
from tests.spend.test_orders import BREAD, changed, csv, imported, xlsx
from tests.web.test_rule import as_, words

pytestmark = pytest.mark.django_db


def test_the_page_says_how_many_lines_are_read_of_how_many_and_how_long_it_still_takes(city: City) -> None:
    batch = imported(city.buyer, csv(BREAD, changed(N="E2")))
    assert (batch.expected, batch.reading_since is not None, batch.seconds_left(timezone.now())) == (3, True, 0)
    assert sheets.read(xlsx([["Date", "Tiers"], ["x", "y"], ["x", "z"]])).height == 3
    OrderBatch.objects.update(
        state=OrderBatch.State.WAITING, progress=50_000, expected=200_000, reading_since=timezone.now() - timedelta(seconds=4)
    )
    page = as_(city.buyer).get(reverse("orders_batch", args=[batch.pk]))
    assert '<progress value="50000" max="200000"' in page.content.decode()
    assert "50000 lignes lues sur 200000 environ. Encore" in words(page)
    batch.refresh_from_db()
    assert batch.seconds_left(batch.reading_since + timedelta(seconds=10)) == 30


def test_orders_are_kept_ten_years_after_their_last_year_then_lose_their_names_and_keep_their_sums(city: City) -> None:
    sold = changed(Tiers="Jeanne Morvane", N="E2", Date="07/02/2025")
    batch = imported(city.buyer, csv(BREAD, sold))
    clock = Clock.objects.get(organisation=city.organisation, kind=ORDERS, subject_id=batch.pk)
    assert (clock.started_on, clock.ends_on) == (date(2026, 12, 31), date(2036, 12, 31))
    assert names(city.organisation.pk, ORDERS, [batch.pk])[batch.pk] == batch.file.name
    traces = [trace for find in FINDERS for trace in find(city.organisation.pk, "morvane") if trace.what == "Commande importée"]
    assert len(traces) == 1 and "dix ans" in traces[0].kept
    with writes_nothing(city.organisation.pk), pytest.raises(Refused):
        destroy(city.head_buyer, clock.pk)
    Clock.objects.filter(pk=clock.pk).update(ends_on=timezone.localdate() - timedelta(days=2))
    assert OrderWord.objects.filter(batch=batch).exists()
    total = without_family(city.organisation, 2025)
    with writes(city.organisation.pk, "payload.erased"):
        destroy(city.head_buyer, clock.pk)
    assert {(order.supplier, order.siret, order.label, order.number) for order in Order.objects.all()} == {
        ("(effacé)", "", "(effacé)", "")
    }
    assert without_family(city.organisation, 2025) == total > 0
    assert not OrderWord.objects.filter(batch=batch).exists(), "nor their words in the index"
    batch.refresh_from_db()
    assert not batch.file.sha256 and Entry.objects.filter(log=city.organisation.pk).exists()
    assert as_(city.head_buyer).get(reverse("orders_batch", args=[batch.pk])).status_code == 200
