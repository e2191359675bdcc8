"""Whether a point may be in France: the boxes of the stock's projections, and those of the territories that have none. Pure."""

from sourcier.register.importing.projection import TERRITORIES

OTHERS = (
    (46.7, 47.2, -56.5, -56.1),
    (-14.4, -13.1, -178.3, -176.0),
    (-28.0, -7.5, -155.0, -134.0),
    (-23.0, -19.0, 163.0, 168.5),
)
"""South, north, west, east: Saint-Pierre-et-Miquelon, Wallis-et-Futuna, French Polynesia, New Caledonia where people live."""

BOXES = (*(territory.box for territory in TERRITORIES), *OTHERS)


def may_be_in_france(lat_e6: int, lon_e6: int) -> bool:
    """Micro-degrees. A box is wider than its land: a point of Geneva is let through, one of New York is not."""
    latitude, longitude = lat_e6 / 1e6, lon_e6 / 1e6
    return any(south <= latitude <= north and west <= longitude <= east for south, north, west, east in BOXES)
