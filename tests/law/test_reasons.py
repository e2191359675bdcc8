"""The reasons for which one firm alone may be taken."""

import pytest

from sourcier.law.reasons import REASONS, reason, reasons, reasons_refusal


def test_each_reason_says_its_words_its_article_and_what_the_file_should_show() -> None:
    assert len({known.id for known in REASONS}) == len({known.label for known in REASONS}) == len(REASONS)
    for known in REASONS:
        assert known.article.startswith("CCP art. ") and known.shows.endswith(".") and not known.label.endswith(".")
        assert reason(known.id) is known


def test_above_the_exemption_only_the_special_cases_of_the_law_remain() -> None:
    assert {known.id for known in reasons(exempt=False)} == {
        "only_one", "imperious_urgency", "no_answer", "same_equipment", "similar_work",
    }  # fmt: skip
    assert all("R.2122-8" in known.article for known in set(reasons()) - set(reasons(exempt=False)))


def test_what_is_not_sure_is_to_verify() -> None:
    assert not reason("only_one").to_verify and reason("similar_work").to_verify


@pytest.mark.parametrize(
    ("ticked", "exempt", "code"),
    [
        ([], True, "no_reason"),
        (["habit"], True, "wrong_reason"),
        (["small_amount"], False, "wrong_reason"),
        (["small_amount", "only_one"], False, "wrong_reason"),
        (["small_amount", "urgency"], True, ""),
        (["only_one"], False, ""),
    ],
)
def test_a_tick_is_needed_and_must_be_enough_for_the_amount(ticked: list[str], exempt: bool, code: str) -> None:
    refusal = reasons_refusal(ticked, exempt)
    assert (refusal.code if refusal else "") == code
