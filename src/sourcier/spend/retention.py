"""Where orders and running contracts name a person; what an import of orders gives up ten years after its last year."""

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from sourcier.retention.registry import ERASED, Emptied, Scope, Trace
from sourcier.spend.models import Order, OrderBatch, OrderWord, RunningContract

FEW = 50
KEPT = "Commande du logiciel financier : elle se garde dix ans après la fin de l'exercice."


def give_up(scope: Scope) -> Emptied:
    """The file, and in its orders what names a sole trader; the amounts, days and families stay, which totals add up."""
    made = Emptied()
    batches = OrderBatch.objects.filter(organisation_id=scope.organisation_id, pk=scope.subject_id)
    made.empty(batches, unread=[])
    made.files.update(batches.values_list("file_id", flat=True))
    made.empty_all(Order.objects.filter(batch__in=batches.values("pk")), supplier=ERASED, siret="", label=ERASED, number="")
    made.removed.append(OrderWord.objects.filter(batch__in=batches.values("pk")))
    return made


def named(organisation_id: UUID, batches: Collection[UUID]) -> Mapping[UUID, str]:
    """By the name of the file."""
    found = OrderBatch.objects.filter(organisation_id=organisation_id, pk__in=batches)
    return dict(found.values_list("pk", "file__name"))


def traces(organisation_id: UUID, text: str) -> Iterator[Trace]:
    """The contracts whose holder, or the one to call, bears this name, address or telephone; the first orders that say it."""
    asked = Q(how_to_order__icontains=text) | Q(holder__icontains=text)
    for contract in RunningContract.objects.filter(asked, organisation_id=organisation_id).order_by("object", "pk"):
        said = ", ".join(filter(None, (contract.object, contract.holder, contract.how_to_order)))
        yield Trace("Marché en cours", said, contract.saved_at, page=reverse("contract", args=[contract.pk]))
    told = Q(supplier__icontains=text) | Q(label__icontains=text)
    orders = Order.objects.filter(told, organisation_id=organisation_id).select_related("batch")
    for order in orders.order_by("-ordered_on", "pk")[:FEW]:
        page = reverse("orders_batch", args=[order.batch_id])
        said = f"{order.number}, {order.supplier}, {order.label}"
        yield Trace("Commande importée", said, order.batch.asked_at, kept=KEPT, page=page)
