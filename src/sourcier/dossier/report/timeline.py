"""The dates that matter, to draw; then every entry in order, the repeated ones together."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from sourcier.dossier.history import History, Step
from sourcier.dossier.seal import DRAFT_VERBS
from sourcier.kernel.french import PARIS, format_date, format_hour

MILESTONES = (
    ("need.started", "Besoin décrit"),
    ("need.taken_over", "Besoin repris"),
    ("need.accepted", "Besoin accepté"),
    ("need.led_by_author", "Conduit par le service"),
    ("glance.good", "Regard d'un acheteur"),
    ("sourcing.sent", "Demande envoyée"),
    ("sourcing.closed", "Date limite"),
    ("answers.opened", "Ouverture"),
    ("choice.made", "Choix"),
    ("sourcing.ended", "Arrêt"),
    ("sourcing.ended_after_opening", "Sans suite"),
    ("result.told", "Résultat annoncé"),
)
NAMED_TOGETHER = 3


def milestones(history: History) -> list[dict[str, str]]:
    """`{"label", "day", "hour"}` of the last entry of each kind, oldest first."""
    last = {step.verb: step for step in history.steps}
    found = [(_moment(last[verb]), label) for verb, label in MILESTONES if verb in last]
    return [{"label": label, "day": format_date(_local(at)), "hour": format_hour(at)} for at, label in sorted(found)]


def _moment(step: Step) -> datetime:
    """When it was; a deadline is what was announced, not the moment at which the server noticed."""
    deadline = step.payload.get("deadline") if step.verb == "sourcing.closed" else None
    return datetime.fromtimestamp(deadline / 1000, UTC) if deadline else step.at


def _local(at: datetime) -> date:
    return at.astimezone(PARIS).date()


@dataclass(slots=True)
class Line:
    """What one line tells: a sentence, or the same thing done to several firms."""

    at: datetime
    key: tuple[str, ...]
    sentence: str
    to: list[str] = field(default_factory=list)
    times: int = 1

    @property
    def words(self) -> str:
        if self.to:
            names = ", ".join(self.to) if len(self.to) <= NAMED_TOGETHER else f"{len(self.to)} entreprises"
            return f"{self.sentence} {names} : {self.key[-1]}"
        return self.sentence + (f" ({self.times} fois)" if self.times > 1 else "")


def days(history: History) -> list[dict[str, Any]]:
    """`[{"day", "lines": [{"hour", "sentence"}]}]`, in order."""
    lines: list[Line] = []
    for step in history.steps:
        if step.verb in DRAFT_VERBS:
            continue
        made = _line(step)
        if lines and lines[-1].key == made.key and _local(lines[-1].at) == _local(made.at):
            lines[-1].times += 1
            lines[-1].to += made.to
        else:
            lines.append(made)
    return [
        {
            "day": format_date(day, weekday=True),
            "lines": [{"hour": format_hour(line.at), "sentence": line.words} for line in same],
        }
        for day, same in groupby(lines, key=lambda line: _local(line.at))
    ]


def drafts(history: History) -> int:
    """How many entries of drafts are left out of `days`."""
    return sum(step.verb in DRAFT_VERBS for step in history.steps)


def _line(step: Step) -> Line:
    said = step.payload
    if said and step.verb.startswith("message."):
        sent = "Message envoyé à" if "sent" in step.verb else "Message non remis à"
        return Line(step.at, (step.verb, said["subject"]), sent, [said["to_name"]])
    return Line(step.at, (step.verb, step.sentence), step.sentence)
