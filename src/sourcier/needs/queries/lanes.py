"""The lane of a need: read from the city's rules as long as it is described, kept as it was once it is sent."""

from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from sourcier.accounts.models import Organisation
from sourcier.kernel.money import format_cents
from sourcier.law.advice import EXEMPT
from sourcier.needs import lanes
from sourcier.needs.lanes import BY_AUTHOR, Declaration, Lane, LaneChoice, Opener
from sourcier.needs.models import LaneRule, Need
from sourcier.needs.queries.family import proposed_family
from sourcier.needs.queries.rule import rule_of_day
from sourcier.needs.rules import WITH_DEPARTMENT
from sourcier.spend.models import Family


def lane_rules(organisation: Organisation) -> QuerySet[LaneRule]:
    """Those in force and those ended, with the family and who set them: those for all first, then by amount."""
    found = LaneRule.objects.filter(organisation=organisation).select_related("family", "added_by")
    return found.order_by(F("family__code").asc(nulls_first=True), "kind", "up_to_cents", "added_at", "pk")


def lane_of(need: Need) -> LaneChoice:
    """The lane of this need and its reason. While it is described it follows each save; then it no longer moves by itself."""
    if need.state in WITH_DEPARTMENT:
        return lane_today(need)
    kept = need.lane_choice
    if not kept:
        return lanes.led(lanes.NOTHING_SET)
    return LaneChoice(
        Lane(need.lane), kept["sentence"], UUID(kept["rule"]) if kept.get("rule") else None, Declaration(kept["declaration"]),
        Opener(kept["opener"]), kept.get("up_to_cents"),
    )  # fmt: skip


def lane_today(need: Need) -> LaneChoice:
    """What the city's rules of today say of the need as it is now."""
    return _lane(need, timezone.now())


def outgrown(need: Need, cents: int | None = None) -> LaneChoice | None:
    """The more guarded lane that this need now asks for, or the price of a firm in its place; None when its own still holds.

    The city's rules are those of the day it was sent: what it changes since holds for the needs to come.
    """
    if need.lane not in BY_AUTHOR or need.submitted_at is None:
        return None
    now = _lane(need, need.submitted_at, cents)
    return now if lanes.stricter(now.lane, Lane(need.lane)) else None


def _lane(need: Need, at: datetime, cents: int | None = None) -> LaneChoice:
    in_force = Q(ended_at=None) | Q(ended_at__gt=at)
    known = [_rule(rule) for rule in lane_rules(need.organisation).filter(in_force, added_at__lte=at)]
    amount = need.estimate_cents if cents is None else cents
    if not known or amount is None:
        return lanes.choose(known, lanes.Facts(amount))
    family = need.family or proposed_family(need)
    kind = need.kind or (family.kind if family else "")
    facts = lanes.Facts(amount, kind, family and family.pk, family.label if family else "", _limit(need, family, kind, amount))
    return lanes.choose(known, facts)


def _limit(need: Need, family: Family | None, kind: str, cents: int) -> int | None:
    """The law's exemption, when the purchase takes what adds up with it there; zero on a day whose rule is unknown."""
    if not kind:
        return None
    rule = rule_of_day(need, family, kind, timezone.localdate(), cents)
    return None if rule["procedure"] == EXEMPT else rule.get("limit_cents", 0)


def _rule(row: LaneRule) -> lanes.Rule:
    return lanes.Rule(
        row.pk, Lane(row.lane), row.up_to_cents, Declaration(row.declaration), Opener(row.opener), row.family_id, row.kind
    )


def lane_words(rule: LaneRule) -> str:
    """« le service seul, moins de 4 000 € HT, famille Pain »."""
    amount = f"moins de {format_cents(rule.up_to_cents)} HT" if rule.up_to_cents is not None else "quel que soit le montant"
    return f"{lanes.NAMES[Lane(rule.lane)]}, {amount}, {lane_scope(rule)}"


def lane_scope(rule: LaneRule) -> str:
    """Which purchases a rule is about."""
    if rule.family:
        return f"famille {rule.family.label}"
    return rule.get_kind_display().lower() if rule.kind else "toutes les familles"
