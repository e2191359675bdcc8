"""Three lanes: the city sets who carries a purchase, the need says it with its reason, and keeps it once it is sent."""

import json
from typing import Any
from uuid import uuid4

import pytest

from sourcier.accounts.agents import Agent
from sourcier.journal.models import Payload
from sourcier.journal.verify import verify
from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries
from sourcier.needs.lanes import Declaration, Facts, Lane, Opener, Rule, choose
from sourcier.needs.models import LaneRule, Need
from sourcier.spend.actions import load_families
from sourcier.spend.models import Family
from tests.cities import City
from tests.journal.entries import writes, writes_nothing
from tests.played import played_once

PAIN, OTHER = uuid4(), uuid4()


def rule(lane: Lane, euros: int | None, **scope: object) -> Rule:
    return Rule(uuid4(), lane, euros and euros * 100, Declaration.TICK, Opener.AUTHOR, **scope)  # type: ignore[arg-type]


def chosen(rules: list[Rule], euros: int | None, **known: object) -> tuple[Lane, str]:
    facts: dict[str, object] = {"kind": "supplies", "family": PAIN, "family_label": "Pain"}
    found = choose(rules, Facts(None if euros is None else euros * 100, **(facts | known)))  # type: ignore[arg-type]
    return found.lane, found.sentence.replace("\u202f", " ").replace("\xa0", " ")


def test_below_its_amount_a_lane_holds_and_the_lowest_of_its_level_wins() -> None:
    rules = [rule(Lane.GLANCE, 15_000), rule(Lane.ALONE, 4_000)]
    assert chosen(rules, 3_999) == (Lane.ALONE, "Voie « le service seul » : moins de 4 000 € HT.")
    assert chosen(rules, 4_000)[0] is chosen(rules, 14_999)[0] is Lane.GLANCE
    assert chosen(rules, 15_000) == (
        Lane.LED, "Voie « un acheteur conduit » : 15 000 € HT, c'est plus que les montants réglés.",
    )  # fmt: skip


def test_the_most_precise_rules_decide_alone() -> None:
    everything, supplies = rule(Lane.GLANCE, 15_000), rule(Lane.ALONE, 3_000, kind="supplies")
    pain = rule(Lane.ALONE, 4_000, family=PAIN)
    assert chosen([everything, supplies, pain], 3_500) == (
        Lane.ALONE, "Voie « le service seul » : moins de 4 000 € HT dans la famille Pain.",
    )  # fmt: skip
    assert chosen([everything, supplies, pain], 5_000)[0] is Lane.LED, "the family's own amounts are passed"
    assert chosen([everything, supplies], 2_999)[1].endswith("moins de 3 000 € HT en fournitures.")
    assert chosen([everything, supplies], 3_000)[0] is Lane.LED
    assert chosen([everything, supplies], 3_000, kind="services", family=OTHER)[0] is Lane.GLANCE
    never = rule(Lane.LED, None, family=PAIN)
    assert chosen([everything, never], 10)[1] == "Voie « un acheteur conduit » : quel que soit le montant dans la famille Pain."


@pytest.mark.parametrize(
    ("euros", "known", "why"),
    [
        (None, {}, "le montant n'est pas connu."),
        (100, {"kind": "works"}, "ce sont des travaux."),
        (100, {"family": None}, "la famille de l'achat n'est pas encore connue."),
        (100, {"limit_cents": 60_000_00}, "tout ce qui s'additionne atteint la limite de 60 000 € HT."),
    ],
)
def test_a_buyer_leads_what_is_unknown_works_or_at_the_law_s_limit(
    euros: int | None, known: dict[str, object], why: str
) -> None:
    assert chosen([rule(Lane.ALONE, 4_000)], euros, **known) == (Lane.LED, f"Voie « un acheteur conduit » : {why}")


def test_with_nothing_set_a_buyer_leads() -> None:
    assert chosen([], 10) == (Lane.LED, "Voie « un acheteur conduit » : la ville n'a réglé aucune autre voie.")


@played_once
def bread_to_send(city: City) -> Need:
    """Bread for 3 000 €, ready to be sent; the city has its families."""
    load_families(city.organisation)
    need = actions.start(city.requester, "Pain frais pour les crèches")
    need = actions.save(
        city.requester, need.pk, need.version, estimate_cents=3_000_00, unknown=["what", "how_much", "where", "when"]
    )
    return actions.tick_activities(city.requester, need.pk, [Activity(NAF_REV2, "10.71C")])


def alone(agent: Agent, **changed: Any) -> LaneRule:
    return actions.add_lane(agent, **({"lane": "alone", "up_to_cents": 4_000_00, "opener": "author"} | changed))


def test_the_lane_follows_the_draft_and_is_kept_with_its_reason_once_sent(city: City) -> None:
    need = bread_to_send(city)
    assert queries.lane_of(need).lane is Lane.LED
    family = Family.objects.get(organisation=city.organisation, code="10.01")
    held = alone(city.head_buyer, family=family)
    choice = queries.lane_of(need)
    assert (choice.lane, choice.rule, choice.opener, choice.declaration) == (
        Lane.ALONE,
        held.pk,
        Opener.AUTHOR,
        Declaration.TICK,
    )
    sent = actions.submit(city.requester, need.pk)
    actions.end_lane(city.head_buyer, held.pk)
    assert queries.lane_of(Need.objects.get(pk=sent.pk)) == choice, "what was sent keeps its lane"
    said = json.loads(bytes(Payload.objects.get(entry__verb="need.submitted").body))
    assert said["lane"] == "alone" and "moins de 4" in said["lane_words"]
    assert verify(city.organisation.pk).problems == ()


def test_a_purchase_that_takes_its_family_to_the_limit_is_led_by_a_buyer(city: City) -> None:
    need = bread_to_send(city)
    alone(city.head_buyer, up_to_cents=100_000_00)
    assert queries.lane_of(need).lane is Lane.ALONE
    Need.objects.filter(pk=need.pk).update(estimate_cents=70_000_00)
    choice = queries.lane_of(Need.objects.get(pk=need.pk))
    assert choice.lane is Lane.LED and "s'additionne atteint la limite" in choice.sentence


def test_lanes_are_proposed_once_then_ended_and_stay_in_the_history(city: City, other_city: City) -> None:
    with writes(city.organisation.pk, "lane_rule.added", "lane_rule.added"):
        first, _ = actions.propose_lanes(city.head_buyer)
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="known"):
        actions.propose_lanes(city.head_buyer)
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="known"):
        alone(city.head_buyer)
    with pytest.raises(LaneRule.DoesNotExist):
        actions.end_lane(other_city.head_buyer, first.pk)
    with writes(city.organisation.pk, "lane_rule.ended"):
        actions.end_lane(city.head_buyer, first.pk)
    with pytest.raises(Refused, match="ended"):
        actions.end_lane(city.head_buyer, first.pk)
    assert queries.lane_rules(city.organisation).count() == 2 and not queries.lane_rules(other_city.organisation)


@pytest.mark.parametrize(
    "changed",
    [{"up_to_cents": None}, {"up_to_cents": 0}, {"up_to_cents": -1}, {"lane": "fast"}, {"kind": "works"}, {"kind": "bread"},
     {"opener": "firm"}, {"declaration": ""}],
)  # fmt: skip
def test_a_lane_that_says_too_little_is_refused(city: City, changed: dict[str, Any]) -> None:
    with writes_nothing(city.organisation.pk), pytest.raises(Refused):
        alone(city.head_buyer, **changed)


def test_only_the_head_of_purchasing_sets_lanes(city: City, other_city: City) -> None:
    held = alone(city.head_buyer)
    load_families(other_city.organisation)
    theirs = Family.objects.filter(organisation=other_city.organisation)[0]
    with pytest.raises(Family.DoesNotExist):
        alone(city.head_buyer, family=theirs)
    for agent in (city.buyer, city.requester, city.auditor, city.admin):
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="not_you"):
            alone(agent, up_to_cents=5_000_00)
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="not_you"):
            actions.end_lane(agent, held.pk)
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="not_you"):
            actions.propose_lanes(agent)
