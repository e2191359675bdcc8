"""The index of the words of orders: where a word leads, without looking at every label."""

from collections import defaultdict

from sourcier.accounts.models import Organisation
from sourcier.spend.likeness import beginnings, looked_for, signature
from sourcier.spend.models import Order, OrderBatch, OrderWord

AT_ONCE = 2_000


def index(batch: OrderBatch) -> None:
    """Write the words of the orders of a batch, once they are all there."""
    found: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    rows = Order.objects.filter(batch=batch).order_by("ordered_on", "pk").values_list("pk", "ordered_on", "label")
    for key, day, label in rows.iterator(chunk_size=AT_ONCE):
        for word in beginnings(label):
            found[day.year, word].append(key)
    OrderWord.objects.bulk_create(
        (
            OrderWord(organisation_id=batch.organisation_id, batch=batch, year=year, word=word, orders=keys)
            for (year, word), keys in found.items()
        ),
        batch_size=AT_ONCE,
    )


def latest(organisation: Organisation, year: int, words: str, place: str, most: int) -> set[int]:
    """Keys of the orders of a year that share with these words one that names the thing; of each word the last `most`."""
    wanted = looked_for(signature(words, place))
    listed = OrderWord.objects.filter(organisation=organisation, year=year, word__in=wanted).values_list("orders", flat=True)
    return {key for keys in listed for key in keys[-most:]}
