"""The way of a purchase, in the words of a department and in those of a buyer."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.money import format_cents
from sourcier.law.advice import advise
from sourcier.law.book import KINDS
from sourcier.law.path import PROFILE, QUESTIONS, TOOL, Stage

TODAY = date(2026, 9, 1)


def way(euros: int | None, kind: str = "supplies", on: date = TODAY, case: str = "") -> dict[str, Stage]:
    advice = advise(kind, None if euros is None else euros * 100, 0, on, case)
    return {stage.id: stage for stage in advice.path}


def test_a_small_purchase_is_held_here_without_notice_and_a_quote_is_enough() -> None:
    small = way(4_000)
    assert [stage.question for stage in small.values()] == list(QUESTIONS)
    assert small["channel"].plain == "Tout se passe ici." and small["form"].plain == "Un devis accepté suffit."
    assert format_cents(25_000_00) in small["form"].precise and small["procedure"].article == "CCP art. R.2122-8"
    assert advise("supplies", 4_000_00, 0, TODAY).to_json()["channel"] == TOOL


@pytest.mark.parametrize(("euros", "paper"), [(24_999, "Un devis accepté suffit."), (25_000, "Oui : une lettre")])
def test_from_twenty_five_thousand_euros_the_contract_is_written(euros: int, paper: str) -> None:
    assert way(euros)["form"].plain.startswith(paper)


@pytest.mark.parametrize(("euros", "notice"), [(60_000, "Oui. L'acheteur choisit"), (90_000, "Oui, au bulletin officiel")])
def test_above_the_exemption_the_profile_takes_over_and_the_notice_depends_on_the_amount(euros: int, notice: str) -> None:
    adapted = way(euros)
    assert adapted["publicity"].plain.startswith(notice)
    assert "profil d'acheteur" in adapted["channel"].plain and "R.2111-1" in adapted["channel"].article
    assert advise("supplies", euros * 100, 0, TODAY).to_json()["channel"] == PROFILE


def test_a_formal_procedure_says_its_least_time_in_days_and_that_it_is_to_be_checked() -> None:
    advice = advise("services", 300_000_00, 0, TODAY).to_json()
    assert advice["minimal_days"] == 30
    assert way(300_000, "services")["time"].confidence == "check" and "35 jours" in way(300_000, "services")["time"].precise
    assert "minimal_days" not in advise("services", 100_000_00, 0, TODAY).to_json()


def test_a_special_case_keeps_the_simple_way_by_its_own_article() -> None:
    assert way(80_000, case="innovation")["procedure"].article == "CCP art. R.2122-9-1"


def test_nothing_is_said_of_the_way_without_an_amount_or_on_a_day_outside_the_book() -> None:
    assert not way(None) and not way(1, on=date(2011, 1, 1))
    assert "channel" not in advise("supplies", None, 0, TODAY).to_json()


@given(st.sampled_from(sorted(KINDS)), st.integers(0, 10_000_000), st.integers(0, 10_000_000))
def test_more_money_never_brings_the_consultation_back_here(kind: str, euros: int, more: int) -> None:
    low, high = (advise(kind, amount * 100, 0, TODAY).to_json() for amount in (euros, euros + more))
    assert not (low["channel"] == PROFILE and high["channel"] == TOOL)
    assert low.get("minimal_days", 0) <= high.get("minimal_days", 0)  # type: ignore[operator]


@given(st.sampled_from(sorted(KINDS)), st.integers(0, 10_000_000))
def test_a_department_reads_neither_article_nor_term_of_the_trade(kind: str, euros: int) -> None:
    for stage in advise(kind, euros * 100, 0, TODAY).path:
        assert not any(word in stage.plain for word in ("art.", "R.2", "MAPA", "HT", "sourçage", "adaptée"))
