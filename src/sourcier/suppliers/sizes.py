"""The size of a firm, as INSEE tells it: the category of the whole (PME, ETI, GE) first, then the employees of the place. Pure.

`size_class` is `trancheEffectifs`; empty and NN say that nobody knows, which is neither small nor large.
"""

UNKNOWN = frozenset({"", "NN"})
UNDER_10 = frozenset({"00", "01", "02", "03"})
UNDER_250 = UNDER_10 | {"11", "12", "21", "22", "31"}
LARGER = frozenset({"ETI", "GE"})


def is_micro(size_class: str, category: str) -> bool:
    """Fewer than ten employees, and no part of a larger group."""
    return category not in LARGER and size_class in UNDER_10


def is_sme(size_class: str, category: str) -> bool:
    """A small or medium enterprise, the smallest included."""
    return category == "PME" or (not category and size_class in UNDER_250)


def is_unsized(size_class: str, category: str) -> bool:
    """Nobody knows whether it has ten employees."""
    return category not in LARGER and size_class in UNKNOWN
