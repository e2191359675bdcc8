"""The six things that stand in the orders of the demonstration city are found, and nothing else is."""

import pytest

from sourcier.insights.purchases import gather, limit
from sourcier.project.demo.others import import_past_orders
from sourcier.project.demo.past_orders import export
from sourcier.spend.actions import load_families
from sourcier.spend.models import Order, OrderBatch
from sourcier.spend.splitting import crossings, dominant, find
from tests.cities import City


@pytest.mark.django_db
def test_three_splits_two_crossings_and_a_dominant_firm_are_found_in_the_orders_of_the_demonstration(city: City) -> None:
    load_families(city.organisation)
    batch = import_past_orders(city.buyer)
    batch.refresh_from_db()
    assert (batch.state, batch.unread, batch.warnings) == (OrderBatch.State.READ, [], [])
    assert batch.orders == Order.objects.count() == export().data.count(b"\r\n") - 1 < 5_000
    numbers = dict(Order.objects.values_list("fingerprint", "number"))
    families = dict(Order.objects.values_list("number", "family__code"))
    bought = [each.purchase for each in gather(city.organisation)]
    planted = export().planted
    found = {frozenset(numbers[purchase.id] for purchase in group.purchases) for group in find(bought, limit)}
    assert found == set(planted.splits)
    of_splits = {(families[number], 2000 + int(number[1:3])) for split in planted.splits for number in split}
    assert {(crossing.code, crossing.year) for crossing in crossings(bought, limit)} == planted.crossings | of_splits
    names = {purchase.supplier: order for purchase in bought for order in [purchase.id]}
    suppliers = dict(Order.objects.values_list("fingerprint", "supplier"))
    leading = {(share.family, suppliers[names[share.supplier]]) for share in dominant(bought) if share.dominant}
    assert leading == planted.dominant
