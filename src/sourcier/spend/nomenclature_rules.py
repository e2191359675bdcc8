"""What a nomenclature changes for a year, the years before it staying as they were. Pure decisions."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from sourcier.kernel.transitions import Refusal
from sourcier.spend.importing.families import FamilyLine
from sourcier.spend.importing.lines import Unread


class Known(Protocol):
    """A family of the city."""

    code: str
    label: str
    kind: str
    cpv: str
    first_year: int
    last_year: int | None
    activities: Any

    def holds(self, year: int) -> bool: ...


F = TypeVar("F", bound=Known)


@dataclass(slots=True)
class Plan(Generic[F]):
    """What an import would do: lines to add, families to rename, families that the file does not have."""

    added: list[FamilyLine] = field(default_factory=list)
    changed: list[tuple[F, FamilyLine]] = field(default_factory=list)
    retired: list[F] = field(default_factory=list)
    same: int = 0
    unread: list[Unread] = field(default_factory=list)

    @property
    def relabelled(self) -> list[tuple[F, FamilyLine]]:
        return [(family, line) for family, line in self.changed if family.label != line.label]

    @property
    def empty(self) -> bool:
        return not (self.added or self.changed or self.retired)


def plan(lines: Iterable[FamilyLine], known: Mapping[str, F], year: int, left: Collection[str]) -> Plan[F]:
    """Compare with the city's families, by code. `left`: codes of the lines left out, about which nothing is decided."""
    made: Plan[F] = Plan()
    told = set(left)
    for line in lines:
        told.add(line.code)
        family = known.get(line.code)
        if family is None:
            made.added.append(line)
        elif why := _forbidden(family, line, year):
            made.unread.append(Unread(line.line, f"{line.code} ; {line.label}", why))
        elif differs(family, line):
            made.changed.append((family, line))
        else:
            made.same += 1
    made.retired = [family for family in known.values() if family.holds(year) and family.code not in told]
    return made


def _forbidden(family: Known, line: FamilyLine, year: int) -> str:
    if family.last_year is not None and family.last_year < year:
        return f"Ce code a été retiré fin {family.last_year} : une famille qui revient prend un nouveau code."
    if family.first_year > year:
        return f"Cette famille commence en {family.first_year}."
    if family.kind != line.kind:
        return "La nature d'une famille ne change pas : ses totaux passés changeraient de limite. Donnez un nouveau code."
    return ""


def differs(family: Known, line: FamilyLine) -> bool:
    """The label, the CPV or the activities, when the file says them."""
    activities = [[activity.nomenclature, activity.code] for activity in line.activities]
    return (
        family.label != line.label
        or bool(line.cpv and family.cpv != line.cpv)
        or bool(activities and family.activities != activities)
    )


def renamed(first_year: int, earlier: list[dict[str, Any]], label: str, cpv: str, year: int) -> list[dict[str, Any]]:
    """What it was called before `year`, which begins a new name; a name given in that very year is replaced, not kept."""
    since = earlier[-1]["until"] + 1 if earlier else first_year
    return earlier if since >= year else [*earlier, {"until": year - 1, "label": label, "cpv": cpv}]


def year_refusal(year: int, today_year: int, last_change: int) -> Refusal | None:
    """A nomenclature is given for this year or the next, and never under one that was given for later."""
    if not today_year <= year <= today_year + 1:
        return Refusal("year", f"Une nomenclature se donne pour {today_year} ou {today_year + 1} : le passé ne change pas.")
    if year < last_change:
        return Refusal("later", f"La nomenclature de {last_change} est déjà donnée. Corrigez plutôt une famille à la main.")
    return None
