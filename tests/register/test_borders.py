"""The boxes in which a point may be in France."""

import pytest

from sourcier.register.borders import may_be_in_france


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (48_872_100, 2_487_400), (51_088_900, 2_545_100), (48_455_000, -5_095_000), (41_387_000, 9_159_000),
        (4_937_200, -52_326_000), (14_616_000, -61_058_800), (17_896_000, -62_849_800),
        (-12_780_000, 45_227_900), (-21_340_000, 55_478_000),
        (46_781_100, -56_176_400), (-13_282_000, -176_174_000), (-17_535_000, -149_569_600), (-20_917_000, 167_266_000),
    ],
)  # fmt: skip
def test_towns_of_every_territory_are_in_it(latitude: int, longitude: int) -> None:
    assert may_be_in_france(latitude, longitude)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(40_710_000, -74_000_000), (51_507_000, -128_000), (40_417_000, -3_704_000), (2_487_400, 48_872_100), (0, 0)],
)
def test_towns_of_other_countries_and_exchanged_numbers_are_not(latitude: int, longitude: int) -> None:
    assert not may_be_in_france(latitude, longitude)
