"""The limit to compare with: bare arrays mapped from disk, by activity then latitude. No filter, no facet, no firm shown."""

from math import cos, degrees, radians
from pathlib import Path

import duckdb
import numpy as np

from peers.asked import EARTH_RADIUS_M, PAGE, Answer, Asked

BAND = 20
"""Bands a degree: rows of an activity stand by band, then longitude."""

COLUMNS = {"band": "int32", "latitude": "float64", "longitude": "float64", "siret": "int64", "disclosed": "bool"}


class Peer:
    """One file for each column."""

    def __init__(self, database: duckdb.DuckDBPyConnection, folder: Path) -> None:
        found = database.cursor().execute(
            f"SELECT naf_rev2, CAST(floor(latitude * {BAND}) AS INTEGER) AS band, latitude, longitude, siret, disclosed"  # noqa: S608
            " FROM establishment WHERE active AND latitude IS NOT NULL AND naf_rev2 IS NOT NULL"
            " ORDER BY naf_rev2, band, longitude, siret"
        )
        count = database.execute(
            "SELECT count(*) FROM establishment WHERE active AND latitude IS NOT NULL AND naf_rev2 IS NOT NULL"
        ).fetchall()[0][0]
        columns = {
            name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype, (count,)) for name, dtype in COLUMNS.items()
        }
        self.ranges: dict[str, tuple[int, int]] = {}
        done = 0
        while rows := found.fetchmany(200_000):
            values = list(zip(*rows, strict=True))
            for name, column in zip(columns, values[1:], strict=True):
                columns[name][done : done + len(rows)] = column
            for position, code in enumerate(values[0], done):
                first, _ = self.ranges.get(code, (position, 0))
                self.ranges[code] = first, position + 1
            done += len(rows)
        for column in columns.values():
            column.flush()
        self.columns = {name: np.load(folder / f"{name}.npy", mmap_mode="r").view(np.ndarray) for name in COLUMNS}

    def ask(self, asked: Asked) -> Answer:
        """The rows of the box are found by bisection, and all of them measured at once."""
        latitude, longitude = asked.degrees
        high = degrees(asked.radius_m / EARTH_RADIUS_M) + 1e-9
        wide = high / cos(radians(abs(latitude) + high))
        bands = np.arange(int(np.floor((latitude - high) * BAND)), int(np.floor((latitude + high) * BAND)) + 2)
        slices = []
        for code in asked.codes:
            first, last = self.ranges.get(code, (0, 0))
            edges = first + np.searchsorted(self.columns["band"][first:last], bands)
            for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
                if start < stop:
                    west, east = start + np.searchsorted(
                        self.columns["longitude"][start:stop], (longitude - wide, longitude + wide)
                    )
                    slices.append(slice(int(west), int(east)))
        if not slices:
            return 0, []
        lat, lon, siret, disclosed = (
            np.concatenate([self.columns[name][part] for part in slices])
            for name in ("latitude", "longitude", "siret", "disclosed")
        )
        lat, lon = np.radians(lat), np.radians(lon)
        to_lat, to_lon = radians(latitude), radians(longitude)
        half = np.sin((lat - to_lat) / 2) ** 2 + cos(to_lat) * np.cos(lat) * np.sin((lon - to_lon) / 2) ** 2
        metres = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1, np.sqrt(half)))
        within = metres <= asked.radius_m
        metres, siret = metres[within & disclosed], siret[within & disclosed]
        if len(metres) > PAGE:
            close = metres <= np.partition(metres, PAGE - 1)[PAGE - 1]
            metres, siret = metres[close], siret[close]
        order = np.lexsort((siret, metres))[:PAGE]
        return int(within.sum()), siret[order].tolist()
