"""How long a purchase takes on each lane, from the need that was sent to the answers and to the choice."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from sourcier.accounts.agents import Agent
from sourcier.kernel.french import PARIS
from sourcier.needs.lanes import NAMES, Lane
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.queries import visible

DAY = timedelta(days=1)
IN_HOURS = timedelta(days=2)


@dataclass(slots=True)
class LaneTimes:
    """The purchases of one lane: how long each took to its answers, and to its choice."""

    lane: Lane
    answers: list[timedelta] = field(default_factory=list)
    choices: list[timedelta] = field(default_factory=list)

    @property
    def name(self) -> str:
        name = NAMES[self.lane]
        return name[0].upper() + name[1:]

    @property
    def to_answers(self) -> timedelta | None:
        return _median(self.answers)

    @property
    def to_choice(self) -> timedelta | None:
        return _median(self.choices)

    @property
    def sentence(self) -> str:
        """« Le service seul : 2 jours du besoin au choix (12 achats) », or to the answers as long as nothing is chosen."""
        found, end = (self.choices, "au choix") if self.choices else (self.answers, "aux réponses")
        plural = "s" if len(found) > 1 else ""
        return f"{self.name} : {in_words(_median(found))} du besoin {end} ({len(found)} achat{plural})"


def lane_times(agent: Agent, year: int) -> list[LaneTimes]:
    """Of the needs that this agent reads, sent that year: one line for each lane with a purchase whose answers are open."""
    first, after = (datetime(each, 1, 1, tzinfo=PARIS) for each in (year, year + 1))
    priced = visible(agent).exclude(kind=Sourcing.Kind.RFI).filter(opened_at__isnull=False)
    rows = priced.filter(need__submitted_at__gte=first, need__submitted_at__lt=after).order_by("opened_at", "pk")
    found = {lane: LaneTimes(lane) for lane in Lane}
    moments: defaultdict[object, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    began = {}
    for need, lane, sent, opened, chosen in rows.values_list(
        "need", "need__lane", "need__submitted_at", "opened_at", "chosen_at"
    ):
        began[need] = (Lane(lane), sent)
        moments[need].append((opened, chosen))
    for need, (lane, sent) in began.items():
        found[lane].answers.append(moments[need][0][0] - sent)
        if chosen := [each for _, each in moments[need] if each]:
            found[lane].choices.append(min(chosen) - sent)
    return [each for each in found.values() if each.answers]


def lane_years(agent: Agent) -> list[int]:
    """The years in which a need whose answers are open was sent, latest first."""
    sent = visible(agent).filter(opened_at__isnull=False, need__submitted_at__isnull=False)
    moments = sent.values_list("need__submitted_at", flat=True)
    return sorted({moment.astimezone(PARIS).year for moment in moments}, reverse=True)


def in_words(duration: timedelta | None) -> str:
    """« 30 heures », then « 3 jours »; empty when nothing was measured."""
    if duration is None:
        return ""
    unit, count = ("heure", hours(duration)) if duration < IN_HOURS else ("jour", round(duration / DAY))
    return f"{count} {unit}{'s' if count > 1 else ''}"


def hours(duration: timedelta) -> int:
    """Whole hours, one at least."""
    return max(1, round(duration / timedelta(hours=1)))


def _median(found: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(each.total_seconds() for each in found)) if found else None
