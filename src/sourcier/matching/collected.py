"""The contracts read, gathered in flat arrays until the register has said what their winners do; then the index is built.

A million contracts take some 100 MB, whatever their file weighs: a title is a number and its stems, never its text.
"""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from sourcier.kernel.identifiers import InvalidIdentifier, parse_siret
from sourcier.matching.decp import Contract, Left
from sourcier.matching.french import french
from sourcier.matching.learned import Learned, rarity, written
from sourcier.matching.thesaurus import thesaurus
from sourcier.matching.words import COMMON, stem, words

NOT_THE_TRADE = frozenset(map(stem, ("lot", "tranche", "accord", "cadre", "avenant", "relance", "subsequent", "procedure")))
"""What titles say of the procedure, besides `COMMON`."""

SAYS_LITTLE = COMMON | NOT_THE_TRADE

ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Firms:
    """What is known of the SIRETs of `Collected.sirets()`, in their order: in the register or not, which of `pairs` (NAF
    rév. 2, NAF 2025) it does, -1 when that is not told, and whether it may be named."""

    known: NDArray[np.bool_]
    named: NDArray[np.bool_]
    pair: ints
    pairs: Sequence[tuple[str, str]]


class Collected:
    """Contracts in the order of the files. `left`: rows of no use, by reason; `last`: the latest day of notification."""

    def __init__(self, today: date) -> None:
        self.left: Counter[Left] = Counter()
        self.rows = 0
        self.last: date | None = None
        self._today = today
        self._terms: dict[str, int] = {}
        self._keys, self._cpv = array("Q"), array("I")
        self._titles, self._stems, self._stem_ends = array("Q"), array("I"), array("Q")
        self._sirets, self._siret_ends = array("q"), array("Q")

    def add(self, row: Contract | Left) -> None:
        """Gather a row, or count it with those left."""
        self.rows += 1
        if isinstance(row, Left):
            self.left[row] += 1
            return
        stems = sorted({self._terms.setdefault(stem, len(self._terms)) for stem in telling(row.title)})
        if not stems and not row.cpv:
            self.left[Left.NO_WORDS] += 1
            return
        self._keys.append(row.key)
        self._cpv.append(row.cpv)
        numbers = array("I", stems)
        self._titles.append(int.from_bytes(blake2b(numbers.tobytes(), digest_size=8).digest()) if stems else 0)
        self._stems.extend(numbers)
        self._stem_ends.append(len(self._stems))
        self._sirets.extend(row.sirets)
        self._siret_ends.append(len(self._sirets))
        if row.notified and row.notified <= self._today:
            self.last = max(self.last or row.notified, row.notified)

    def sirets(self) -> ints:
        """Every SIRET met, once, ascending."""
        return _distinct(np.frombuffer(self._sirets, np.int64) if self._sirets else np.zeros(0, np.int64))

    def build(self, firms: Firms) -> Learned:
        """The index; the contracts that it does not use go to `left`. Called once."""
        contract, place = self._entries()
        pair = firms.pair[place]
        used = self._used(contract, place, firms)
        counted = used[contract] & (pair >= 0)
        # A contract won by two firms of one activity is one contract of that activity.
        contract_pair = _distinct(contract[counted] * len(firms.pairs) + pair[counted])
        title, starts, terms = self._distinct_titles(used)
        owner, pairs = np.divmod(contract_pair, max(1, len(firms.pairs)))
        line_starts, line_pair, line_count = _counted(title[owner], pairs, len(starts) - 1)
        # The winners that may not be named count for their activity, and are forgotten.
        named = used[contract] & firms.named[place]
        kept = _distinct(place[named])
        win_starts, winner, win_count = _counted(title[contract[named]], np.searchsorted(kept, place[named]), len(starts) - 1)
        cpv, cpv_pair, cpv_count = _by_code(
            np.frombuffer(self._cpv, np.uint32).astype(np.int64)[owner] if len(owner) else owner, pairs
        )
        stems, term_starts, titles, weights, said = self._postings(starts, terms)
        return Learned(
            terms=written(stems), term_starts=term_starts, titles=titles, weights=weights, said=said,
            line_starts=line_starts, line_pair=line_pair.astype(np.uint16), line_count=line_count,
            win_starts=win_starts, winner=winner.astype(np.uint32), win_count=win_count,
            cpv=cpv.astype(np.uint32), cpv_pair=cpv_pair.astype(np.uint16), cpv_count=cpv_count,
            sirets=self.sirets()[kept], pairs=written([" ".join(codes) for codes in firms.pairs]),
        )  # fmt: skip

    def _entries(self) -> tuple[ints, ints]:
        """For each winner of each contract: the contract, and the place of the SIRET in `sirets()`."""
        ends = np.array(self._siret_ends, np.int64)
        contract = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
        return contract, np.searchsorted(self.sirets(), np.array(self._sirets, np.int64))

    def _used(self, contract: ints, place: ints, firms: Firms) -> NDArray[np.bool_]:
        """(contracts,) which ones teach something; the others are counted by reason."""
        size = len(self._keys)
        first = np.zeros(size, bool)
        first[np.unique(np.array(self._keys, np.uint64), return_index=True)[1]] = True
        has, known, true = (np.zeros(size, bool) for _ in range(3))
        unknown = np.flatnonzero(~firms.known)
        has[contract[firms.pair[place] >= 0]] = True
        known[contract[firms.known[place]]] = True
        keys = np.zeros(len(firms.known), bool)
        keys[unknown] = [_true(siret) for siret in self.sirets()[unknown].tolist()]
        true[contract[keys[place]]] = True
        self.left[Left.TWICE] += int((~first).sum())
        self.left[Left.NO_ACTIVITY] += int((first & ~has & known).sum())
        self.left[Left.UNKNOWN_FIRM] += int((first & ~known & true).sum())
        self.left[Left.FALSE_SIRET] += int((first & ~known & ~true).sum())
        return first & has

    def _distinct_titles(self, used: NDArray[np.bool_]) -> tuple[ints, ints, ints]:
        """Number of the title of each contract (-1: none that is used); then where the stems of each title start, and them."""
        hashes, ends = np.array(self._titles, np.uint64), np.array(self._stem_ends, np.int64)
        begins = np.concatenate([np.zeros(1, np.int64), ends[:-1]]) if len(ends) else ends
        telling = np.flatnonzero(used & (ends > begins))
        _, index, inverse = np.unique(hashes[telling], return_index=True, return_inverse=True)
        title = np.full(len(hashes), -1, np.int64)
        title[telling] = inverse
        chosen = telling[index]
        lengths = ends[chosen] - begins[chosen]
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        flat = np.repeat(begins[chosen] - starts[:-1], lengths) + np.arange(starts[-1])
        return title, starts, np.array(self._stems, np.int64)[flat]

    def _postings(
        self, starts: ints, terms: ints
    ) -> tuple[list[str], ints, NDArray[np.uint32], NDArray[np.float32], NDArray[np.float32]]:
        """Stems kept, ascending; for each the titles that say it; what each stem weighs, and what each title says in all."""
        stems = list(self._terms)
        kept = sorted(_distinct(terms).tolist(), key=stems.__getitem__)
        renumber = np.zeros(len(stems), np.int64)
        renumber[kept] = np.arange(len(kept))
        names, term = [stems[number] for number in kept], renumber[terms]
        title = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        saying = np.bincount(term, minlength=len(kept)).astype(np.int64)
        weights = rarity(len(starts) - 1, saying, names)
        said = np.bincount(title, weights[term], len(starts) - 1).astype(np.float32)
        order = np.argsort(term, kind="stable")
        return names, np.concatenate([np.zeros(1, np.int64), np.cumsum(saying)]), title[order].astype(np.uint32), weights, said


def telling(title: str) -> set[str]:
    """Stems of a title that say what is bought: French or of the trade, neither common to all purchases nor with a figure.

    References and names of places are in no lexicon; kept, each would be the rarest word of its title.
    """
    return set().union(*map(_telling, title.split()))


@lru_cache(maxsize=200_000)
def _telling(part: str) -> frozenset[str]:
    """Of what stands between two spaces: titles say the same parts over and over."""
    trade = _of_the_trade()
    return frozenset(
        word.stem
        for word in words(part)
        if word.stem not in SAYS_LITTLE and (word.stem in trade or french().knows(word.folded)) and word.stem.isalpha()
    )


@cache
def _of_the_trade() -> frozenset[str]:
    """Stems of the thesaurus: it has the acronyms that no lexicon has."""
    phrases = (phrase for entry in thesaurus().values() for phrase in (*entry.phrases, *entry.symptoms))
    return frozenset(word.stem for phrase in phrases for word in words(phrase))


def _distinct(values: ints) -> ints:
    """Each value once, ascending: for integers, `numpy.unique` hashes first, and takes far longer."""
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def _counted(title: ints, what: ints, titles: int) -> tuple[ints, ints, NDArray[np.uint32]]:
    """Each (title, what) once with its count, as ranges by title; entries without a title are left out."""
    span = int(what.max(initial=0)) + 1
    keys, counts = np.unique(title[title >= 0] * span + what[title >= 0], return_counts=True)
    owner, values = np.divmod(keys, span)
    return np.searchsorted(owner, np.arange(titles + 1)), values, counts.astype(np.uint32)


def _by_code(cpv: ints, pairs: ints) -> tuple[ints, ints, NDArray[np.uint32]]:
    """Each (code, pair) once with its count, ascending; contracts without a code are left out."""
    span = int(pairs.max(initial=0)) + 1
    keys, counts = np.unique(cpv[cpv > 0] * span + pairs[cpv > 0], return_counts=True)
    return *np.divmod(keys, span), counts.astype(np.uint32)


def _true(siret: int) -> bool:
    """Whether the number has the keys of a SIRET."""
    try:
        return bool(parse_siret(f"{siret:014d}"))
    except InvalidIdentifier:
        return False
