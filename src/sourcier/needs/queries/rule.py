"""What the law of a day asks for a need, all that adds up with it being counted: R.2121-1 and following."""

from datetime import date
from typing import Any

from django.db.models import Q, Sum

from sourcier.accounts.models import Organisation
from sourcier.law.advice import ADAPTED, FORMAL, advise
from sourcier.law.book import WORKS
from sourcier.needs.models import Need
from sourcier.spend.models import Family
from sourcier.spend.queries import city_rules, family_total, operation_total

# Estimated, and neither engaged yet nor given up.
PLANNED = (Need.State.SUBMITTED, Need.State.ACCEPTED, Need.State.ASKED)


def planned_total(organisation: Organisation, family: Family, year: int, but: Need) -> int:
    """Cents before tax of the other needs of the year in this family, as they are estimated."""
    of_year = Q(starts_on__year=year) | Q(starts_on=None, created_at__year=year)
    others = Need.objects.filter(of_year, organisation=organisation, family=family, state__in=PLANNED).exclude(pk=but.pk)
    return others.aggregate(total=Sum("estimate_cents"))["total"] or 0


def rule_of_day(need: Need, family: Family | None, kind: str, on: date, cents: int | None = None) -> dict[str, Any]:
    """The advice of that day as it would be kept. A family adds up over the year, with what is planned; works, by operation.

    `cents`: the price that a firm asks, in the place of the estimate.
    """
    organisation = need.organisation
    planned = 0
    if kind == WORKS:
        used = operation_total(organisation, need.pk)
    else:
        used = family_total(organisation, family, on.year) if family else 0
        planned = planned_total(organisation, family, on.year, need) if family else 0
    named = {"family": family.code, "family_label": family.label} if family else {}
    advice = advise(kind, need.estimate_cents if cents is None else cents, used + planned, on, own=city_rules(organisation))
    return advice.to_json() | {"planned_cents": planned} | named


def crosses(need: Need, on: date) -> dict[str, Any] | None:
    """The rule of that day when the need takes its family, or its works, to the limit and nobody decided so; else None.

    A decision holds for the total it was taken on: beyond, another one is needed.
    """
    if not need.kind or need.estimate_cents is None:
        return None
    rule = rule_of_day(need, need.family, need.kind, on)
    if rule["procedure"] not in (ADAPTED, FORMAL):
        return None
    decided = need.crossing["total_cents"] if need.crossing else -1
    return rule if rule["total_cents"] > decided else None
