"""Last files: the words of the names, brands and addresses of what may be named (see `register.names`).

`rank` puts the names in their order. `write_names` needs nothing but that table, and may run beside other stages: it cuts the
texts where `kernel.french.fold` would leave neither letter nor digit, and folds each distinct word once, so that words are what
`fold` makes of a question. `place_names` ends the work once the rows of the arrays are known.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from sourcier.kernel.french import fold
from sourcier.register.importing.check import same
from sourcier.register.importing.read import Advance, only
from sourcier.register.mapped import expanded
from sourcier.register.names import LONGEST

ROWS, MANY = 100_000, 500_000
"""Names read at a time: cut in Python, or counted in numpy."""

TOWN = "concat_ws(' ', c.name, t.commune_label, t.postal_code)"
NAMED = f"""
CREATE TABLE named_place AS SELECT CAST(row_number() OVER (ORDER BY town) - 1 AS UINTEGER) AS place, town FROM (
    SELECT DISTINCT {TOWN} AS town FROM typed t LEFT JOIN commune c ON c.code = t.commune_code WHERE active AND disclosed
);
CREATE TABLE named AS SELECT siret, place, concat_ws(' ', words, address) AS text
    FROM typed t LEFT JOIN commune c ON c.code = t.commune_code JOIN named_place p ON p.town = {TOWN}
    WHERE active AND disclosed AND words <> '' ORDER BY length(t.name), t.name, siret
"""

END = b"\xff"
"""Between two names: a byte that UTF-8 never has."""

# What is no letter or digit cuts; the letters of ASCII become small; all other bytes stay, for `fold`.
CUT = bytes(byte if byte >= 0x80 else ord(chr(byte).lower()) if chr(byte).isalnum() else 0x20 for byte in range(256))


class _Numbers(dict[bytes, int]):
    """A number for each distinct word, as it is met."""

    def __missing__(self, word: bytes) -> int:
        number = self[word] = len(self)
        return number


def rank(database: duckdb.DuckDBPyConnection) -> None:
    """Create `named`: the texts of each name, in the order of importance, and its `named_place`."""
    database.execute(NAMED)


def write_names(database: duckdb.DuckDBPyConnection, folder: Path, advance: Advance, stopped: Callable[[], bool]) -> None:
    """Fill `folder` with the words of the names and of their places, until `stopped`. Raises `Refused` when a row is lost."""
    met = folder / "met.tmp"
    numbers, lengths = _cut(database, met, advance, stopped)
    if stopped():
        return
    words, of_met, starts = _folded(numbers)
    np.save(folder / "words.npy", words)
    _save_by_name(folder, met, lengths, of_met, starts)
    met.unlink()
    _save_by_word(folder, len(words))
    _save_towns(database, folder)


def place_names(database: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The place and the row of each name, and the names of each place. The arrays of all establishments are there by now."""
    sirets, rows = np.load(folder / "sirets.npy", mmap_mode="r"), np.load(folder / "places.npy", mmap_mode="r")
    count = int(only(database, "SELECT count(*) FROM named")[0])
    places, own = np.empty(count, np.uint32), np.empty(count, np.int64)
    for found, start, stop in _batches(database, "siret, place", MANY):
        places[start:stop], own[start:stop] = found["place"], found["siret"]
    # In the order of the SIRETs, the search walks through the file instead of leaping about in it.
    order, name_rows = np.argsort(own), np.empty(count, np.uint32)
    name_rows[order] = rows[np.searchsorted(sirets, own[order])]
    np.save(folder / "name_places.npy", places)
    np.save(folder / "name_rows.npy", name_rows)
    known = int(only(database, "SELECT count(*) FROM named_place")[0])
    np.save(folder / "place_starts.npy", np.concatenate([[0], np.cumsum(np.bincount(places, minlength=known))]))
    np.save(folder / "place_ranks.npy", np.argsort(places, kind="stable").astype(np.uint32))


def _batches(database: duckdb.DuckDBPyConnection, columns: str, size: int) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Columns of `named` in the order of its rows, by parts, with the first and last row of each."""
    count = int(only(database, "SELECT count(*) FROM named")[0])
    for start in range(0, count, size):
        stop = min(start + size, count)
        found = database.execute(f"SELECT {columns} FROM named WHERE rowid >= ? AND rowid < ?", [start, stop]).fetchnumpy()
        values = {name: np.ma.getdata(column) for name, column in found.items()}
        same(stop - start, len(next(iter(values.values()))), "noms")
        yield values, start, stop


def _cut(
    database: duckdb.DuckDBPyConnection, met: Path, advance: Advance, stopped: Callable[[], bool]
) -> tuple[_Numbers, NDArray[np.int64]]:
    """Write the numbers of the words of each name, one name after the other; return the words, and how many each name has."""
    numbers, count = _Numbers({END: 0}), int(only(database, "SELECT count(*) FROM named")[0])
    lengths = np.zeros(count, np.int64)
    with met.open("wb") as out:
        for found, start, stop in _batches(database, "text", ROWS):
            if stopped():
                break
            words = (END.join(b" %b " % text.encode() for text in found["text"]) + END).translate(CUT).split()
            read = np.fromiter(map(numbers.__getitem__, words), np.uint32, len(words))
            ends = np.flatnonzero(read == 0)
            same(stop - start, len(ends), "noms")
            lengths[start:stop] = np.diff(ends, prepend=-1) - 1
            out.write(read[read > 0].tobytes())
            advance(stop / count / 2)
    return numbers, lengths


def _folded(numbers: _Numbers) -> tuple[NDArray[np.bytes_], NDArray[np.int64], NDArray[np.int64]]:
    """The folded words, sorted; those of the word met as number n are at `starts[n]` to `starts[n + 1]` of the second array."""
    folded: list[bytes] = []
    starts = np.zeros(len(numbers) + 1, np.int64)
    for number, word in enumerate(numbers):
        if word == END:
            pass
        elif word.isascii():
            folded.append(word[:LONGEST])
        else:
            folded.extend(part.encode()[:LONGEST] for part in re.findall(r"[0-9a-z]+", fold(word.decode())))
        starts[number + 1] = len(folded)
    words, of_met = np.unique(np.array(folded, f"S{LONGEST}"), return_inverse=True)
    return words, of_met.astype(np.int64), starts


def _save_by_name(
    folder: Path, met: Path, lengths: NDArray[np.int64], of_met: NDArray[np.int64], starts: NDArray[np.int64]
) -> None:
    """The words of each name."""
    read = np.memmap(met, np.uint32, "r") if lengths.any() else np.empty(0, np.uint32)
    same(int(lengths.sum()), len(read), "noms")
    many, ends = np.diff(starts), np.concatenate([[0], np.cumsum(lengths)])
    begins = np.zeros(len(lengths) + 1, np.int64)
    words = open_memmap(folder / "name_words.npy", "w+", "uint32", (int(np.bincount(read, minlength=len(many)) @ many),))
    for start in range(0, len(lengths), MANY):
        stop = min(start + MANY, len(lengths))
        part = read[ends[start] : ends[stop]].astype(np.int64)
        before = np.concatenate([[0], np.cumsum(many[part])])
        begins[start + 1 : stop + 1] = begins[start] + before[ends[start + 1 : stop + 1] - ends[start]]
        words[begins[start] : begins[stop]] = of_met[expanded(starts[part], starts[part + 1])]
    np.save(folder / "name_begins.npy", begins.astype(np.uint32))


def _save_by_word(folder: Path, words: int) -> None:
    """The names of each word, ascending: each part of the names, sorted by word, goes behind the parts before it."""
    begins, by_name = np.load(folder / "name_begins.npy").astype(np.int64), np.load(folder / "name_words.npy", mmap_mode="r")
    starts = np.concatenate([[0], np.cumsum(np.bincount(by_name, minlength=words))])
    ranks, free = open_memmap(folder / "word_ranks.npy", "w+", "uint32", by_name.shape), starts[:-1].copy()
    for start in range(0, len(begins) - 1, MANY):
        stop = min(start + MANY, len(begins) - 1)
        part = by_name[begins[start] : begins[stop]].astype(np.uint64)
        owners = np.repeat(np.arange(start, stop, dtype=np.uint64), np.diff(begins[start : stop + 1]))
        key = np.sort(part << np.uint64(32) | owners)
        met = np.bincount((key >> np.uint64(32)).astype(np.int64), minlength=words)
        at = np.arange(len(key)) + np.repeat(free - (np.cumsum(met) - met), met)
        ranks[at] = (key & np.uint64(0xFFFFFFFF)).astype(np.uint32)
        free += met
    np.save(folder / "word_starts.npy", starts)


def _save_towns(database: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The words of each place."""
    rows = database.execute("SELECT town, place FROM named_place").fetchall()
    words = sorted({(word[:LONGEST], place) for town, place in rows for word in re.findall(r"[0-9a-z]+", fold(town))})
    np.save(folder / "towns.npy", np.array([word.encode() for word, _ in words], f"S{LONGEST}"))
    np.save(folder / "town_places.npy", np.array([place for _, place in words], np.uint32))
