"""Words of firms, people and streets: the demonstration's, in more combinations, for nobody bears any of these names."""

from collections.abc import Sequence
from random import Random

from sourcier.project.demo.naming import Naming, rows

MIDDLES = (
    "", "ba", "bi", "bou", "cha", "chi", "da", "di", "dou", "fa", "fi", "ga", "gou", "ja", "jo", "la", "li", "lou", "ma", "mi",
    "mou", "na", "ni", "pa", "pi", "pou", "ra", "ri", "rou", "sa", "si", "ta", "ti", "tou", "va", "vi",
)  # fmt: skip
FIRMS_A_KIND = 256
STREETS = 8192
NAMED_STREETS = 4
"""One street in that many is of the common ones (« de la Gare »); the others bear somebody's name."""

MARK = "#"
"""Where the owner's surname goes in the name of a firm."""


def surnames() -> list[str]:
    """« TARDIBOUCLOCHE »: some forty thousand."""
    naming = Naming(Random(1))
    return [start + middle.upper() + end for middle in MIDDLES for start in naming.starts for end in naming.ends]


def kinds() -> list[str]:
    """Kinds of trade, in the order of `firms`."""
    return [row["kind"] for row in rows("names")]


def firms() -> list[str]:
    """`FIRMS_A_KIND` names of each kind, with `MARK` for the surname."""
    naming = Naming(Random(2))
    return [naming.firm(kind, MARK) for kind in kinds() for _ in range(FIRMS_A_KIND)]


def streets(names: Sequence[str]) -> list[str]:
    """Labels of streets, without their type."""
    naming, random = Naming(Random(3)), Random(4)
    people = [first for sex in naming.first.values() for first in sex]
    return [
        random.choice(naming.streets) if number % NAMED_STREETS == 0 else f"{random.choice(people)} {random.choice(names)}"
        for number in range(STREETS)
    ]


def first_names() -> tuple[list[str], list[str]]:
    """Women's, then men's."""
    naming = Naming(Random(1))
    return naming.first["F"], naming.first["M"]
