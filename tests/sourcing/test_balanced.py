"""The balanced proposal: what a draw owes to each side, whatever the list and the seed."""

from hashlib import sha256
from hmac import new

from hypothesis import assume, given
from hypothesis import strategies as st

from sourcier.sourcing.balanced import GROUPS, RULES, Listed, drawn_order, groups_of, parts, propose

DAY = "2026-09-14"
sizes = st.sampled_from(["", "NN", "00", "01", "02", "03", "11", "12", "21", "53"])
firms = st.builds(
    Listed,
    siret=st.from_regex(r"[0-9]{14}", fullmatch=True),
    distance_m=st.none() | st.integers(0, 50_000),
    created_on=st.sampled_from(["", "1998-05-01", "2021-09-13", "2021-09-14", "2024-02-29", "2026-09-14"]),
    size_class=sizes,
    category=st.sampled_from(["", "PME", "ETI", "GE"]),
    asked=st.booleans(),
)
lists = st.lists(firms, min_size=1, max_size=60, unique_by=lambda firm: firm.siret)
seeds = st.binary(min_size=32, max_size=32)
counts = st.integers(3, 50)


def had(listed: list[Listed], chosen: list[str]) -> dict[str, int]:
    groups = groups_of(listed, DAY)
    return {group: sum(group in groups[siret] for siret in chosen) for group in GROUPS}


@given(lists, counts, seeds)
def test_as_many_as_asked_or_the_whole_list_each_once(listed: list[Listed], count: int, seed: bytes) -> None:
    chosen = propose(listed, count, DAY, seed)
    assert len(chosen) == len(set(chosen)) == min(count, len(listed))
    assert set(chosen) <= {each.siret for each in listed}


@given(lists, counts, seeds)
def test_at_least_a_third_was_never_asked_or_all_of_them_when_fewer(listed: list[Listed], count: int, seed: bytes) -> None:
    chosen = propose(listed, count, DAY, seed)
    never = sum(not each.asked for each in listed)
    assert had(listed, chosen)["new"] >= min(never, -(-len(chosen) // 3))


@given(lists, st.integers(5, 50), seeds)
def test_from_five_seats_on_no_group_that_has_firms_is_left_without_one(listed: list[Listed], count: int, seed: bytes) -> None:
    assume(len(listed) >= 5)
    got, all_of_it = had(listed, propose(listed, count, DAY, seed)), had(listed, [each.siret for each in listed])
    assert all(got[group] for group in GROUPS if all_of_it[group])


@given(st.integers(3, 24), seeds)
def test_each_side_has_its_part_when_each_kind_of_firm_is_there_in_number(count: int, seed: bytes) -> None:
    listed = [
        Listed(f"{number:014d}", 100 if near else 9_000, "2026-01-01" if young else "1999-01-01", "01" if micro else "21",
               "PME", asked)
        for number, (near, young, micro, asked, _) in enumerate(
            (near, young, micro, asked, again)
            for near in (True, False) for young in (True, False) for micro in (True, False) for asked in (True, False)
            for again in range(count)
        )
    ]  # fmt: skip
    got, owed = had(listed, propose(listed, count, DAY, seed)), parts(groups_of(listed, DAY), count)
    assert all(got[group] >= owed[group] for group in GROUPS), (got, owed)


@given(lists, counts, seeds, st.randoms())
def test_the_order_of_the_list_changes_nothing(listed: list[Listed], count: int, seed: bytes, by_chance: object) -> None:
    mixed = list(listed)
    by_chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert propose(mixed, count, DAY, seed) == propose(listed, count, DAY, seed)


@given(lists, seeds)
def test_the_order_is_that_of_the_hmac(listed: list[Listed], seed: bytes) -> None:
    order = drawn_order(seed, [each.siret for each in listed])
    marks = [new(seed, siret.encode(), sha256).hexdigest() for siret in order]
    assert marks == sorted(marks) and len(order) == len(listed)


def test_a_firm_of_each_rare_kind_is_proposed_among_many_alike() -> None:
    alike = [Listed(f"{number:014d}", 100 + number % 2, "1999-01-01", "01", "PME", True) for number in range(200)]
    rare = [
        Listed("90000000000001", 40_000, "1999-01-01", "01", "PME", True),
        Listed("90000000000002", 100, "2025-01-01", "01", "PME", True),
        Listed("90000000000003", 100, "1999-01-01", "53", "GE", True),
        Listed("90000000000004", 100, "1999-01-01", "01", "PME", False),
    ]
    chosen = propose(alike + rare, 12, DAY, b"s" * 32)
    assert {each.siret for each in rare[1:]} <= set(chosen)
    assert had(alike + rare, chosen)["far"] >= 1


def test_a_small_shop_of_a_large_firm_is_no_micro_firm_and_unknown_age_is_old() -> None:
    listed = [Listed("1" * 14, 5, "", "01", "GE", False), Listed("2" * 14, 9, "2021-09-14", "", "", True)]
    assert groups_of(listed, DAY) == {
        "1" * 14: {"new", "near", "old", "larger"}, "2" * 14: {"far", "young", "micro"},
    }  # fmt: skip


def test_these_rules_are_frozen() -> None:
    """A dossier names the version it was drawn under: another result for this list and seed is another version."""
    listed = [
        Listed(f"{number:014d}", number * 37 % 5_000, f"{1990 + number % 37}-03-01", ["01", "21", "NN", "11"][number % 4],
               "PME", number % 3 > 0)
        for number in range(40)
    ]  # fmt: skip
    chosen = propose(listed, 7, DAY, sha256(b"seed").digest())
    assert (RULES, [int(siret) for siret in chosen]) == (1, [0, 36, 39, 8, 35, 7, 34])
