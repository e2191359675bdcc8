"""A text as sentences and clauses, with its words by stem, so that what is found can be quoted as it was written. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sourcier.kernel.french import fold
from sourcier.matching.words import stem

QUOTED = 120
"""Letters of a quote, about."""

_SENTENCE = re.compile(r"[;!?\n\r•]|\.(?!\d)")
_CLAUSE = re.compile(r",(?!\d)|[()]| - |\bmais\b")
_TOKEN = re.compile(r"[a-z0-9]+")


@lru_cache(maxsize=4_096)
def _letter(letter: str) -> str:
    if letter in "\u2019\u02bc":
        return "'"
    return fold(letter)[:1] or " "


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence or a clause: as `written`, and `flat`: as long, without accents nor capitals."""

    written: str
    flat: str

    def quote(self, start: int, end: int) -> str:
        """What stands there with some words around, cut between two words."""
        if len(self.written) <= QUOTED:
            return " ".join(self.written.split())
        margin = max(0, QUOTED - (end - start)) // 2
        first, last = max(0, start - margin), min(len(self.written), max(end, start + 1) + margin)
        text = " ".join(self.written[first:last][: 2 * QUOTED].split())
        if first and " " in text:
            text = "…" + text.split(" ", 1)[1]
        return text if last >= len(self.written) or " " not in text else text.rsplit(" ", 1)[0] + "…"

    def clauses(self) -> Iterator["Piece"]:
        """The parts between commas, brackets and « mais »."""
        return self._parts(_CLAUSE)

    def tokens(self) -> list[tuple[str, str, int, int]]:
        """Each word: folded, its stem (without a last e: « recyclé » is « recyclée »), where it begins and ends."""
        found = _TOKEN.finditer(self.flat)
        return [(each.group(), root(each.group()), each.start(), each.end()) for each in found]

    def _parts(self, cut: re.Pattern[str]) -> Iterator["Piece"]:
        start = 0
        for end, following in [*((each.start(), each.end()) for each in cut.finditer(self.flat)), (len(self.flat), 0)]:
            if self.flat[start:end].strip():
                yield Piece(self.written[start:end], self.flat[start:end])
            start = following


def root(folded: str) -> str:
    """The stem, the same for both genders."""
    return stem(folded).removesuffix("e")


def sentences(text: str) -> Iterator[Piece]:
    """The sentences of a text, in order."""
    written = unicodedata.normalize("NFC", text)
    return Piece(written, "".join(map(_letter, written)))._parts(_SENTENCE)
