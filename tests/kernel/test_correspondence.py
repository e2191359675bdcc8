"""Two nomenclatures meet by a table, or by what establishments bear together; a code alone never crosses."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.correspondence import LEAST, SHARE, Correspondence, Counted, Official, corresponding, counted

BAKER, OTHER_BAKER, CATERER = (Activity(NAF_REV2, code) for code in ("10.71C", "10.71D", "56.21Z"))
BREAD, CAKE, SAME_CODE = (Activity(NAF_2025, code) for code in ("10.71H", "10.71J", "10.71C"))
INSEE = Official("table.xls", "ab" * 32, date(2026, 9, 1))


def test_the_most_borne_comes_first_and_both_ways_are_known() -> None:
    found = counted({(BAKER, BREAD): 41, (OTHER_BAKER, BREAD): 60, (BAKER, CAKE): 7}, "b1")
    assert found.of(BAKER) == (BREAD, CAKE)
    assert found.of(BREAD) == (OTHER_BAKER, BAKER)
    assert found.origin == Counted("b1", 108)


def test_what_few_establishments_bear_together_does_not_count() -> None:
    counts = {(BAKER, BREAD): 1_000, (BAKER, CAKE): 12, (CATERER, CAKE): 2_000, (OTHER_BAKER, CAKE): LEAST - 1}
    found = counted(counts, "b1")
    assert found.of(BAKER) == (BREAD,)  # 12 are 1.2 % of one, 0.6 % of the other
    assert not found.of(OTHER_BAKER)


def test_a_trade_that_merges_and_one_that_is_split_are_kept_however_large_the_other() -> None:
    merged = counted({(OTHER_BAKER, BREAD): 10, (BAKER, BREAD): 100_000}, "b1")
    assert merged.of(OTHER_BAKER) == (BREAD,)
    split = counted({(BAKER, CAKE): 10, (BAKER, BREAD): 100_000}, "b1")
    assert split.of(BAKER) == (BREAD, CAKE)


def test_a_firm_is_met_by_its_own_code_first_and_by_the_other_only_when_it_has_none() -> None:
    table = corresponding([(BAKER, BREAD, None), (OTHER_BAKER, BREAD, None)], INSEE)
    assert table.met_by(BAKER, (BAKER, BREAD)) == BAKER
    assert table.met_by(BAKER, (BREAD,)) == BREAD
    assert table.met_by(BAKER, (OTHER_BAKER, BREAD)) is None
    assert table.met_by(BREAD, (OTHER_BAKER,)) == OTHER_BAKER
    assert table.met_by(BAKER, (CAKE,)) is None


def test_activities_are_widened_by_those_that_correspond_and_by_no_step_more() -> None:
    table = corresponding([(BAKER, BREAD, None), (OTHER_BAKER, BREAD, None)], INSEE)
    assert table.both([BAKER]) == {BAKER, BREAD}
    assert table.both([BREAD, CAKE]) == {BREAD, BAKER, OTHER_BAKER, CAKE}


def test_the_same_code_in_the_other_nomenclature_is_another_activity() -> None:
    table = corresponding([(BAKER, BREAD, None)], INSEE)
    assert table.met_by(BAKER, (SAME_CODE,)) is None
    assert not table.of(SAME_CODE)


def test_the_sentence_says_by_what_proof() -> None:
    said = "10.71H en NAF 2025, qui correspond à 10.71C ; "
    assert corresponding([(BAKER, BREAD, None)], INSEE).sentence(BREAD, BAKER) == said + "table de l'INSEE"
    proof = "d'après 1\u202f041 établissements du répertoire qui portent les deux codes"
    table = counted({(BAKER, BREAD): 1_041}, "b1")
    assert table.sentence(BREAD, BAKER).replace("\u00a0", "\u202f") == said + proof
    assert table.sentence(BAKER, BREAD).startswith("10.71C en NAF rév. 2, qui correspond à 10.71H ; ")


def test_nothing_corresponds_to_anything_without_a_table() -> None:
    assert not Correspondence().of(BAKER)
    assert Correspondence().met_by(BAKER, (BAKER,)) == BAKER


activities = [st.sampled_from([Activity(name, f"10.7{n}{letter}") for n in range(4) for letter in letters])
              for name, letters in ((NAF_REV2, "ABC"), (NAF_2025, "CGH"))]  # fmt: skip


@given(st.dictionaries(st.tuples(*activities), st.integers(1, 10_000)))
def test_a_code_never_has_more_others_than_the_share_allows_and_always_of_the_other_nomenclature(
    counts: dict[tuple[Activity, Activity], int],
) -> None:
    found = counted(counts, "b1")
    for activity, others in found.others.items():
        for other, count in others.items():
            assert {activity.nomenclature, other.nomenclature} == {NAF_REV2, NAF_2025}
            assert found.others[other][activity] == count
            assert count is not None and count >= LEAST
    for (former, recent), count in counts.items():
        whole = sum(n for pair, n in counts.items() if pair[0] == former)
        assert count < LEAST or 100 * count < SHARE * whole or recent in found.of(former)
