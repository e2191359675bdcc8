"""Where firms are searched: distances are told as far as they are known."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.geodesy import distance_m
from sourcier.sourcing.around import NEGLIGIBLE_M, Around
from tests.web.test_panel_map import FIRM

E6 = 111_195
"""Metres of a million micro-degrees of latitude, in thousandths: good to a few metres here."""


@given(
    st.lists(st.tuples(st.integers(-40_000, 40_000), st.integers(0, 3_000), st.floats(-0.98, 0.98)), min_size=1, max_size=4),
    st.integers(0, 2_000),
)
def test_the_interval_holds_the_distance_wherever_each_place_really_is(
    places: list[tuple[int, int, float]], uncertainty: int
) -> None:
    centres = tuple((48_870_000 + shift, 2_486_000) for shift, _, _ in places)
    doubts = tuple(doubt if doubt > NEGLIGIBLE_M else 0 for _, doubt, _ in places)
    firm = replace(FIRM, lon_e6=2_486_000, uncertainty_m=uncertainty, approximate=bool(uncertainty), distance_m=None)
    low, high = Around(centres, doubts).placed(firm).between_m
    real = [
        (lat + round(doubt * where * 1_000_000 / E6), lon)
        for (lat, lon), doubt, (_, _, where) in zip(centres, doubts, places, strict=True)
    ]
    metres = min(distance_m(*centre, firm.lat_e6 or 0, firm.lon_e6 or 0) for centre in real)
    assert low - uncertainty - 5 <= metres <= high + 5


def test_a_place_known_to_a_hundred_metres_tells_one_distance() -> None:
    found = Around(((48_870_000, 2_486_000),), (NEGLIGIBLE_M,)).placed(replace(FIRM, distance_m=None))
    assert found.between_m == (found.distance_m, found.distance_m)
    assert not found.vague


def test_a_firm_placed_nowhere_stays_so() -> None:
    nowhere = replace(FIRM, lat_e6=None, lon_e6=None, distance_m=None)
    assert Around(((0, 0),), (5_000,)).all_placed([nowhere]) == (nowhere,)
