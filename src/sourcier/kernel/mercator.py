"""Web Mercator, the projection of map tiles: the world is a square of side 1, its north-west corner at (0, 0)."""

from math import asinh, cos, degrees, log2, pi, radians, tan

from sourcier.kernel.geodesy import EARTH_RADIUS_M

FARTHEST = 85.051_128
"""Degrees of latitude at the edge of the square."""

DEEPEST = 19
"""No tile beyond: a few streets."""

SHARP = 256
"""A tile is drawn in at most this many units, its own pixels."""


def position(latitude: float, longitude: float) -> tuple[float, float]:
    """Where a point in degrees is: x to the east, y to the south."""
    held = max(-FARTHEST, min(FARTHEST, latitude))
    return (longitude + 180) / 360, (1 - asinh(tan(radians(held))) / pi) / 2


def metre(latitude: float) -> float:
    """The length of a metre there."""
    return 1 / (2 * pi * EARTH_RADIUS_M * cos(radians(latitude)))


def circle(latitude: float, longitude: float, metres: float) -> tuple[float, float, float]:
    """The circle of the points that far away: x and y of its middle, radius. Its middle is a little away from the point."""
    away = degrees(metres / EARTH_RADIUS_M)
    x, north = position(latitude + away, longitude)
    _, south = position(latitude - away, longitude)
    return x, (north + south) / 2, (south - north) / 2


def zoom(world: float) -> int:
    """The level at which tiles of a world `world` units wide are sharp."""
    return max(0, min(DEEPEST, -int(-log2(max(1.0, world / SHARP)) // 1)))
