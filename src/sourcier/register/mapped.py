"""One array mapped from its file, whose pages are asked for together before they are read.

The kernel fetches a page of a mapped file when it is touched: each is waited for, and the read-ahead of some machines brings
megabytes around every one. Asked for at once, they come while the first is awaited: a search on files never read is then a
matter of milliseconds rather than of tenths of a second. What was asked for is not asked again within `KEPT_S`.
"""

import mmap
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 16
"""Bytes: what is asked for at a time; neighbours go together."""

KEPT_S = 60
"""Seconds after which the kernel may have dropped pages for others, and is asked again."""

SMALL = 4096
"""Bytes under which a file is read whole: an empty one cannot be mapped."""

Rows = NDArray[np.int64]


def expanded(starts: Rows, stops: Rows) -> Rows:
    """Every number of the ranges `starts[i] <= number < stops[i]`, one range after the other."""
    lengths = stops - starts
    shifts = starts - (np.cumsum(lengths) - lengths)
    return np.repeat(shifts, lengths) + np.arange(lengths.sum())


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Each value once, ascending: for integers, `numpy.unique` hashes first, and takes thirty times as long."""
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


class Column:
    """`values` of one file, `.npy` or bare bytes; read it with `at` or `over` when many rows are wanted."""

    def __init__(self, file: Path) -> None:
        """Map it. Raises `OSError`, `ValueError` or `EOFError` when it is not whole."""
        small = file.stat().st_size < SMALL
        if file.suffix == ".npy":
            found = np.load(file, mmap_mode=None if small else "r")
        else:
            found = np.fromfile(file, np.uint8) if small else np.memmap(file, np.uint8, "r")
        # A plain ndarray over the map is sliced faster than numpy's own class.
        self.values: NDArray[Any] = found.view(np.ndarray)
        self._map: mmap.mmap | None = None if small else found.base
        if self._map is not None:
            self._map.madvise(mmap.MADV_RANDOM)
            self._offset = int(found.offset)
            self._asked = np.zeros(len(self._map) // BLOCK + 1, bool)
            self._since = time.monotonic()

    def ahead(self, starts: Rows, stops: Rows) -> None:
        """Ask the kernel for the rows of these ranges, none of them empty."""
        if self._map is None or not len(starts):
            return
        if time.monotonic() - self._since > KEPT_S:
            self._asked[:] = False
            self._since = time.monotonic()
        size = self.values.itemsize
        blocks = expanded((starts * size + self._offset) // BLOCK, (stops * size + self._offset - 1) // BLOCK + 1)
        blocks = blocks[~self._asked[blocks]]
        if not len(blocks):
            return
        self._asked[blocks] = True
        blocks = distinct(blocks)
        for run in np.split(blocks, np.flatnonzero(np.diff(blocks) > 1) + 1):
            start = int(run[0]) * BLOCK
            self._map.madvise(mmap.MADV_WILLNEED, start, min(len(run) * BLOCK, len(self._map) - start))

    def at(self, rows: Rows) -> NDArray[Any]:
        """What it holds for these rows."""
        self.ahead(rows, rows + 1)
        return self.values[rows]

    def over(self, starts: Rows, stops: Rows) -> NDArray[Any]:
        """What it holds for all rows of these ranges, one after the other."""
        self.ahead(starts, stops)
        parts = [self.values[start:stop] for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]
        return np.concatenate(parts) if parts else self.values[:0]
