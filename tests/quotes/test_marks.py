"""Marks and ranks: pure rules, checked by properties and by hand."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.quotes.rules import (
    BEST_MARK,
    PRICE_FORMULAS,
    judged_mark,
    may_choose,
    may_evaluate,
    may_open,
    price_marks,
    ranks,
    weighted_total,
)

DEADLINE = datetime(2026, 9, 30, 10, 0, tzinfo=UTC)
TOTALS = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 10**9), min_size=1, max_size=8)


@given(TOTALS, st.sampled_from(sorted(PRICE_FORMULAS)))
def test_the_lowest_price_takes_the_best_mark_and_nobody_goes_outside_zero_and_hundred(
    totals: dict[str, int], formula: str
) -> None:
    marks = price_marks(formula, totals)
    assert marks[min(totals, key=totals.__getitem__)] == BEST_MARK
    assert all(0 <= mark <= BEST_MARK for mark in marks.values())


@given(TOTALS, st.sampled_from(sorted(PRICE_FORMULAS)))
def test_a_higher_price_never_takes_a_better_mark(totals: dict[str, int], formula: str) -> None:
    marks = price_marks(formula, totals)
    by_price = sorted(totals, key=totals.__getitem__)
    assert all(marks[cheap] >= marks[dear] for cheap, dear in pairwise(by_price))


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 10_000), max_size=8))
def test_ranks_follow_the_totals_and_equals_share_one(totals: dict[str, int]) -> None:
    placed = ranks(totals)
    assert all((placed[a] < placed[b]) == (totals[a] > totals[b]) for a in totals for b in totals)
    assert not totals or min(placed.values()) == 1


def test_the_announced_formulas_give_the_marks_that_a_firm_can_compute_again() -> None:
    totals = {"a": 1_000_00, "b": 1_250_00, "c": 2_500_00}
    assert price_marks("proportional", totals) == {"a": 100_00, "b": 80_00, "c": 40_00}
    assert price_marks("linear", totals) == {"a": 100_00, "b": 75_00, "c": 0}
    assert weighted_total([(40, 80_00), (60, judged_mark([70, 81]))]) == 77_30


@pytest.mark.parametrize(
    ("state", "deadline", "reference", "code"),
    [
        ("open", DEADLINE + timedelta(minutes=1), True, "before_deadline"),
        ("closed", DEADLINE, True, "before_deadline"),
        ("closed", DEADLINE - timedelta(milliseconds=1), False, "no_reference"),
        ("closed", DEADLINE - timedelta(milliseconds=1), True, None),
        ("opened", DEADLINE - timedelta(days=1), True, "already_opened"),
    ],
)
def test_answers_open_once_after_the_deadline_and_after_the_reference(
    state: str, deadline: datetime, reference: bool, code: str | None
) -> None:
    refusal = may_open(state, deadline, DEADLINE, reference, True)
    assert (refusal.code if refusal else None) == code


def test_an_information_request_opens_without_a_price_reference() -> None:
    assert may_open("closed", DEADLINE - timedelta(seconds=1), DEADLINE, False, False) is None


def test_nothing_is_marked_while_a_last_price_is_awaited_or_after_the_choice() -> None:
    assert may_evaluate("opened", False) is None
    for state, pending in (("opened", True), ("chosen", False), ("done", False), ("closed", False)):
        assert may_evaluate(state, pending) is not None


def test_the_choice_waits_for_all_marks_and_for_its_reason() -> None:
    why = "Le pain de cette maison est le meilleur."
    assert may_choose(False, [], why) is None
    for own_missing, unfinished, rationale in ((True, [], why), (False, [("Salima", 2)], why), (False, [], "Parce que.")):
        assert may_choose(own_missing, unfinished, rationale) is not None
    short = may_choose(False, [], "  moins cher, voilà. ")
    assert short and "il manque 2 caractères" in short.sentence
