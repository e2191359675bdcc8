"""What is shown together, what is not, and that a purchase more never hides what was shown."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sourcier.law.book import rule
from sourcier.spend.likeness import without_department
from sourcier.spend.splitting import Purchase, crossings, dominant, find, find_with
from tests.spend.cities_drawn import draw


def limit(kind: str, on: date) -> int | None:
    return rule("exemption", kind, on).amount_cents if on.year > 2015 else None


def bought(words: str, euros: int, on: str = "2025-03-03", **more: str) -> Purchase:
    given = {"kind": "supplies", "family": "14.02", "supplier": "", "place": "", "department": "", "source": "order"} | more
    return Purchase(f"{on} {words} {euros}", on=date.fromisoformat(on), words=words, amount_cents=euros * 100, **given)


def test_twins_a_fortnight_apart_are_shown_together_and_explained() -> None:
    twins = [
        bought("BC 12 CHAISES PLIANTES", 24_000, supplier="A"),
        bought("Achat de chaisses pliantes x 80", 28_300, "2025-03-17", supplier="B", family="14.03"),
    ]
    [group] = find([*twins, bought("Vidéoprojecteur", 39_000, "2025-03-10", supplier="A")], limit)
    assert list(group.purchases) == twins
    assert (group.total_cents, group.limit_cents) == (52_300_00, 40_000_00)
    assert group.signs == ("close_in_time", "other_supplier", "other_family")
    assert group.sentences == (
        "Ces deux commandes, du 3 au 17 mars 2025, parlent de la même chose : « chaises pliantes ».",
        "Ensemble : 52\u202f300\u00a0€ HT. La limite est de 40\u202f000\u00a0€ HT ; chaque achat, seul, reste dessous.",
        "Dont deux en 15 jours, pour 52\u202f300\u00a0€ HT.",
        "Deux entreprises en sont chargées.",
        "Le même besoin est rangé dans deux familles : 14.02, 14.03.",
    )


def test_one_purchase_is_shown_with_those_alike_to_it_alone() -> None:
    need = bought("Chaises pliantes", 24_000, source="need")
    twin, others = bought("80 CHAISES PLIANTES", 28_300), [bought("Lits de dortoir", 30_000), bought("Lits", 30_000)]
    group = find_with(need, [twin, *others], limit)
    assert group and set(group.purchases) == {need, twin}
    assert find_with(need, others, limit) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mobilier scolaire", "MOB. SCOLAIRE"),
        ("Bureaux réglables en hauteur", "BUREAUX RGELABLES EN HAUTEUR"),
        ("Tables et chaises d'écoliers", "mobilier scolaire maternelle"),
        ("Peinture murale acrylique", "PEINTURE ACRYL. MURALE"),
        ("Sacs enrobé à froid dev. 7333", "enrobés à froid"),
        ("Chaises pliantes", "chaises pliantes - Espaces verts"),
    ],
)
def test_cut_words_slips_and_what_is_written_around_do_not_part_one_need(one: str, other: str) -> None:
    twins = [bought(one, 24_000), bought(other, 28_300, "2025-09-17", family="31.01", department="Espaces verts")]
    assert [group.purchases for group in find(twins, limit)] == [tuple(twins)]


def test_a_department_is_taken_off_a_label_only_where_it_is_written_behind() -> None:
    assert without_department("Chaises - Sports", "Sports") == "Chaises"
    assert without_department("CHAISES (ESPACES VERTS)", "Espaces verts") == "CHAISES"
    for words, department in (("Sols Sports", "Sports"), ("- Sports", "Sports"), ("Chaises", ""), ("Chaises", "Sports")):
        assert without_department(words, department) == words


def test_a_thing_rented_and_the_same_bought_in_another_family_stay_apart() -> None:
    twins = [bought("Location de mini-pelle", 30_000), bought("Mini-pelle 2,5 t", 30_000, family="17.01")]
    assert find(twins, limit) == []


def test_a_need_that_recurs_is_counted_over_twelve_months() -> None:
    monthly = [bought("Fauteuils de bureau", 4_000, f"{2024 + m // 12}-{m % 12 + 1:02}-05") for m in range(6, 18)]
    [group] = find(monthly, limit)
    assert len(group.purchases) == 12
    assert "regular" in group.signs
    assert find(monthly[:6], limit) == []


def test_two_purchases_of_one_month_are_shown_across_the_new_year() -> None:
    twins = [bought("Sel de déneigement", 25_000, "2024-12-20"), bought("Sel de déneigement", 25_000, "2025-01-06")]
    assert len(find(twins, limit)) == 1
    assert find([twins[0], replace(twins[1], on=date(2025, 3, 6))], limit) == []


_INNOCENT = {
    "together below the limit": [bought("Chaises pliantes", euros) for euros in (19_000, 20_000)],
    "one is above by itself": [bought("Chaises pliantes", euros) for euros in (41_000, 20_000)],
    "things that differ, of one firm": [bought(words, 39_000, supplier="A") for words in ("Chaises", "Toners")],
    "one family, plainly different": [bought(words, 39_000) for words in ("Casiers de vestiaire", "Lits de dortoir")],
    "checked, and studied": [bought(words, 39_000, family="") for words in ("Vérification des ponts", "Étude des ponts")],
    "works of two sites": [bought("Toiture", 90_000, kind="works", place=name) for name in ("École Ferry", "École Curie")],
    "one contract explains them": [bought("Pain", 20_000, f"2025-0{month}-01", operation="M1") for month in range(1, 7)],
    "a crumb beside a contract": [bought("Pain", 39_000, operation="M1"), bought("Pain", 2_000)],
    "no rule that day": [bought("Pain", 14_000, f"2010-01-0{day}") for day in range(1, 5)],
}


@pytest.mark.parametrize("why", _INNOCENT)
def test_what_is_innocent_is_not_shown(why: str) -> None:
    assert find(_INNOCENT[why], limit) == []


def test_what_a_contract_explains_counts_with_what_is_bought_beside_it() -> None:
    beside = [bought("Pain frais", 30_000, operation="M1"), bought("Pain frais", 15_000, "2025-06-01")]
    assert [group.total_cents for group in find(beside, limit)] == [45_000_00]


def test_the_limit_of_the_day_is_used_when_it_changes_in_the_year() -> None:
    march, april = bought("Chaises pliantes", 25_000, "2026-03-20"), bought("Chaises pliantes", 25_000, "2026-04-03")
    assert find([march, april], limit) == []
    [group] = find([march, replace(april, on=date(2026, 3, 31))], limit)
    assert group.limit_cents == 40_000_00


def test_families_and_operations_cross_on_a_day_by_a_purchase() -> None:
    family = [bought("Chaises", 30_000, "2025-02-01"), bought("Casiers", 9_000, "2025-03-01")]
    family.append(bought("Lits", 2_000, "2025-04-01"))
    works = {"kind": "works", "family": "30.06", "operation": "École"}
    school = [bought("Toiture", 60_000, "2024-12-01", **works), bought("Toiture", 60_000, "2025-02-01", **works)]
    first, second = crossings([*family, *school, bought("Divers", 90_000, family="")], limit)
    assert (first.scope, first.code, first.day, first.purchase) == ("operation", "École", date(2025, 2, 1), school[1])
    assert (second.scope, second.code, second.day, second.purchase) == ("family", "14.02", date(2025, 4, 1), family[2])
    assert (second.total_cents, second.explained_cents, first.explained_cents) == (41_000_00, 0, 120_000_00)


def test_a_firm_that_has_most_of_a_family_is_dominant_from_three_purchases_on() -> None:
    purchases = [bought("Pain", 700, f"202{year}-05-01", supplier="A") for year in (3, 4, 5)]
    purchases.append(bought("Pain", 900, supplier="B"))
    first, second = dominant(purchases)
    assert (first.supplier, first.percent, first.dominant) == ("A", 70, True)
    assert (second.supplier, second.percent, second.dominant) == ("B", 30, False)
    assert not any(share.dominant for share in dominant(purchases[:2]))


_LABELS = ("chaises pliantes", "chaises", "CHAISES PLIATNES", "tables pliantes", "tables et chaises", "toners", "achat", "")
_purchases = st.lists(
    st.builds(
        Purchase,
        id=st.text("abc", min_size=1, max_size=3),
        source=st.sampled_from(("order", "need")),
        on=st.dates(date(2025, 1, 1), date(2026, 12, 31)),
        kind=st.sampled_from(("supplies", "supplies", "works")),
        family=st.sampled_from(("14.02", "14.03", "")),
        supplier=st.sampled_from(("A", "B", "")),
        words=st.sampled_from(_LABELS),
        place=st.sampled_from(("", "école Ferry")),
        department=st.just(""),
        amount_cents=st.integers(-100_00, 100_000_00),
        operation=st.sampled_from(("", "", "M1", "M2")),
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None)
@given(_purchases, st.randoms())
def test_each_group_is_above_the_limit_each_purchase_below_and_their_order_does_not_matter(given, random) -> None:
    groups = find(given, limit)
    for group in groups:
        assert group.total_cents == sum(purchase.amount_cents for purchase in group.purchases) >= group.limit_cents
        assert len(group.purchases) > 1
        assert all(purchase.amount_cents < limit(purchase.kind, purchase.on) for purchase in group.purchases)
        assert group.purchases[-1].on - group.purchases[0].on <= timedelta(days=366)
    random.shuffle(given)
    assert find(given, limit) == groups


@settings(max_examples=40, deadline=None)
@given(_purchases.filter(len))
def test_a_purchase_more_never_hides_what_was_shown(given) -> None:
    *before, _ = given
    shown = find(given, limit)
    for group in find(before, limit):
        assert any(set(group.purchases) & set(larger.purchases) for larger in shown)


def test_planted_splits_of_drawn_cities_are_found_and_their_innocent_twins_are_not() -> None:
    found: defaultdict[bool, int] = defaultdict(int)
    planted = 0
    for seed in (0, 4, 8):
        city = draw(seed)
        purchases = [Purchase(**row) for row in city.rows]
        splits = [ids for _, ids in city.splits]
        planted += len(splits)
        for group in find(purchases, limit):
            ids = {purchase.id for purchase in group.purchases}
            found[any(2 * len(ids & split) >= len(ids | split) for split in splits)] += 1
        assert {(c.scope, c.code, c.day) for c in crossings(purchases, limit)} == city.crossings
    assert found[True] >= 0.8 * planted
    assert found[False] <= 0.1 * found[True]
