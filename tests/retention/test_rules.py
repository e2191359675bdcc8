"""How long, from when; what forbids to destroy."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.law.retention import ACCOUNT, CONTACT, CONTRACT, KINDS, PROCEDURE, last_day, term
from sourcier.retention import rules
from sourcier.retention.rules import Facts

OVER = Facts(latest_end=date(2031, 10, 1), known=True, archives=True, held=False, signed=True, erased=False)
AFTER = date(2031, 10, 2)


@pytest.mark.parametrize(
    ("kind", "nature", "years", "article", "archives"),
    [
        (PROCEDURE, "works", 5, "R.2184-12", True),
        (CONTRACT, "supplies", 5, "R.2184-13", True),
        (CONTRACT, "services", 5, "R.2184-13", True),
        (CONTRACT, "works", 10, "R.2184-13", True),
        (CONTRACT, "", 10, "R.2184-13", True),
        (CONTACT, "", 3, "RGPD", False),
        (ACCOUNT, "", 1, "RGPD", False),
    ],
)
def test_the_terms_are_those_of_the_law(kind: str, nature: str, years: int, article: str, archives: bool) -> None:
    rule = term(kind, nature)
    assert (rule.years, rule.archives, rule.code) == (years, archives, f"P{years}Y")
    assert article in rule.article and rule.event and kind in KINDS


def test_a_kind_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="photos"):
        term("photos")


def test_the_last_day_is_the_same_day_some_years_later_and_february_ends() -> None:
    assert last_day(date(2026, 10, 1), 5) == date(2031, 10, 1)
    assert last_day(date(2028, 2, 29), 5) == date(2033, 2, 28)


@given(st.dates(max_value=date(2200, 1, 1)), st.integers(1, 10))
def test_a_longer_term_never_ends_sooner(start: date, years: int) -> None:
    assert start < last_day(start, years) < last_day(start, years + 1)


@pytest.mark.parametrize(
    ("changed", "today", "state", "code"),
    [
        ({}, AFTER, rules.DUE, None),
        ({}, date(2031, 10, 1), rules.RUNNING, "running"),
        ({"signed": False}, AFTER, rules.UNSIGNED, "unsigned"),
        ({"signed": False, "archives": False}, AFTER, rules.DUE, None),
        ({"held": True}, AFTER, rules.HELD, "held"),
        ({"known": False, "latest_end": None}, AFTER, rules.WAITING, "not_started"),
        ({"erased": True}, AFTER, rules.ERASED, "erased"),
    ],
)
def test_nothing_is_destroyed_before_its_day_its_visa_and_the_end_of_a_litigation(
    changed: dict[str, object], today: date, state: str, code: str | None
) -> None:
    facts = Facts(**{**{name: getattr(OVER, name) for name in Facts.__slots__}, **changed})  # type: ignore[arg-type]
    assert rules.state(facts, today) == state
    refusal = rules.may_erase(facts, today)
    assert (refusal.code if refusal else None) == code
