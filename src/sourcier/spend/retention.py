"""Where running contracts name a person: how one orders on them. It is corrected on their page, as long as they run."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from sourcier.retention.registry import Trace
from sourcier.spend.models import RunningContract


def traces(organisation_id: UUID, text: str) -> Iterator[Trace]:
    """The contracts whose holder, or the one to call, bears this name, address or telephone."""
    asked = Q(how_to_order__icontains=text) | Q(holder__icontains=text)
    for contract in RunningContract.objects.filter(asked, organisation_id=organisation_id).order_by("object", "pk"):
        said = ", ".join(filter(None, (contract.object, contract.holder, contract.how_to_order)))
        yield Trace("Marché en cours", said, contract.saved_at, page=reverse("contract", args=[contract.pk]))
