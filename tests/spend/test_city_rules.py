"""The city adds rules to the law's: they are said with their source, and never take anything away."""

from datetime import date, timedelta

import pytest

from sourcier.accounts.agents import Agent
from sourcier.kernel.transitions import Refused
from sourcier.law.advice import advise
from sourcier.spend.actions import add_rule, end_rule
from sourcier.spend.models import CityRule
from sourcier.spend.queries import city_rules
from tests.cities import City
from tests.journal.entries import writes, writes_nothing

FIRST = date(2026, 1, 1)


def three_quotes(agent: Agent, **changed: object) -> CityRule:
    given: dict[str, object] = {
        "kinds": ["supplies"], "from_cents": 5_000_00, "first": FIRST, "sentence": "Demandez  trois devis.", "basis": "Guide",
    }  # fmt: skip
    return add_rule(agent, **(given | changed))  # type: ignore[arg-type]


def said(city: City, euros: int, on: date = FIRST, kind: str = "supplies") -> list[str]:
    advice = advise(kind, euros * 100, 0, on, own=city_rules(city.organisation))
    return [duty.sentence for duty in advice.duties if duty.id == "city"]


def test_a_rule_is_said_from_its_amount_its_day_and_for_its_kinds(city: City, other_city: City) -> None:
    with writes(city.organisation.pk, "city_rule.added"):
        three_quotes(city.head_buyer)
    assert said(city, 5_000) == ["Demandez trois devis."]
    assert said(city, 4_999) == said(city, 5_000, FIRST - timedelta(days=1)) == said(city, 5_000, kind="works") == []
    assert said(other_city, 5_000) == []


def test_a_rule_that_is_ended_stays_in_the_history(city: City, other_city: City) -> None:
    rule = three_quotes(city.head_buyer)
    with writes(city.organisation.pk, "city_rule.ended"):
        end_rule(city.head_buyer, rule.pk, date(2026, 6, 30))
    assert said(city, 5_000, date(2026, 6, 30)) and not said(city, 5_000, date(2026, 7, 1))
    assert len(city_rules(city.organisation)) == 1
    with pytest.raises(Refused, match="ended"):
        end_rule(city.head_buyer, rule.pk, date(2026, 12, 31))
    with pytest.raises(CityRule.DoesNotExist):
        end_rule(other_city.head_buyer, rule.pk, date(2026, 12, 31))


@pytest.mark.parametrize(
    "changed",
    [{"kinds": []}, {"kinds": ["bread"]}, {"from_cents": -1}, {"from_cents": None}, {"first": None}, {"sentence": " "},
     {"basis": "x" * 201}],
)  # fmt: skip
def test_a_rule_that_says_too_little_is_refused(city: City, changed: dict[str, object]) -> None:
    with writes_nothing(city.organisation.pk), pytest.raises(Refused):
        three_quotes(city.head_buyer, **changed)


def test_only_the_head_of_purchasing_changes_them(city: City) -> None:
    rule = three_quotes(city.head_buyer)
    for agent in (city.buyer, city.requester, city.auditor, city.admin):
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="not_you"):
            three_quotes(agent)
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="not_you"):
            end_rule(agent, rule.pk, FIRST)
