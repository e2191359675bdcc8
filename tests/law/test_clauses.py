"""The clauses of sustainable purchasing: each says what it rests on, whom it concerns, and from which day."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.law.book import KINDS, BadBook, rule
from sourcier.law.clauses import COLUMNS, GROUPS, OBLIGATION, PRACTICE, clause, clauses, offered, read
from sourcier.spend.nomenclature import lines

D = date.fromisoformat
TODAY = D("2026-11-28")
FAMILIES = {line.code: line for line in lines()}
MAIN = [group for group in GROUPS if group not in ("all", "social")]
GOOD = dict.fromkeys(COLUMNS, "x") | {
    "groups": "food", "kinds": "supplies", "cpv": "15", "families": "10.01", "euros": "0", "from": "2022-01-01", "to": "",
    "force": "practice", "basis": "Article L.2112-2 du code de la commande publique", "confidence": "sure",
}  # fmt: skip


def of(family: str, cents: int | None = 1_000_000, on: date = TODAY) -> dict[str, str]:
    """The clauses offered for a family of the project's own nomenclature: id → force."""
    line = FAMILIES[family]
    return {each.id: each.force for each in offered(line.kind, {family}, line.cpv, cents, on)}


def test_there_are_enough_for_the_main_purchases_of_a_city_and_not_too_many_to_read() -> None:
    assert 25 <= len(clauses()) <= 40
    today = Counter(group for each in clauses() if each.in_force(TODAY) for group in each.groups)
    assert [group for group in MAIN if today[group] < 2] == []
    assert max(len(of(family)) for family in FAMILIES) <= 12


@pytest.mark.parametrize("each", clauses(), ids=lambda each: each.id)
def test_each_clause_names_families_that_exist_and_reads_in_one_breath(each) -> None:
    for named in each.families:
        assert any(code.startswith(named) if named.endswith(".") else code == named for code in FAMILIES), named
    assert all(cpv.isdigit() and 2 <= len(cpv) <= 8 for cpv in each.cpv)
    assert 1 <= each.text.count(". ") + 1 <= 3 and len(each.text) <= 300
    assert each.last is None or each.first <= each.last
    assert "imposé" not in each.text and "local" not in each.text.lower(), "no origin may be asked for"


@pytest.mark.parametrize("each", clauses(), ids=lambda each: each.id)
def test_each_clause_is_offered_for_each_of_its_families_and_for_one_imported_with_a_cpv_alone(each) -> None:
    on = each.last or TODAY
    for named in each.families:
        for line in (line for code, line in FAMILIES.items() if code.startswith(named) and line.kind in each.kinds):
            assert each in offered(line.kind, {line.code}, "", each.from_cents, on)
    for cpv in each.cpv:
        for kind in each.kinds:
            assert each in offered(kind, (), cpv.ljust(8, "0"), each.from_cents, on)


def test_bread_for_a_canteen_is_offered_egalim_and_never_the_clauses_of_a_road() -> None:
    found = of("10.01")
    assert found["egalim"] == OBLIGATION and "environment" in found
    assert not {"recycled_roads", "waste_in_quote", "no_pesticides", "retreaded_tyres", "inks"} & found.keys()
    assert list(found.values()) == sorted(found.values(), key=lambda force: force != OBLIGATION)


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("10.03", {"egalim", "egalim_meat"}),
        ("10.18", {"egalim", "vegetarian_menu", "no_plastic_containers", "no_water_bottles", "biowaste"}),
        ("11.05", {"no_pesticides", "protected_species", "waste_in_quote", "biowaste"}),
        ("14.06", {"reused_goods", "recycled_paper"}),
        ("14.01", {"reused_goods", "take_back", "wood"}),
        ("15.01", {"repairability", "durability", "reused_goods"}),
        ("15.07", {"digital_access", "accessible_to_all"}),
        ("17.01", {"clean_vehicles"}),
        ("17.04", {"retreaded_tyres"}),
        ("20.01", {"recycled_paper", "inks", "reserved_disability"}),
        ("21.01", {"sound_levels", "accessible_to_all"}),
        ("22.01", {"greenhouse_information", "accessible_to_all"}),
        ("23.01", {"ecolabel", "day_work", "reserved_disability", "reserved_insertion"}),
        ("26.01", {"reserved_social_economy"}),
        ("30.16", {"waste_in_quote", "low_carbon_materials"}),
        ("31.01", {"recycled_roads"}),
        ("12.03", {"reused_goods", "fair_textile"}),
    ],
)
def test_what_the_law_says_of_a_purchase_is_among_what_is_offered(family: str, expected: set[str]) -> None:
    assert expected <= of(family).keys()


@pytest.mark.parametrize(
    ("id", "family", "first"),
    [
        ("egalim", "10.01", "2022-01-01"), ("egalim_meat", "10.03", "2024-01-01"), ("environment", "10.01", "2026-08-22"),
        ("durability", "15.01", "2026-01-01"), ("reused_goods", "14.01", "2024-07-01"), ("inks", "20.01", "2025-01-01"),
        ("no_pesticides", "11.05", "2017-01-01"), ("retreaded_tyres", "17.04", "2020-02-12"),
    ],
)  # fmt: skip
def test_a_clause_is_offered_from_its_first_day_and_not_the_day_before(id: str, family: str, first: str) -> None:
    assert id in of(family, on=D(first)) and id not in of(family, on=D(first) - timedelta(days=1))


def test_what_replaces_a_clause_begins_the_day_after_it() -> None:
    for before, after in (("environment_before", "environment"), ("reused_goods_before", "reused_goods")):
        assert clause(before).last == clause(after).first - timedelta(days=1)


def test_the_social_clause_of_large_contracts_has_the_amounts_and_days_of_the_european_thresholds() -> None:
    for id, kind in (("social_large", "supplies"), ("social_large", "services"), ("social_large_works", "works")):
        formal, each = rule("formal", kind, TODAY), clause(id)
        assert (each.from_cents, each.last) == (formal.amount_cents, formal.last)
    assert "social_large" in of("10.01", 216_000_00) and "social_large" not in of("10.01", 215_999_99)
    assert "social_large" not in of("10.01", None)


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(sorted(FAMILIES)), st.dates(D("2000-01-01"), D("2040-12-31")),
       st.none() | st.integers(0, 10**10))  # fmt: skip
def test_whatever_the_purchase_what_is_offered_holds_that_day_once_and_more_money_never_takes_any_away(
    kind: str, family: str, on: date, cents: int | None
) -> None:
    found = offered(kind, {family}, FAMILIES[family].cpv, cents, on)
    assert len({each.id for each in found}) == len(found)
    assert all(each.in_force(on) and kind in each.kinds for each in found)
    assert set(found) <= set(offered(kind, {family}, FAMILIES[family].cpv, (cents or 0) * 2, on))


def test_a_family_that_nobody_knows_is_offered_what_holds_for_all() -> None:
    assert {each.id for each in offered("services", (), "", None, TODAY)} == {"environment"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"basis": "Code de la commande publique"}, "is not an article"),
        ({"basis": "Article L.2112-2 du CCP"}, "is not an article"),
        ({"basis": "Article L.2112-2 du code de la commande publique ; loi AGEC"}, "is not an article"),
        ({"from": "2022-02-30"}, "day is out of range|range"),
        ({"to": "2021-12-31"}, "before the first"),
        ({"groups": "bread"}, "unknown"),
        ({"force": "duty"}, "unknown"),
        ({"kinds": "goods"}, "unknown"),
        ({"euros": "-1"}, "negative"),
        ({"text": ""}, "empty text"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(changes: dict[str, str], said: str) -> None:
    with pytest.raises(BadBook, match=said):
        read(["\t".join(COLUMNS), "\t".join((GOOD | changes).values())])


def test_a_good_file_is_read_and_an_id_twice_is_not() -> None:
    (found,) = read(["\t".join(COLUMNS), "\t".join(GOOD.values())])
    assert (found.force, found.kinds) == (PRACTICE, {"supplies"})
    with pytest.raises(BadBook, match="twice"):
        read(["\t".join(COLUMNS), *["\t".join(GOOD.values())] * 2])
