import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.canonical import canonical
from sourcier.law.advice import ADAPTED, EXEMPT, FORMAL, NO_AMOUNT, UNKNOWN, Advice, advise
from sourcier.law.book import KINDS

TODAY = date(2026, 9, 1)
STRICTNESS = {EXEMPT: 0, ADAPTED: 1, FORMAL: 2, UNKNOWN: 3}
kinds = st.sampled_from(sorted(KINDS))
amounts = st.integers(0, 1_000_000_000)
days = st.dates(date(2010, 1, 1), date(2035, 12, 31))


def duties(advice: Advice) -> set[str]:
    return {duty.id for duty in advice.duties}


def words(advice: Advice) -> str:
    return " ".join([advice.title, *advice.sentences, *(duty.sentence for duty in (*advice.duties, *advice.articles))])


@pytest.mark.parametrize(
    ("kind", "euros", "used", "on", "procedure"),
    [
        ("supplies", 59_999, 0, "2026-04-01", EXEMPT),
        ("supplies", 60_000, 0, "2026-04-01", ADAPTED),
        ("supplies", 40_000, 0, "2026-03-31", ADAPTED),
        ("supplies", 39_999, 0, "2026-03-31", EXEMPT),
        ("services", 20_000, 40_000, "2026-09-01", ADAPTED),
        ("services", 216_000, 0, "2026-09-01", FORMAL),
        ("services", 215_999, 0, "2026-09-01", ADAPTED),
        ("works", 99_999, 0, "2026-09-01", EXEMPT),
        ("works", 120_000, 0, "2027-06-01", ADAPTED),
        ("works", 5_404_000, 0, "2026-09-01", FORMAL),
        ("supplies", 14_999, 0, "2012-06-01", EXEMPT),
        ("supplies", 15_000, 0, "2012-06-01", UNKNOWN),
        ("supplies", 1, 0, "2011-12-11", UNKNOWN),
        ("supplies", 300_000, 0, "2028-01-01", UNKNOWN),
        ("supplies", 10_000, 0, "2028-01-01", EXEMPT),
    ],
)
def test_the_procedure_follows_the_whole_of_the_family_and_the_day(
    kind: str, euros: int, used: int, on: str, procedure: str
) -> None:
    assert advise(kind, euros * 100, used * 100, date.fromisoformat(on)).procedure == procedure


@given(kinds, amounts, amounts, amounts, days)
def test_a_higher_amount_never_lowers_the_duties(kind: str, amount: int, more: int, used: int, on: date) -> None:
    low, high = advise(kind, amount, used, on), advise(kind, amount + more, used, on)
    assert STRICTNESS[low.procedure] <= STRICTNESS[high.procedure]
    assert duties(low) <= duties(high)


@given(kinds, amounts, amounts, amounts, days)
def test_joining_two_needs_of_a_family_never_lowers_the_duties(kind: str, one: int, two: int, used: int, on: date) -> None:
    joined = advise(kind, one + two, used, on)
    for alone in (advise(kind, one, used, on), advise(kind, two, used, on)):
        assert STRICTNESS[alone.procedure] <= STRICTNESS[joined.procedure]
        assert duties(alone) <= duties(joined)


@given(kinds, amounts, amounts, amounts, days)
def test_more_already_used_never_lowers_the_duties(kind: str, amount: int, used: int, more: int, on: date) -> None:
    low, high = advise(kind, amount, used, on), advise(kind, amount, used + more, on)
    assert STRICTNESS[low.procedure] <= STRICTNESS[high.procedure]
    assert duties(low) <= duties(high)


def strings_and_integers(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and key.isascii() and strings_and_integers(item) for key, item in value.items())
    if isinstance(value, list):
        return all(strings_and_integers(item) for item in value)
    return isinstance(value, str | int) and not isinstance(value, bool)


@given(kinds, st.none() | amounts, amounts, days)
def test_the_advice_enters_the_journal_and_speaks_in_sentences(kind: str, amount: int | None, used: int, on: date) -> None:
    advice = advise(kind, amount, used, on)
    assert strings_and_integers(advice.to_json())
    assert canonical(advice.to_json())
    assert advice.sentences
    assert all(sentence.endswith(".") for sentence in (*advice.sentences, *(duty.sentence for duty in advice.duties)))


@given(kinds, st.none() | amounts, amounts, days)
def test_never_three_compulsory_quotes_nor_no_rule_at_all(kind: str, amount: int | None, used: int, on: date) -> None:
    advice = advise(kind, amount, used, on)
    assert not re.search(r"(trois|3) devis", words(advice), re.IGNORECASE)
    assert "aucune règle" not in words(advice).lower()
    assert {"answers_need", "public_money", "rotation", "trace"} <= duties(advice)


def test_without_an_amount_the_advice_asks_for_one_and_says_the_limit() -> None:
    advice = advise("supplies", None, 0, TODAY)
    assert advice.procedure == NO_AMOUNT
    assert "60\u202f000" in advice.sentences[0]
    assert "amount_cents" not in advice.to_json()


def test_a_contract_of_a_small_amount_has_its_own_duties_by_its_own_amount() -> None:
    small = advise("supplies", 4_999_00, 30_000_00, TODAY)
    assert "vigilance" not in duties(small)
    assert "written_contract" in duties(small)
    assert "vigilance" in duties(advise("supplies", 5_000_00, 0, TODAY))
    assert "essential_data" in duties(advise("supplies", 40_000_00, 0, TODAY))
    assert "essential_data" not in duties(advise("supplies", 39_999_99, 0, TODAY))


def test_publicity_is_free_below_90_000_euros_then_official() -> None:
    free = next(duty for duty in advise("supplies", 89_999_00, 0, TODAY).duties if duty.id == "publicity")
    official = next(duty for duty in advise("supplies", 90_000_00, 0, TODAY).duties if duty.id == "publicity")
    assert "de votre choix" in free.sentence
    assert "BOAMP" in official.sentence


def test_what_rests_on_an_uncertain_rule_is_marked() -> None:
    marks = {duty.id: duty.confidence for duty in advise("works", 30_000_00, 0, date(2020, 8, 1)).duties}
    assert marks["written_contract"] == "check"
    assert dict(advise("works", 1, 0, date(2020, 8, 1)).thresholds)["exemption"].to_verify  # type: ignore[union-attr]
    assert advise("works", 1, 0, TODAY).announced[0].confidence == "future"


@pytest.mark.parametrize(("kind", "amount", "used"), [("supplies", -1, 0), ("supplies", 0, -1), ("chairs", 1, 1)])
def test_a_negative_amount_or_an_unknown_kind_is_refused(kind: str, amount: int, used: int) -> None:
    with pytest.raises(ValueError, match=r"zero|kind"):
        advise(kind, amount, used, TODAY)
