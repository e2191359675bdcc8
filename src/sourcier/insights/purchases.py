"""Every purchase of a city as the search reads it: orders, commitments, needs planned; none is counted twice."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, Sum
from django.utils import timezone

from sourcier.accounts.models import Organisation
from sourcier.kernel.canonical import canonical
from sourcier.kernel.french import fold
from sourcier.law.book import SUPPLIES, UnknownRule, rule
from sourcier.needs.models import Need, NeedPlace
from sourcier.needs.queries.rule import PLANNED
from sourcier.sourcing.models import Sourcing
from sourcier.spend.firms import firm_key
from sourcier.spend.likeness import signature, without_department
from sourcier.spend.models import Commitment, Family, Order
from sourcier.spend.order_words import latest
from sourcier.spend.purchase import COMMITMENT, NEED, ORDER, Purchase
from sourcier.spend.splitting import alike_to

# A need that is not estimated yet weighs something all the same.
LEAST = 1
# What a page reads, at most, and the letters of a word that it looks for.
ENOUGH = 2_000
AT_A_TIME = 5_000
BEGINNING = 5


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase, its firm as it is written, and the need it comes from."""

    purchase: Purchase
    firm: str = ""
    need_id: UUID | None = None
    unit_id: UUID | None = None


def limit(kind: str, on: date) -> int | None:
    """The limit of a simple purchase, that day; None when the book knows none."""
    try:
        return rule("exemption", kind, on).amount_cents
    except UnknownRule:
        return None


@dataclass(frozen=True, slots=True)
class Operations:
    """What orders and commitments take from their operation: its need, its first place, whether quotes were asked there."""

    needs: Mapping[UUID, Need]
    places: Mapping[UUID, str]
    competed: Set[UUID]

    @classmethod
    def of(cls, organisation: Organisation, ids: Set[UUID] | None = None) -> "Operations":
        """All those of a city, or only some."""
        needs = Need.objects.filter(organisation=organisation).select_related("family", "department")
        if ids is not None:
            needs = needs.filter(pk__in=ids)
        places = NeedPlace.objects.filter(need__in=needs).order_by("-place__name")
        asked = Sourcing.objects.filter(need__in=needs, kind=Sourcing.Kind.RFQ, sent_at__isnull=False)
        return cls(
            {need.pk: need for need in needs},
            dict(places.values_list("need_id", "place__name")),
            set(asked.values_list("need_id", flat=True)),
        )

    def explains(self, operation_id: UUID | None) -> str:
        """Its id when quotes were asked in it: a direct purchase explains nothing."""
        return operation_id.hex if operation_id in self.competed and operation_id else ""


def gather(organisation: Organisation) -> list[Bought]:
    """All of them, of every year."""
    operations = Operations.of(organisation)
    engaged = list(
        Commitment.objects.filter(organisation=organisation).exclude(amount_cents=0).select_related("family", "department")
    )
    orders = Order.objects.filter(organisation=organisation).select_related("family", "department").order_by("ordered_on", "pk")
    planned = (need for need in operations.needs.values() if need.state in PLANNED and need.estimate_cents)
    return [
        *(commitment_bought(row, operations) for row in engaged),
        *orders_bought(orders.iterator(chunk_size=5_000), engaged, operations),
        *(need_bought(need, need.counted_cents or 0, operations.places.get(need.pk, "")) for need in planned),
    ]


def commitment_bought(row: Commitment, operations: Operations) -> Bought:
    """What a choice or a direct purchase engaged, with the kind and the place of its need."""
    need = operations.needs.get(row.operation_id) if row.operation_id else None
    kind = (need.kind if need else "") or (row.family.kind if row.family else SUPPLIES)
    purchase = Purchase(
        row.pk.hex, COMMITMENT, row.engaged_on, kind, row.family.code if row.family else "",
        firm_key(row.siret, row.supplier), row.label, operations.places.get(need.pk, "") if need else "",
        row.department.name if row.department else "", row.amount_cents, operations.explains(row.operation_id),
    )  # fmt: skip
    return Bought(purchase, row.supplier, need.pk if need else None, row.unit_id)


def orders_bought(orders: Iterable[Order], engaged: Iterable[Commitment], operations: Operations) -> Iterator[Bought]:
    """Orders by day; of those that an operation engaged already, only what goes beyond it, in its family."""
    left: defaultdict[UUID | None, int] = defaultdict(int)
    families: dict[UUID | None, Family | None] = {}
    for row in engaged:
        if row.operation_id:
            left[row.operation_id] += row.amount_cents
            families.setdefault(row.operation_id, row.family)
    for order in orders:
        cents, operation = order.amount_cents, order.operation_id
        family = families.get(operation, order.family)
        covered = min(max(cents, 0), left[operation]) if operation in left else 0
        if covered:
            left[operation] -= covered
            cents -= covered
        if cents:
            purchase = Purchase(
                order.fingerprint, ORDER, order.ordered_on, family.kind if family else SUPPLIES, family.code if family else "",
                firm_key(order.siret, order.supplier), order.label, order.place,
                order.department.name if order.department else "", cents, operations.explains(operation),
            )  # fmt: skip
            yield Bought(purchase, order.supplier, operation if operation in operations.needs else None, order.unit_id)


def need_bought(need: Need, cents: int, place: str) -> Bought:
    """A need as it is planned, on the day it begins, else the day it was written."""
    on = need.starts_on or timezone.localdate(need.created_at)
    kind = need.kind or (need.family.kind if need.family else SUPPLIES)
    family = need.family.code if need.family else ""
    words = need.title or need.sentence
    purchase = Purchase(need.pk.hex, NEED, on, kind, family, "", words, place, need.department.name, cents)
    return Bought(purchase, "", need.pk, need.unit_id)


def around(need: Need) -> tuple[Bought, list[Bought]]:
    """A need as it is described, and the purchases of its year that share its family or a word; of orders, those alike."""
    organisation = need.organisation
    own = need_bought(need, need.counted_cents or LEAST, _first_place(need))
    year = own.purchase.on.year
    wanted = titled = Q(family=need.family_id) if need.family_id else Q()
    for word in naming(own.purchase.words):
        wanted |= Q(label__icontains=word)
        titled |= Q(title__icontains=word) | Q(title="", sentence__icontains=word)
    if not wanted:
        return own, []
    of_city = {"organisation": organisation}
    listed = _orders_around(need, own.purchase)
    engaged = Commitment.objects.filter(wanted, engaged_on__year=year, **of_city).exclude(operation_id=need.pk)
    chosen = list(engaged.select_related("family", "department").order_by("engaged_on", "pk")[:ENOUGH])
    of_year = Q(starts_on__year=year) | Q(starts_on=None, created_at__year=year)
    planned = Need.objects.filter(titled, of_year, state__in=PLANNED, estimate_cents__gt=0, **of_city).exclude(pk=need.pk)
    known = {row.operation_id for row in (*listed, *chosen) if row.operation_id}
    operations = Operations.of(organisation, known | set(planned.values_list("pk", flat=True)[:ENOUGH]))
    covering = Commitment.objects.filter(operation_id__in={row.operation_id for row in listed if row.operation_id}, **of_city)
    return own, [
        *(commitment_bought(row, operations) for row in chosen),
        *orders_bought(listed, list(covering.select_related("family")), operations),
        *(
            need_bought(other, other.counted_cents or 0, operations.places.get(other.pk, ""))
            for other in operations.needs.values()
            if other.pk not in known and other.state in PLANNED
        ),
    ]


def _orders_around(need: Need, own: Purchase) -> list[Order]:
    """Of the last of its year that share its family, or a word by the index of words: those alike, by day.

    Only these are read whole; those of an operation too, since the first of them take what it engaged.
    """
    year = own.on.year
    of_year = Order.objects.filter(organisation=need.organisation, ordered_on__year=year)
    keys = latest(need.organisation, year, own.words, own.place, ENOUGH)
    if need.family_id:
        keys.update(of_year.filter(family=need.family_id).order_by("-ordered_on", "-pk").values_list("pk", flat=True)[:ENOUGH])
    found, listed = [], sorted(keys)
    for start in range(0, len(listed), AT_A_TIME):
        some = of_year.filter(pk__in=listed[start : start + AT_A_TIME])
        found += some.values_list("ordered_on", "pk", "label", "place", "department__name", "operation_id")
    last = sorted(found, key=itemgetter(0, 1))[-ENOUGH:]
    labels = [(without_department(label, department or ""), place) for _, _, label, place, department, _ in last]
    alike = alike_to(own, set(labels))
    kept = [key for (_, key, *_, operation), label in zip(last, labels, strict=True) if operation or label in alike]
    return list(of_year.filter(pk__in=kept).select_related("family", "department").order_by("ordered_on", "pk"))


def naming(words: str) -> list[str]:
    """The beginnings of the words that name the thing, as they may be written in a label."""
    found = [token for token in re.findall(r"\w+", words) if len(token) >= BEGINNING and signature(token).heavy]
    return sorted({cut for token in found for cut in (token[:BEGINNING].lower(), fold(token)[:BEGINNING])})


def _first_place(need: Need) -> str:
    return NeedPlace.objects.filter(need=need).order_by("place__name").values_list("place__name", flat=True).first() or ""


def digest(organisation: Organisation) -> str:
    """What changes when a purchase is added, changed or taken away. A few queries, whatever their number."""
    orders = Order.objects.filter(organisation=organisation)
    engaged = Commitment.objects.filter(organisation=organisation)
    planned = Need.objects.filter(organisation=organisation, state__in=PLANNED).order_by("pk")
    facts: list[Any] = [
        timezone.localdate().year,
        orders.aggregate(
            n=Count("pk"),
            last=Max("pk"),
            cents=Sum("amount_cents"),
            alone=Count("pk", Q(operation_id=None)),
            units=Count("unit"),
        ),
        engaged.aggregate(n=Count("pk"), cents=Sum("amount_cents"), day=Max("engaged_on"), units=Count("unit")),
        Sourcing.objects.filter(organisation=organisation, kind=Sourcing.Kind.RFQ, sent_at__isnull=False).count(),
        list(planned.values_list("pk", "version", "estimate_cents", "family__code", "kind")),
    ]
    return sha256(canonical([str(fact) for fact in facts])).hexdigest()
