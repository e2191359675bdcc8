"""The map of a panel, drawn by us in Web Mercator: places of delivery, rings of distance, firms.

Behind them the tiles of the city's setting, when it has one; else nothing is asked of anyone outside.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import cos, floor, radians

from sourcier.kernel import mercator
from sourcier.kernel.geodesy import format_distance
from sourcier.register.establishment import Establishment
from sourcier.sourcing.around import NEGLIGIBLE_M, Around

SIZE = 400
MARGIN = 26
SEAM = 0.2
"""Each tile goes that far over the next: no line shows between them."""
METRES_PER_E6 = 0.111_194_9  # of latitude
STEPS = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Ring:
    """A circle around a place of delivery; `label` is empty but on the first place."""

    x: str
    y: str
    r: str
    label_y: str
    label: str
    outer: bool


@dataclass(frozen=True, slots=True)
class Dot:
    """A firm. `siret` and `label` only for those listed on the page, which are links to their line.

    `zone`: the radius of the circle where it is, empty when its own point is known.
    """

    x: str
    y: str
    zone: str = ""
    number: int | None = None
    siret: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """A square of the background: its address, where it is, its side."""

    href: str
    x: str
    y: str
    side: str


@dataclass(frozen=True, slots=True)
class Map:
    """What the template draws in a square of `SIZE`. `doubts`: where each place that is not known better may be."""

    size: int
    rings: tuple[Ring, ...]
    places: tuple[tuple[str, str], ...]
    doubts: tuple[tuple[str, ...], ...]
    others: tuple[Dot, ...]
    listed: tuple[Dot, ...]
    tiles: tuple[Tile, ...] = ()

    @property
    def zones(self) -> Collection[Dot]:
        """One circle for each commune that firms are known by."""
        return {(dot.x, dot.y, dot.zone): dot for dot in (*self.others, *self.listed) if dot.zone}.values()


def draw(
    around: Around, radius_m: int, listed: Sequence[tuple[int, Establishment]], others: Sequence[Establishment], tiles: str = ""
) -> Map:
    """Places and firms on one scale; firms placed nowhere are left out. `tiles`: address with {z}, {x} and {y}, or empty."""
    plane = _Plane(around.centres, radius_m)
    rings = []
    for number, centre in enumerate(around.centres):
        for metres in _rings(radius_m):
            x, y, r = plane.circle(*centre, metres)
            label = format_distance(metres) if number == 0 else ""
            rings.append(Ring(_n(x), _n(y), _n(r), _n(y - r - 4), label, metres == radius_m))
    return Map(
        SIZE,
        tuple(rings),
        tuple((_n(x), _n(y)) for x, y in (plane.at(*centre) for centre in around.centres)),
        tuple(
            tuple(map(_n, plane.circle(*centre, doubt)))
            for centre, doubt in zip(around.centres, around.doubts, strict=True)
            if doubt > NEGLIGIBLE_M
        ),
        tuple(_dot(plane, item) for item in others if item.lat_e6 is not None),
        tuple(_dot(plane, item, number) for number, item in listed if item.lat_e6 is not None),
        plane.tiles(tiles) if tiles else (),
    )


class _Plane:
    """The part of the world drawn: the middle of the places in the middle of the square. `world`: its whole width in units."""

    def __init__(self, centres: Sequence[Point], radius_m: int) -> None:
        latitudes, longitudes = [lat for lat, _ in centres], [lon for _, lon in centres]
        lat, lon = (min(latitudes) + max(latitudes)) / 2, (min(longitudes) + max(longitudes)) / 2
        reach = max(
            (max(latitudes) - min(latitudes)) * METRES_PER_E6,
            (max(longitudes) - min(longitudes)) * METRES_PER_E6 * cos(radians(lat / 1_000_000)),
        )
        scale = (SIZE / 2 - MARGIN) / (radius_m + reach / 2)
        self.world = scale / mercator.metre(lat / 1_000_000)
        self.middle = mercator.position(lat / 1_000_000, lon / 1_000_000)

    def at(self, lat_e6: int, lon_e6: int) -> tuple[float, float]:
        return self._drawn(*mercator.position(lat_e6 / 1_000_000, lon_e6 / 1_000_000))

    def circle(self, lat_e6: int, lon_e6: int, metres: float) -> tuple[float, float, float]:
        """Middle and radius of what is that far away."""
        x, y, radius = mercator.circle(lat_e6 / 1_000_000, lon_e6 / 1_000_000, metres)
        return *self._drawn(x, y), radius * self.world

    def tiles(self, pattern: str) -> tuple[Tile, ...]:
        """Those that cover the square, from the north-west."""
        zoom = mercator.zoom(self.world)
        across = 2**zoom
        half, side = SIZE / 2 / self.world, self.world / across
        columns, rows = (range(floor((at - half) * across), floor((at + half) * across) + 1) for at in self.middle)
        return tuple(
            Tile(_address(pattern, zoom, column % across, row), f"{x:.3f}", f"{y:.3f}", f"{side + SEAM:.3f}")
            for row in rows if 0 <= row < across
            for column in columns
            for x, y in [self._drawn(column / across, row / across)]
        )  # fmt: skip

    def _drawn(self, x: float, y: float) -> tuple[float, float]:
        return SIZE / 2 + (x - self.middle[0]) * self.world, SIZE / 2 + (y - self.middle[1]) * self.world


def _address(pattern: str, zoom: int, x: int, y: int) -> str:
    return pattern.replace("{z}", str(zoom)).replace("{x}", str(x)).replace("{y}", str(y))


def _rings(radius_m: int) -> tuple[int, ...]:
    """The radius, and a round distance inside it."""
    inner = [step for step in STEPS if step <= radius_m / 2]
    return (inner[-1], radius_m) if inner else (radius_m,)


def _dot(plane: _Plane, item: Establishment, number: int | None = None) -> Dot:
    x, y = plane.at(item.lat_e6 or 0, item.lon_e6 or 0)
    zone = _n(plane.circle(item.lat_e6 or 0, item.lon_e6 or 0, item.uncertainty_m)[2]) if item.approximate else ""
    if number is None:
        return Dot(_n(x), _n(y), zone)
    return Dot(_n(x), _n(y), zone, number, item.siret, f"{number}. {item.name}{_far(item)}")


def _far(item: Establishment) -> str:
    """Its distance in words; an interval when it is not known better."""
    if item.distance_m is None:
        return ""
    if not item.vague:
        return f", {format_distance(item.distance_m)}"
    low, high = item.between_m
    return f", entre {format_distance(low)} et {format_distance(high)}, {item.vague}"


def _n(value: float) -> str:
    """A number as SVG reads it, whatever the language of the page."""
    return f"{value:.1f}"
