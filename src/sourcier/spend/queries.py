"""The read side of spend, always within one organisation."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import ExtractYear
from django.utils import timezone

from sourcier.accounts.models import Organisation
from sourcier.kernel.activities import Activity
from sourcier.kernel.french import fold
from sourcier.law.book import SURE, Rule
from sourcier.matching.engine import CityPhrase
from sourcier.spend.models import CityRule, Commitment, Family, Order
from sourcier.spend.proposing import from_activities, from_words
from sourcier.spend.totals import ordered_by_family


def families_in(organisation: Organisation, year: int) -> QuerySet[Family]:
    """The nomenclature of a year, by code."""
    goes_on = Q(last_year=None) | Q(last_year__gte=year)
    return Family.objects.filter(goes_on, organisation=organisation, first_year__lte=year)


@dataclass(frozen=True, slots=True)
class FamilyYear:
    """A family in a calendar year: cents before tax, number of purchases, of suppliers, and the largest supplier's part."""

    family: Family
    committed_cents: int
    purchases: int
    suppliers: int


def family_total(organisation: Organisation, family: Family, year: int) -> int:
    """Cents before tax engaged in the family from 1 January to 31 December: by the choices of this tool, and elsewhere."""
    found = Commitment.objects.filter(organisation=organisation, family=family, engaged_on__year=year)
    chosen = found.aggregate(total=Sum("amount_cents"))["total"] or 0
    return chosen + ordered_by_family(organisation, year).get(family.pk, 0)


def twelve_months(organisation: Organisation, family: Family, until: date) -> int:
    """Cents before tax engaged in the family in the twelve months that end that day, for a need that comes back (R.2121-7)."""
    since = until - timedelta(days=365)
    chosen = Commitment.objects.filter(organisation=organisation, family=family, engaged_on__gt=since, engaged_on__lte=until)
    ordered = Order.objects.filter(organisation=organisation, family=family, ordered_on__gt=since, ordered_on__lte=until)
    sums = (chosen.aggregate(total=Sum("amount_cents")), ordered.filter(operation_id=None).aggregate(total=Sum("amount_cents")))
    return sum(found["total"] or 0 for found in sums)


def operation_total(organisation: Organisation, operation_id: UUID) -> int:
    """Cents before tax engaged in one operation: what adds up for works (R.2121-5)."""
    found = Commitment.objects.filter(organisation=organisation, operation_id=operation_id)
    return found.aggregate(total=Sum("amount_cents"))["total"] or 0


def operation_totals(organisation: Organisation, operation_ids: Collection[UUID]) -> dict[UUID, int]:
    """Cents before tax engaged in each of these operations; those with none are left out."""
    found = Commitment.objects.filter(organisation=organisation, operation_id__in=operation_ids)
    return dict(found.order_by().values_list("operation_id").annotate(Sum("amount_cents")))


def last_price(organisation: Organisation, family: Family) -> Commitment | None:
    """The last purchase of the family: its amount, day and supplier; None when nothing was bought yet."""
    bought = Commitment.objects.filter(organisation=organisation, family=family, amount_cents__gt=0)
    return bought.order_by("-engaged_on", "-pk").first()


def families_of_year(organisation: Organisation, year: int) -> list[FamilyYear]:
    """The families of the year, and those bought in it all the same, with their totals, by code; a few queries in all."""
    chosen = Commitment.objects.filter(organisation=organisation, family__isnull=False, engaged_on__year=year)
    ordered = Order.objects.filter(organisation=organisation, family__isnull=False, ordered_on__year=year)
    committed = dict(chosen.values_list("family").annotate(Sum("amount_cents")))
    beside = ordered_by_family(organisation, year)
    purchases: Counter[UUID] = Counter()
    suppliers: defaultdict[UUID, set[str]] = defaultdict(set)
    for rows in (chosen.exclude(amount_cents=0), ordered.filter(operation_id=None)):
        for family, supplier, count in rows.values_list("family", "supplier").annotate(Count("pk")).order_by():
            purchases[family] += count
            suppliers[family].add(fold(supplier))
    return [
        FamilyYear(
            family, committed.get(family.pk, 0) + beside.get(family.pk, 0), purchases[family.pk], len(suppliers[family.pk])
        )
        for family in Family.objects.filter(organisation=organisation)
        if family.holds(year) or purchases[family.pk] or beside.get(family.pk)
    ]


def without_family(organisation: Organisation, year: int) -> int:
    """Cents engaged that year outside any family: no threshold adds them up."""
    found = Commitment.objects.filter(organisation=organisation, family=None, engaged_on__year=year)
    chosen = found.aggregate(total=Sum("amount_cents"))["total"] or 0
    return chosen + ordered_by_family(organisation, year).get(None, 0)


def years(organisation: Organisation) -> list[int]:
    """Years with at least one purchase, latest first."""
    chosen = Commitment.objects.filter(organisation=organisation).annotate(year=ExtractYear("engaged_on"))
    ordered = Order.objects.filter(organisation=organisation).annotate(year=ExtractYear("ordered_on"))
    found = (rows.order_by("year").values_list("year", flat=True).distinct() for rows in (chosen, ordered))
    return sorted({year for each in found for year in each}, reverse=True)


def propose_family(
    organisation: Organisation, activities: Sequence[Activity], text: str = "", *, added: Sequence[CityPhrase] = ()
) -> Family | None:
    """The family of this year that these activities describe best, else the one nearest to these words. To be confirmed.

    `added`: the city's own words.
    """
    families = list(families_in(organisation, timezone.localdate().year))
    return from_activities(families, activities) or (from_words(families, text, added) if text else None)


def city_rules(organisation: Organisation) -> tuple[Rule, ...]:
    """The city's own rules as rows of the book, those ended included; the lowest amount first."""
    return tuple(
        Rule(
            str(rule.pk), "city", frozenset(rule.kinds), rule.from_cents, rule.first, rule.last, rule.basis, rule.basis, SURE,
            rule.sentence,
        )
        for rule in CityRule.objects.filter(organisation=organisation)
    )  # fmt: skip
