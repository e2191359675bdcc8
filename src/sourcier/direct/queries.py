"""The read side of direct purchases: what the page shows before one is recorded, and those that were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Count, Q, QuerySet, Sum

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Department, Organisation
from sourcier.accounts.queries import usual_places
from sourcier.direct import rules
from sourcier.direct.models import DirectPurchase
from sourcier.direct.parties import Centre, Party
from sourcier.kernel.activities import Activity
from sourcier.kernel.transitions import Refusal
from sourcier.matching import engine
from sourcier.needs import queries as needs
from sourcier.needs.models import Need
from sourcier.register import search as register
from sourcier.register.search import RegisterMissing
from sourcier.spend.models import Family
from sourcier.spend.queries import propose_family
from sourcier.spend.rules import Use
from sourcier.spend.taken import Taken, times_taken
from sourcier.vocabulary.queries import phrases

TOP = 5


@dataclass(frozen=True, slots=True)
class Near:
    """Other firms of the trade around the department: how many, within how many metres."""

    count: int
    radius_m: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page says at once of what is typed so far; None for what cannot be said yet."""

    rule: dict[str, Any] | None
    use: Use | None
    taken: Taken | None
    near: Near | None

    def kept(self) -> dict[str, Any]:
        """As the purchase and the journal keep it; what is unknown is absent."""
        said: dict[str, Any] = {}
        if self.use:
            said |= {"used_cents": self.use.committed_cents, "limit_cents": self.use.limit_cents}
        if self.taken:
            said |= {"taken_department": self.taken.department, "taken_city": self.taken.city}
        if self.near:
            said |= {"near": self.near.count, "radius_m": self.near.radius_m}
        return said


def operation_id(agent: Agent, key: str) -> UUID:
    """The same for a page sent twice by the same person, another for anything else: the id of the operation it makes."""
    return uuid5(agent.organisation.pk, f"direct {agent.id.hex} {key}")


def centres(agent: Agent, department: Department | None) -> list[Centre]:
    """Where the department is delivered, in micro-degrees; the city hall when nobody said."""
    found = usual_places(department).order_by("name").values_list("lat_e6", "lon_e6") if department else ()
    return list(dict.fromkeys(found)) or [(agent.organisation.lat_e6, agent.organisation.lon_e6)]


def proposed_family(agent: Agent, sentence: str) -> Family | None:
    """The family of the trade that these words call first, else of the first ones; a person confirms it."""
    called = _called(agent.organisation, sentence, TOP) if sentence.strip() else []
    own = phrases(agent.organisation)
    return propose_family(agent.organisation, called[:1]) or propose_family(agent.organisation, called, sentence, added=own)


def trade(organisation: Organisation, family: Family | None, sentence: str) -> list[Activity]:
    """The activities among which others are looked for: those of the family, else what the words call first."""
    own = [Activity(nomenclature, code) for nomenclature, code in (family.activities if family else ())]
    return own or _called(organisation, sentence, 1)


def _called(organisation: Organisation, sentence: str, most: int) -> list[Activity]:
    return [match.activity for match in engine.match(sentence, most, added=phrases(organisation)).activities]


def rule_of(agent: Agent, family: Family, amount_cents: int, on: date) -> dict[str, Any]:
    """The law's advice of that day, the whole family being counted, with what is planned."""
    need = Need(organisation=agent.organisation, estimate_cents=amount_cents)
    return needs.rule_of_day(need, family, family.kind, on)


def why_a_need(agent: Agent, sentence: str, family: Family, amount_cents: int, rule: Mapping[str, Any]) -> Refusal | None:
    """What only a buyer, or the head of purchasing, may decide: the law's limit, or a contract that covers the family."""
    need = Need(organisation=agent.organisation, sentence=sentence, family=family, estimate_cents=amount_cents)
    return rules.limit_refusal(rule) or needs.beside_contract(need)


def near(activities: Sequence[Activity], around: Sequence[Centre], chosen: Party | None) -> Near | None:
    """How many others are near: in the smallest radius with three of them, else in the largest. None without a register."""
    if not activities:
        return None
    count, radius = 0, rules.RADII_M[0]
    try:
        for radius in rules.RADII_M:
            count = register.search(activities, around, radius, limit=1).total - _is_among(chosen, activities, radius)
            if count >= rules.OTHERS:
                break
    except RegisterMissing:
        return None
    return Near(count, radius)


def _is_among(chosen: Party | None, activities: Sequence[Activity], radius_m: int) -> bool:
    """Whether the firm chosen is one of those found within the radius."""
    if chosen is None or chosen.distance_m is None or chosen.distance_m > radius_m:
        return False
    own = getattr(chosen.source, "activities", None) or [Activity(chosen.source.nomenclature, chosen.source.activity)]
    met_by = register.correspondence().met_by
    return any(met_by(activity, own) for activity in activities)


def look(
    agent: Agent, department: Department | None, sentence: str, chosen: Party | None, family: Family | None,
    amount_cents: int | None, on: date,
) -> Seen:  # fmt: skip
    """All that can be said now."""
    amount = amount_cents if amount_cents and amount_cents > 0 else 0
    rule = rule_of(agent, family, amount, on) if family else None
    limit = rule.get("limit_cents") if rule else None
    return Seen(
        rule=rule,
        use=Use(rule["used_cents"], amount, limit) if rule and limit else None,
        taken=times_taken(agent.organisation, chosen.siret, department.pk, on) if chosen and department else None,
        near=near(trade(agent.organisation, family, sentence), centres(agent, department), chosen),
    )


def listed(agent: Agent) -> QuerySet[DirectPurchase]:
    """Those of the needs this agent may read, latest first."""
    found = DirectPurchase.objects.filter(organisation=agent.organisation, need__in=needs.visible(agent))
    return found.select_related("need__department", "need__family", "firm", "recorded_by").order_by("-recorded_at", "pk")


def of_need(need: Need) -> DirectPurchase | None:
    """The purchase of a need that was bought directly; no query for the others."""
    if not need.direct:
        return None
    found = DirectPurchase.objects.filter(need=need).select_related("firm", "recorded_by", "cancelled_by")
    return found.prefetch_related("files").first()


def years(agent: Agent) -> list[int]:
    """The years in which something was bought directly."""
    return sorted({day.year for day in listed(agent).order_by().dates("recorded_at", "year")}, reverse=True)


@dataclass(frozen=True, slots=True)
class Year:
    """What was bought directly in a year, what was cancelled left aside."""

    purchases: int
    amount_cents: int
    firms: int
    with_paper: int


def of_year(agent: Agent, year: int) -> Year:
    """Of the agent's city, by the day of recording in Paris."""
    found = listed(agent).filter(cancelled_at=None, recorded_at__year=year).order_by()
    papers = Count("pk", distinct=True, filter=Q(files__isnull=False))
    told = found.aggregate(purchases=Count("pk", distinct=True), firms=Count("firm", distinct=True), with_paper=papers)
    return Year(amount_cents=found.aggregate(total=Sum("amount_cents"))["total"] or 0, **told)
