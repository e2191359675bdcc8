"""What the law of a day asks for a need, all that adds up with it being counted: R.2121-1 and following."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from sourcier.accounts.models import Organisation
from sourcier.kernel.money import format_cents
from sourcier.law.advice import ADAPTED, FORMAL, advise
from sourcier.law.book import WORKS
from sourcier.needs.models import Need
from sourcier.needs.rules import LENGTH_FIELDS
from sourcier.spend.models import Family, Unit
from sourcier.spend.queries import city_rules, family_total, operation_total
from sourcier.spend.totals import unit_total

# Estimated, and neither engaged yet nor given up.
PLANNED = (Need.State.SUBMITTED, Need.State.ACCEPTED, Need.State.ASKED)
COUNTED = ("estimate_cents", *LENGTH_FIELDS)


def planned_total(organisation: Organisation, family: Family, year: int, but: Need) -> int:
    """Cents before tax of the other needs of the year in this family, as they are estimated."""
    of_year = Q(starts_on__year=year) | Q(starts_on=None, created_at__year=year)
    others = Need.objects.filter(of_year, organisation=organisation, family=family, state__in=PLANNED).exclude(pk=but.pk)
    return sum(need.counted_cents or 0 for need in others.only(*COUNTED))


def planned_in_units(organisation: Organisation, but: Need | None = None) -> dict[UUID, int]:
    """Cents before tax of the needs of each unit, whatever their family and year, as they are estimated."""
    found = Need.objects.filter(organisation=organisation, unit__isnull=False, state__in=PLANNED)
    if but:
        found = found.exclude(pk=but.pk)
    totals: defaultdict[UUID, int] = defaultdict(int)
    for need in found.only("unit", *COUNTED):
        totals[need.unit_id] += need.counted_cents or 0  # type: ignore[index]
    return totals


@dataclass(frozen=True, slots=True)
class Added:
    """What adds up with a need: engaged already, and planned by other needs. Cents, before tax."""

    engaged_cents: int
    planned_cents: int

    @property
    def cents(self) -> int:
        return self.engaged_cents + self.planned_cents

    def __str__(self) -> str:
        return f"{format_cents(self.cents)}\u00a0HT"


def rule_of_day(need: Need, family: Family | None, kind: str, on: date, cents: int | None = None) -> dict[str, Any]:
    """The advice of that day as it would be kept. A family adds up over the year, with what is planned; works, by operation.

    In a unit, all its purchases add up, whatever the year: for works, they do instead of the single operation; for supplies and
    services, the greater of the two totals rules. `cents`: the price that a firm asks, in the place of the estimate.
    """
    own = _own(need, family, kind, on.year)
    unit = need.unit
    rules, counted = own, []
    if unit and (kind == WORKS or unit.nature == Unit.Nature.FUNCTIONAL):
        together = Added(unit_total(unit), planned_in_units(need.organisation, need).get(unit.pk, 0))
        rules = together if kind == WORKS else max(together, own, key=lambda added: added.cents)
        counted = _counted(unit, family, on.year, together, own, rules)
    elif unit:
        counted = [f"Cet achat compte aussi dans l'opération de travaux «\u00a0{unit.label}\u00a0» (CCP art. R.2121-5)."]
    here = need.counted_cents if cents is None else cents
    if cents is None and (length := need.length.words(need.estimate_cents)):
        counted = [length, *counted]
    advice = advise(kind, here, rules.cents, on, own=city_rules(need.organisation)).to_json()
    named = {"family": family.code, "family_label": family.named(on.year)} if family else {}
    if unit:
        named |= {"unit": str(unit.pk), "unit_label": unit.label, "unit_nature": unit.nature}
        named |= {"sum_of": "own" if rules is own else "unit"}
    return advice | {"planned_cents": rules.planned_cents, "sentences": [*counted, *advice["sentences"]]} | named  # type: ignore[misc]


def _own(need: Need, family: Family | None, kind: str, year: int) -> Added:
    """What adds up with it outside any unit."""
    if kind == WORKS:
        return Added(operation_total(need.organisation, need.pk), 0)
    if family is None:
        return Added(0, 0)
    return Added(family_total(need.organisation, family, year), planned_total(need.organisation, family, year, need))


def _counted(unit: Unit, family: Family | None, year: int, together: Added, own: Added, rules: Added) -> list[str]:
    """What was added up, in words."""
    if unit.nature == Unit.Nature.WORKS:
        return [
            f"Sont additionnés tous les achats de l'opération de travaux «\u00a0{unit.label}\u00a0», "
            f"quelle que soit l'année\u00a0: {together} engagés ou prévus, sans cet achat (CCP art. R.2121-5)."
        ]
    said = [
        f"Sont additionnés tous les achats de l'unité fonctionnelle «\u00a0{unit.label}\u00a0», quelle que soit l'année\u00a0: "
        f"{together} engagés ou prévus, sans cet achat (CCP art. R.2121-6)."
    ]
    if family:
        higher = "celui de la famille" if rules is own else "celui de l'unité"
        said.append(f"La famille {family.named(year)} atteint {own} pour {year}. Le total le plus haut compte\u00a0: {higher}.")
    return said


def is_exempt(need: Need, on: date) -> bool:
    """Whether one firm alone may be taken that day for a plain reason: true as long as nothing says the limit is reached."""
    if not need.kind or need.estimate_cents is None:
        return True
    return rule_of_day(need, need.family, need.kind, on)["procedure"] not in (ADAPTED, FORMAL)


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
