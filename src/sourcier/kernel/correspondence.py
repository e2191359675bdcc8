"""Which activities of NAF rév. 2 and of NAF 2025 stand for each other, and who says so.

A code of one nomenclature is never compared with a code of the other: they meet through here, or not at all.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.french import format_number

NAMES = {NAF_REV2: "NAF rév. 2", NAF_2025: "NAF 2025"}
LEAST = 3
SHARE = 5
"""Per cent of the establishments of one of the two codes, at least: under that, two codes meet by mistakes of the stock.

Of either one, since a trade may be merged (all of a small one, few of the new) or split (few of a large one, all of the new).
"""


@dataclass(frozen=True, slots=True)
class Official:
    """INSEE's table: the file's name, the SHA-256 of its bytes, the day it was read."""

    file: str
    sha256: str
    on: date


@dataclass(frozen=True, slots=True)
class Counted:
    """The establishments of one build of the register that bear both codes: how many there are."""

    build: str
    establishments: int


@dataclass(frozen=True)
class Correspondence:
    """`others[activity]`: those of the other nomenclature, each with how many establishments bear both (None: not told).

    Most borne first, then by code.
    """

    others: Mapping[Activity, Mapping[Activity, int | None]] = field(default_factory=dict)
    origin: Official | Counted | None = None

    def of(self, activity: Activity) -> tuple[Activity, ...]:
        """The activities that correspond to this one."""
        return tuple(self.others.get(activity, ()))

    def within(self, nomenclature: str, activity: Activity) -> tuple[Activity, ...]:
        """What this activity is in a nomenclature: itself when it is of it, else those that correspond."""
        return (activity,) if activity.nomenclature == nomenclature else self.of(activity)

    def both(self, activities: Iterable[Activity]) -> set[Activity]:
        """These activities, and those of the other nomenclature that correspond to one of them."""
        return {other for each in activities for other in (each, *self.of(each))}

    def met_by(self, wanted: Activity, said: Collection[Activity]) -> Activity | None:
        """Which of the activities of a firm is the one wanted, or stands for it: only when none is told in its nomenclature."""
        if wanted in said:
            return wanted
        if any(each.nomenclature == wanted.nomenclature for each in said):
            return None
        return next((each for each in said if each in self.others.get(wanted, ())), None)

    def sentence(self, found: Activity, wanted: Activity) -> str:
        """« 10.71H en NAF 2025, qui correspond à 10.71C ; table de l'INSEE »."""
        both = self.others.get(wanted, {}).get(found)
        proof = "table de l'INSEE"
        if both is not None:
            proof = f"d'après {format_number(both)} établissements du répertoire qui portent les deux codes"
        return f"{found.code} en {NAMES[found.nomenclature]}, qui correspond à {wanted.code} ; {proof}"


def corresponding(pairs: Iterable[tuple[Activity, Activity, int | None]], origin: Official | Counted | None) -> Correspondence:
    """Both ways, from (rév. 2, 2025, count or None)."""
    others: dict[Activity, dict[Activity, int | None]] = {}
    for former, recent, count in sorted(pairs, key=lambda pair: (-(pair[2] or 0), pair[0], pair[1])):
        others.setdefault(former, {})[recent] = count
        others.setdefault(recent, {})[former] = count
    return Correspondence(others, origin)


def counted(counts: Mapping[tuple[Activity, Activity], int], build: str) -> Correspondence:
    """From how many establishments bear each (rév. 2, 2025); what few bear is left out (`LEAST`, `SHARE`)."""
    borne: dict[Activity, int] = {}
    for pair, count in counts.items():
        for activity in pair:
            borne[activity] = borne.get(activity, 0) + count
    kept = [
        (former, recent, count)
        for (former, recent), count in counts.items()
        if count >= LEAST and 100 * count >= SHARE * min(borne[former], borne[recent])
    ]
    return corresponding(kept, Counted(build, sum(counts.values())))
