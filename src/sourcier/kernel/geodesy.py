"""Distances on the sphere, coordinates in micro-degrees (integers, WGS 84) so that they enter the journal unchanged."""

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8


def distance_m(lat1_e6: int, lon1_e6: int, lat2_e6: int, lon2_e6: int) -> int:
    """Great-circle distance in metres (haversine), rounded."""
    lat1, lon1, lat2, lon2 = (radians(value / 1_000_000) for value in (lat1_e6, lon1_e6, lat2_e6, lon2_e6))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return round(2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, half))))


def format_distance(metres: int) -> str:
    """« 350 m », « 2,3 km », « 5 km », « 14 km »."""
    if metres < 1000:
        return f"{round(metres, -1)}\u00a0m"
    if metres < 10_000:
        return f"{metres / 1000:.1f}".removesuffix(".0").replace(".", ",") + "\u00a0km"
    return f"{round(metres / 1000)}\u00a0km"
