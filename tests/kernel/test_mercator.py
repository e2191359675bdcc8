"""Web Mercator against tiles known by everyone, and its circles against distances on the sphere."""

from math import asin, atan2, cos, degrees, hypot, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel import mercator
from sourcier.kernel.geodesy import EARTH_RADIUS_M


@pytest.mark.parametrize(
    ("latitude", "longitude", "zoom", "tile"),
    [
        # The tile of each place, as every public tile server numbers them.
        (48.8584, 2.2945, 15, (16592, 11272)),
        (51.5074, -0.1278, 10, (511, 340)),
        (-20.8823, 55.4504, 9, (334, 286)),
        (0.0, 0.0, 1, (1, 1)),
        (85.05, -180.0, 3, (0, 0)),
    ],
)
def test_a_point_is_in_its_tile(latitude: float, longitude: float, zoom: int, tile: tuple[int, int]) -> None:
    x, y = mercator.position(latitude, longitude)
    assert (int(x * 2**zoom), int(y * 2**zoom)) == tile


def test_chicago_is_where_the_guide_of_a_maker_of_maps_prints_it() -> None:
    x, y = mercator.position(41.85, -87.65)
    assert (x * 256, y * 256) == pytest.approx((65.671_111, 95.174_927), abs=1e-5)


@given(
    latitude=st.floats(-60, 60), longitude=st.floats(-170, 170), metres=st.floats(500, 200_000), bearing=st.floats(0, 360)
)  # fmt: skip
def test_what_is_so_far_away_is_on_the_circle_of_that_distance(
    latitude: float, longitude: float, metres: float, bearing: float
) -> None:
    phi, lam, away, turn = radians(latitude), radians(longitude), metres / EARTH_RADIUS_M, radians(bearing)
    there = asin(sin(phi) * cos(away) + cos(phi) * sin(away) * cos(turn))
    east = lam + atan2(sin(turn) * sin(away) * cos(phi), cos(away) - sin(phi) * sin(there))
    x, y, radius = mercator.circle(latitude, longitude, metres)
    at_x, at_y = mercator.position(degrees(there), degrees(east))
    # Less than half a unit of a map whose outer ring has 174.
    assert hypot(at_x - x, at_y - y) == pytest.approx(radius, rel=0.5 / 174)


@pytest.mark.parametrize(("world", "zoom"), [(1, 0), (256, 0), (257, 1), (512, 1), (513, 2), (1e12, mercator.DEEPEST)])
def test_a_tile_is_never_drawn_wider_than_its_own_pixels_but_at_the_deepest(world: float, zoom: int) -> None:
    assert mercator.zoom(world) == zoom
