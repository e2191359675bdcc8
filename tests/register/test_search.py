"""A search answers exactly what plain Python finds in the raw file."""

from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.register.establishment import Filters
from sourcier.register.search import search
from tests.register.brute import Brute

ROSNY = (48_871_000, 2_486_000)
BREAD = [Activity(NAF_REV2, "10.71C"), Activity(NAF_REV2, "47.24Z")]


def same(brute: Brute, activities: list[Activity], centres: list[tuple[int, int]], radius_m: int) -> None:
    codes = {(activity.nomenclature, activity.code) for activity in activities}
    points = [(latitude / 1e6, longitude / 1e6) for latitude, longitude in centres]
    total, undisclosed, rows = brute.search(codes, points, radius_m)
    found = search(activities, centres, radius_m, limit=100_000)
    assert (found.total, found.undisclosed) == (total, undisclosed)
    assert [row.siret for row in found.rows] == [siret for siret, _ in rows]
    assert all(abs(row.distance_m - metres) <= 0.51 for row, (_, metres) in zip(found.rows, rows, strict=True))


def test_a_hundred_seeded_questions_are_answered_as_brute_force_does(demo: Path, brute: Brute) -> None:
    random = Random(20260831)
    pairs = sorted({pair for raw in brute.rows for pair in raw.codes if pair[1]})
    for _ in range(100):
        activities = [Activity(*pair) for pair in random.sample(pairs, random.randint(1, 10))]
        centres = [
            (round(random.uniform(48.75, 49.0) * 1e6), round(random.uniform(2.3, 2.7) * 1e6))
            for _ in range(random.choice([1, 1, 1, 3]))
        ]
        same(brute, activities, centres, round(10 ** random.uniform(2.5, 5)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    latitude=st.integers(48_700_000, 49_050_000),
    longitude=st.integers(2_250_000, 2_750_000),
    radius_m=st.integers(0, 300_000),
    codes=st.sets(st.sampled_from(["10.71C", "47.24Z", "43.22A", "68.20B", "81.21Z", "99.00Z"]), min_size=1),
    recent=st.sets(st.sampled_from(["10.71H", "47.24Y", "43.22G"])),
)
def test_any_question_is_answered_as_brute_force_does(
    demo: Path, brute: Brute, latitude: int, longitude: int, radius_m: int, codes: set[str], recent: set[str]
) -> None:
    activities = [Activity(NAF_REV2, code) for code in codes] + [Activity(NAF_2025, code) for code in recent]
    same(brute, activities, [(latitude, longitude)], radius_m)


def test_an_establishment_found_by_both_nomenclatures_is_counted_once(demo: Path) -> None:
    both = [*BREAD, Activity(NAF_2025, "10.71H"), Activity(NAF_2025, "47.24Y")]
    assert search(both, [ROSNY], 20_000).total == search(BREAD, [ROSNY], 20_000).total


def test_pages_follow_each_other_without_gap_or_repeat(demo: Path) -> None:
    whole = search(BREAD, [ROSNY], 10_000, limit=1_000)
    pages = [search(BREAD, [ROSNY], 10_000, limit=7, offset=start) for start in range(0, len(whole.rows) + 7, 7)]
    assert [row.siret for page in pages for row in page.rows] == [row.siret for row in whole.rows]
    assert {page.total for page in pages} == {whole.total}
    assert whole.total - whole.undisclosed == len(whole.rows)


def test_the_distance_is_to_the_nearest_of_several_places(demo: Path) -> None:
    away = (48_790_000, 2_455_000)
    near = {row.siret: row.distance_m for row in search(BREAD, [ROSNY], 4_000, limit=1_000).rows}
    there = {row.siret: row.distance_m for row in search(BREAD, [away], 4_000, limit=1_000).rows}
    both = search(BREAD, [ROSNY, away], 4_000, limit=1_000)
    assert {row.siret: row.distance_m for row in both.rows} == {
        siret: min(d for d in (near.get(siret), there.get(siret)) if d is not None) for siret in near.keys() | there.keys()
    }


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        (Filters(size_classes=("01", "02")), lambda row: row.size_class in ("01", "02")),
        (Filters(categories=("ETI",)), lambda row: row.category == "ETI"),
        (Filters(social_economy=True), lambda row: row.social_economy),
        (Filters(social_economy=False), lambda row: not row.social_economy),
        (Filters(employer=True), lambda row: row.employer),
        (Filters(created_since=date(2022, 1, 1)), lambda row: row.created_on >= date(2022, 1, 1)),
        (Filters(size_classes=("NN",), categories=("PME",)), lambda row: (row.size_class, row.category) == ("NN", "PME")),
    ],
)  # fmt: skip
def test_filters_keep_what_they_say(demo: Path, filters: Filters, kept) -> None:
    activities = [Activity(NAF_REV2, code) for code in ("94.99Z", "90.01Z", "43.22A", "56.10A", "62.01Z")]
    everything = search(activities, [ROSNY], 30_000, limit=10_000).rows
    found = search(activities, [ROSNY], 30_000, limit=10_000, filters=filters)
    assert list(found.rows) == [row for row in everything if kept(row)]
    assert found.rows


def test_nothing_is_asked_nothing_is_found(demo: Path) -> None:
    assert search([], [ROSNY], 5_000).total == search(BREAD, [], 5_000).total == 0


def test_a_point_on_the_edge_is_in(demo: Path) -> None:
    row = search(BREAD, [ROSNY], 10_000, limit=1).rows[0]
    assert row.lat_e6 and row.lon_e6
    assert search(BREAD, [ROSNY], 0).total == 0
    assert search(BREAD, [(row.lat_e6, row.lon_e6)], 1, limit=1).rows[0].siret == row.siret


def test_the_date_line_and_the_poles_are_searched_too(demo: Path) -> None:
    for centre in ((-16_500_000, 179_999_000), (-16_500_000, -179_999_000), (89_999_000, 0)):
        assert search(BREAD, [centre], 20_000_000).total == search(BREAD, [ROSNY], 20_000_000).total
