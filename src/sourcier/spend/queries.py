"""The read side of spend, always within one organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Sum
from django.db.models.functions import ExtractYear

from sourcier.accounts.models import Organisation
from sourcier.kernel.activities import Activity
from sourcier.law.book import SURE, Rule
from sourcier.spend import rules
from sourcier.spend.models import CityRule, Commitment, Family


@dataclass(frozen=True, slots=True)
class FamilyYear:
    """A family in a calendar year: cents before tax, number of purchases, of suppliers, and the largest supplier's part."""

    family: Family
    committed_cents: int
    purchases: int
    suppliers: int


def family_total(organisation: Organisation, family: Family, year: int) -> int:
    """Cents before tax engaged in the family from 1 January to 31 December."""
    found = Commitment.objects.filter(organisation=organisation, family=family, engaged_on__year=year)
    return found.aggregate(total=Sum("amount_cents"))["total"] or 0


def operation_total(organisation: Organisation, operation_id: UUID) -> int:
    """Cents before tax engaged in one operation: what adds up for works (R.2121-5)."""
    found = Commitment.objects.filter(organisation=organisation, operation_id=operation_id)
    return found.aggregate(total=Sum("amount_cents"))["total"] or 0


def last_price(organisation: Organisation, family: Family) -> Commitment | None:
    """The last purchase of the family: its amount, day and supplier; None when nothing was bought yet."""
    bought = Commitment.objects.filter(organisation=organisation, family=family, amount_cents__gt=0)
    return bought.order_by("-engaged_on", "-pk").first()


def families_of_year(organisation: Organisation, year: int) -> list[FamilyYear]:
    """Every family with its total of the year, by code; two queries, whatever their number."""
    totals = {
        row["family"]: row
        for row in Commitment.objects.filter(organisation=organisation, family__isnull=False, engaged_on__year=year)
        .values("family")
        .annotate(total=Sum("amount_cents"), purchases=Count("pk"), suppliers=Count("supplier", distinct=True))
    }
    nothing = {"total": 0, "purchases": 0, "suppliers": 0}
    found = []
    for family in Family.objects.filter(organisation=organisation):
        row = totals.get(family.pk, nothing)
        found.append(FamilyYear(family, row["total"], row["purchases"], row["suppliers"]))
    return found


def without_family(organisation: Organisation, year: int) -> int:
    """Cents engaged that year outside any family: no threshold adds them up."""
    found = Commitment.objects.filter(organisation=organisation, family=None, engaged_on__year=year)
    return found.aggregate(total=Sum("amount_cents"))["total"] or 0


def years(organisation: Organisation) -> list[int]:
    """Years with at least one commitment, latest first."""
    found = Commitment.objects.filter(organisation=organisation).annotate(year=ExtractYear("engaged_on"))
    return list(found.order_by("-year").values_list("year", flat=True).distinct())


def propose_family(organisation: Organisation, activities: Sequence[Activity]) -> Family | None:
    """The family that shares most activities with these; among equals, the one they describe best. A person confirms it."""
    wanted = {(activity.nomenclature, activity.code) for activity in activities}
    ranked = [
        (rank, family)
        for family in Family.objects.filter(organisation=organisation)
        if (rank := rules.fit([(nomenclature, code) for nomenclature, code in family.activities], wanted))
    ]
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else None


def city_rules(organisation: Organisation) -> tuple[Rule, ...]:
    """The city's own rules as rows of the book, those ended included; the lowest amount first."""
    return tuple(
        Rule(
            rule.pk.hex, "city", frozenset(rule.kinds), rule.from_cents, rule.first, rule.last, rule.basis, rule.basis, SURE,
            rule.sentence,
        )
        for rule in CityRule.objects.filter(organisation=organisation)
    )  # fmt: skip
