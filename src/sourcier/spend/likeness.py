"""Do two labels of orders name the same thing? « Achat chaises pliantes SdF » and « 40 CHAISES PLIANTTES » do.

Only the two labels, and how the city uses them, decide: no weight depends on the other purchases. So a likeness once seen is
never undone by a purchase more.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain, combinations, pairwise

from sourcier.kernel.french import fold
from sourcier.matching.words import COMMON, CONTEXT, STOP, one_letter_less, stem

Nearness = Mapping[str, Mapping[str, float]]

_TOKEN = re.compile(r"\w[\w-]*\.?")


def _stem(folded: str) -> str:
    """The stem of the singular: « toner », which looks like a verb, and « toners » have one."""
    return stem(folded[:-1] if len(folded) > 4 and folded.endswith("s") and not folded.endswith("ss") else folded)


# What the accountant adds to any label.
_PAPER = """bc bon cde cmd commande devis dev facture fact ref reference num numero lot solde acompte suivant selon suite
    complement complementaire tranche phase ligne budget exercice mdt mandat situation avenant relance reliquat svt regul
    regularisation vrac big bag sac sacs paquet paquets carton cartons lots"""

_ADDED = frozenset(_PAPER.split())

# What is done with the thing: each class says little alone, two classes apart say that the needs differ.
_DEEDS = {
    "buy": "achat acheter acquisition fourniture fourn livraison renouvellement renouv",
    "rent": "location loc louer",
    "keep": """entretien entret maintenance maint reparation repar depannage verification verif controle revision nettoyage
        netto curage""",
    "think": "etude diagnostic audit expertise conseil amo maitrise assistance conception",
    "teach": "formation stage cycle",
    "print": "impression tirage imprimeur imprimerie edition",
    "build": """travaux tvx trvx refection renovation remplacement rempl installation instal pose creation amenagement amgt
        reprise construction""",
}
_DEED_OF = {_stem(word): "=" + deed for deed, listed in _DEEDS.items() for word in listed.split()}
_DEED_WORDS = [(word, "=" + deed) for deed, listed in _DEEDS.items() for word in listed.split()]
_TELLING = {"=rent", "=keep", "=think", "=teach", "=print", "=build"}
# Said in one label only, they leave a doubt: the same need is then used the same way.
_OTHER_TRADE = _TELLING - {"=build"}
_TOGETHER = {frozenset(("=keep", "=build"))}

# When it is for, what it is made of: they qualify the thing and are not it.
_OCCASIONS = "noel ete hiver printemps automne rentree saison fin voeux manifestation evenement annuel periodique"
_MATTERS = """bois acier metal metallique inox alu aluminium pvc plastique led electrique numerique electricite professionnel
    mobile automatique blanc noir interieur exterieur manuel mecanique technique securite travail voirie vehicule"""
_SITES = """ecole creche gymnase salle stade maison mediatheque scolaire college lycee rue place square piscine ehpad
    bibliotheque quartier foyer parc eglise residence avenue boulevard allee"""
_SITE = {_stem(word) for word in _SITES.split()}
_LIGHT = COMMON | CONTEXT | {_stem(word) for word in _OCCASIONS.split()} | set(_DEED_OF.values()) | set(_DEED_OF)
_HALF = {_stem(word) for word in _MATTERS.split()}

FULL, HALF, LIGHT = 1.0, 0.5, 0.25
_SLIP = 0.9
# Of an abbreviation: its letters at least, those that the whole stem has more, how sure it is.
_DOTS, _CUTS = (3, 0, 0.9), (5, 2, 0.6)
STRONG, CLOSE, MEDIUM, KIN, WEAK = 5, 4, 3, 2, 1
_NOWHERE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, order=True)
class Signature:
    """What a label is about, and its stems with their weights. Two labels with one signature name the same thing."""

    key: tuple[tuple[str, float], ...]
    about: str = field(compare=False)
    weights: Mapping[str, float] = field(compare=False)
    total: float = field(compare=False)
    deeds: frozenset[str] = field(compare=False)

    @property
    def heavy(self) -> list[str]:
        """The stems that name the thing: without one in common, two labels are never alike."""
        return [found for found, weight in self.key if weight == FULL]


@cache
def _same_words() -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Stems, and pairs of stems, that name one thing of the file: its number for each."""
    alone: dict[str, str] = {}
    paired: defaultdict[str, dict[str, str]] = defaultdict(dict)
    text = (files("sourcier.spend") / "data" / "same_words.txt").read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines()):
        for words in () if line.startswith("#") else line.split():
            stems = [_stem(word) for word in re.split(r"[+-]", fold(words))]
            if len(stems) == 1:
                alone.setdefault(stems[0], f"~{number}")
            else:
                first, second = stems
                paired[first][second] = paired[second][first] = f"~{number}"
    return alone, dict(paired)


@lru_cache(maxsize=262_144)
def _stems(surface: str) -> tuple[str, ...]:
    """The stems of one written word and of its parts; an abbreviation keeps its dot."""
    parts = fold(surface.rstrip(".")).split("-")
    kept = [part for part in parts if len(part) > 1 and part not in STOP and part not in _ADDED and part.isalpha()]
    if surface.endswith(".") and len(parts) == 1 and kept and 3 <= len(kept[0]) <= 6 and _stem(kept[0]) not in _LIGHT:
        return (next((deed for word, deed in _DEED_WORDS if word.startswith(kept[0])), kept[0] + "."),)
    return tuple(_stem(part) for part in kept)


@lru_cache(maxsize=65_536)
def _weight(found: str) -> tuple[str, float]:
    """What a stem stands for, and what it weighs: all that is done in one way is one."""
    found = _DEED_OF.get(found, found)
    return found, LIGHT if found in _LIGHT else HALF if found in _HALF else FULL


@lru_cache(maxsize=65_536)
def _together(found: str, other: str) -> str:
    """The number of the thing that two stems name together, one of them cut or with a slip; empty when they name none."""
    paired = _same_words()[1]
    exact = paired.get(found, {}).get(other, "")
    return exact or next(
        (
            number
            for sure, doubtful in ((found, other), (other, found))
            for known, number in paired.get(sure, {}).items()
            if _stands_for(doubtful, known)
        ),
        "",
    )


def _stands_for(written: str, known: str) -> bool:
    """« mob. » stands for « mobilier », « réglabel » for « réglable »."""
    short = written.removesuffix(".")
    least, longer, _ = _DOTS if short != written else _CUTS
    if len(short) >= least and len(known) >= len(short) + longer and known.startswith(short):
        return True
    return not known.startswith(short) and not set(_shorter(written)).isdisjoint(_shorter(known))


def signature(words: str, place: str = "") -> Signature:
    """The stems of a label with their weights: the one it is about, then the others by name.

    A name behind « école » or « rue » weighs little, the words of its own place nothing; words that name one thing are one.
    """
    at = {found for surface in _TOKEN.findall(place) for found in _stems(surface)} if place else _NOWHERE
    written = [found for surface in _TOKEN.findall(words.strip().removesuffix(".")) for found in _stems(surface)]
    alone, paired = _same_words()
    named: dict[str, str] = {}
    apart = ((found, other) for found, other in zip(written, written[2:], strict=False) if _LIGHT.isdisjoint((found, other)))
    for found, other in chain(pairwise(written), apart):
        if (found in paired or other in paired) and (number := _together(found, other)):
            named[found] = named[other] = number
    weights: dict[str, float] = {}
    asides: set[str] = set()
    before = ""
    for found in written:
        if found in at:
            pass
        elif number := named.get(found) or alone.get(found):
            weights[number] = FULL
        else:
            means, weight = _weight(found)
            if before in _SITE and weight > LIGHT:
                asides.add(means)
                weight = LIGHT
            weights.setdefault(means, weight)
        before = found
    if FULL not in weights.values():
        names = asides | {found for found, weight in weights.items() if weight == HALF}
        names = names or ({found for found in weights if found not in COMMON} if len(weights) > 1 else set())
        weights = {found: FULL if found in names else weight for found, weight in weights.items()}
    about = next((found for found, weight in weights.items() if weight == FULL), "")
    return _signed(about, frozenset(item for item in weights.items() if item[1] > LIGHT or item[0] in _TELLING))


@lru_cache(maxsize=65_536)
def _signed(about: str, kept: frozenset[tuple[str, float]]) -> Signature:
    key = tuple(sorted(kept, key=lambda item: (item[0] != about, item)))
    weights = dict(key)
    return Signature(key, about, weights, sum(weights.values()), frozenset(_TELLING.intersection(weights)))


def shared_words(words: str, others: str) -> list[str]:
    """The words of a label, as written, that another label has too, or that name the same thing; what any label says apart."""
    theirs = {name for surface in _TOKEN.findall(others) for name in _names(surface)}
    shared = (surface.lower() for surface in _TOKEN.findall(words) if not theirs.isdisjoint(_names(surface)))
    return list(dict.fromkeys(shared))


def _names(surface: str) -> set[str]:
    """What one written word stands for."""
    alone = _same_words()[0]
    return {alone.get(found) or _weight(found)[0] for found in _stems(surface) if found not in COMMON}


BEGINNING = 5


def beginnings(words: str) -> set[str]:
    """The beginnings of the stems of a label, by which it is looked for."""
    return {found for surface in _TOKEN.findall(words) for found in _beginnings(surface)}


@lru_cache(maxsize=65_536)
def _beginnings(surface: str) -> tuple[str, ...]:
    """Those of one written word and of its parts."""
    return tuple(found.rstrip(".")[:BEGINNING] for found in _stems(surface) if not found.startswith("="))


def looked_for(signed: Signature) -> set[str]:
    """The beginnings that a label alike to this one may have: of its stems that name the thing, and of the words that stand for
    them in the file."""
    alone, paired = _same_words()
    known = [*alone.items(), *((stem, number) for stem, others in paired.items() for number in others.values())]
    heavy = set(signed.heavy)
    found = {stem for stem, number in known if number in heavy} | {stem for stem in heavy if not stem.startswith("~")}
    return {stem.rstrip(".")[:BEGINNING] for stem in found}


def without_department(words: str, department: str) -> str:
    """A label without the department that ordered, when it is written behind it: « chaises pliantes - Sports »."""
    whole = words.rstrip(" )")
    before = whole[: -len(department)].rstrip() if department else ""
    written = before[-1:] in ("-", "–", "(", "/") and fold(whole[-len(department) :]) == fold(department)
    return before[:-1].rstrip() or words if written else words


def thing(words: str, place: str = "") -> str:
    """The label from the first word that names the thing to the last, without what the accountant put around it."""
    at = {found for surface in _TOKEN.findall(place) for found in _stems(surface)}
    written = words.split()
    naming = [
        number
        for number, word in enumerate(written)
        if any(found not in at and found not in _LIGHT for token in _TOKEN.findall(word) for found in _stems(token))
    ]
    return " ".join(written[naming[0] : naming[-1] + 1]) if naming else words


def nearness(signatures: Iterable[Signature]) -> dict[str, dict[str, float]]:
    """For each stem, those that are one slip away or that it abbreviates, with how sure that is."""
    known = _same_words()[0]
    means = known | {found: found for signed in signatures for found in signed.heavy if not found.startswith("~")}
    vocabulary = sorted(means)
    near: defaultdict[str, dict[str, float]] = defaultdict(dict)
    slips: defaultdict[str, list[str]] = defaultdict(list)
    for found in vocabulary:
        for shorter in _shorter(found):
            slips[shorter].append(found)
        for other, sure in _longer(found, vocabulary):
            if found in known and other in known:
                continue
            near[means[found]][means[other]] = near[means[other]][means[found]] = sure
    for close in slips.values():
        for first, second in combinations(close, 2):
            if means[first] != means[second] and not (first in known and second in known):
                near[means[first]][means[second]] = near[means[second]][means[first]] = _SLIP
    return near


@lru_cache(maxsize=65_536)
def _shorter(found: str) -> tuple[str, ...]:
    """What the word becomes by losing one letter, behind its first: two words with one of these in common are a slip apart."""
    if len(found) < 5 or found.endswith("."):
        return ()
    return tuple(found[0] + rest for rest in one_letter_less(found[1:]))


def _longer(found: str, vocabulary: Sequence[str]) -> Iterator[tuple[str, float]]:
    """The words that this one, cut, may stand for."""
    short = found.removesuffix(".")
    least, longer, sure = _DOTS if found != short else _CUTS
    if len(short) >= least:
        for place in range(bisect_left(vocabulary, short), len(vocabulary)):
            other = vocabulary[place]
            if not other.startswith(short):
                return
            if len(other) >= len(short) + longer and not other.endswith("."):
                yield other, sure


def grade(one: Signature, two: Signature, near: Nearness) -> int:
    """How alike two labels are: STRONG is the same thing; below, how the city uses them must agree, the more so the lower."""
    theirs = two.weights
    common = 0.0
    shared = about = known = False
    for found, weight in one.key:
        met, sure = found, 1.0
        other = theirs.get(found)
        if other is None:
            if found not in near or near[found].keys().isdisjoint(theirs):
                continue
            met, sure = _nearest(near[found], one.weights, theirs)
            if not met:
                continue
            other = theirs[met]
        common += (weight if weight < other else other) * sure
        shared = shared or weight == other == FULL
        about = about or (found == one.about and met == two.about)
        known = known or met[0] == "~"
    if not shared:
        return 0
    overlap, within = common / (one.total + two.total - common), common / min(one.total, two.total)
    if one.deeds and two.deeds and _apart(one.deeds, two.deeds):
        overlap, within, about, known = overlap * 0.6, within * 0.6, False, False
    if not (one.deeds ^ two.deeds) & _OTHER_TRADE:
        if overlap >= (0.45 if about else 0.6):
            return STRONG
        if about and overlap >= 0.25:
            return CLOSE
    if "=rent" not in one.deeds ^ two.deeds:
        if overlap >= (0.25 if about else 0.35):
            return MEDIUM
        if known or (about and within >= 0.33):
            return KIN
    elif about and known and overlap >= 0.25:
        return KIN
    return WEAK if within >= 0.5 else 0


def _nearest(close: Mapping[str, float], mine: Mapping[str, float], theirs: Mapping[str, float]) -> tuple[str, float]:
    """Of these, the surest that the other label bears and this one does not."""
    sure, met = max(
        ((sure, other) for other, sure in close.items() if other in theirs and other not in mine), default=(0.0, "")
    )
    return met, sure


def _apart(deeds: frozenset[str], others: frozenset[str]) -> bool:
    """One label rents and the other maintains: both say what is done, and it is not the same."""
    return not deeds & others and not any(frozenset((deed, other)) in _TOGETHER for deed in deeds for other in others)
