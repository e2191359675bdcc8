"""French as it is written: the words that exist, and which words go with which.

Both are in `data/french.npz`, made once by `tools/french.py`; their licences are in `data/LICENCES.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from string import ascii_lowercase

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class French:
    """`words`: 440,000 folded forms, sorted, as bytes of one width, which take a fifth of the memory of a set of texts.
    `rows`: stem → row of `vectors`, float32 (rows, 100), each of length 1."""

    words: NDArray[np.bytes_]
    rows: dict[str, int]
    vectors: NDArray[np.float32]

    def existing(self, forms: Sequence[str]) -> list[str]:
        """Those of some folded forms that are French words, in the order given."""
        asked = np.array([form.encode("ascii", "replace") for form in forms], bytes)
        places = np.minimum(np.searchsorted(self.words, asked), len(self.words) - 1)
        return [form for form, there in zip(forms, self.words[places] == asked, strict=True) if there]

    def knows(self, folded: str) -> bool:
        """Whether a folded form is a French word."""
        return bool(self.existing([folded]))

    def vector(self, stem: str) -> NDArray[np.float32] | None:
        """The direction of a stem, or None for one that the vectors do not know."""
        row = self.rows.get(stem)
        return None if row is None else self.vectors[row]


@cache
def french() -> French:
    """Read once for a process."""
    with as_file(files("sourcier.matching") / "data" / "french.npz") as path, np.load(path) as read:
        words, stems = read["words"], read["stems"].tobytes().decode("utf-8").split("\n")
        vectors = read["vectors"].astype(np.float32)
        rows = dict(zip(stems, read["rows"].tolist(), strict=True))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return French(words, rows, vectors)


def one_slip_away(folded: str) -> set[str]:
    """All that one slip makes of a word: a letter lost, added, changed, or two neighbours exchanged."""
    cuts = [(folded[:place], folded[place:]) for place in range(len(folded) + 1)]
    return {
        *(left + right[1:] for left, right in cuts if right),
        *(left + letter + right for left, right in cuts for letter in ascii_lowercase),
        *(left + letter + right[1:] for left, right in cuts if right for letter in ascii_lowercase),
        *(left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1),
    }
