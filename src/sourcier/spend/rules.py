"""Pure decisions about spending: how far a family is from its limit, how well it fits the activities of a need."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

LEVELS = (50, 80, 100)


@dataclass(frozen=True, slots=True)
class Use:
    """What a limit has left: committed before, and this purchase if one is weighed. Cents, before tax."""

    committed_cents: int
    here_cents: int
    limit_cents: int

    @property
    def total_cents(self) -> int:
        return self.committed_cents + self.here_cents

    @property
    def percent(self) -> int:
        """Whole percent, rounded down: 100 is said only when the limit is reached."""
        return 100 * self.total_cents // self.limit_cents

    @property
    def level(self) -> int:
        """The highest of 50, 80 and 100 that is reached, else 0."""
        return max((level for level in LEVELS if self.percent >= level), default=0)

    @property
    def left_cents(self) -> int:
        return max(0, self.limit_cents - self.total_cents)

    @property
    def almost(self) -> bool:
        """Whether a gauge warns: from 80 % on."""
        return self.level >= LEVELS[-2]

    @property
    def scale(self) -> int:
        """The length of a gauge: the limit, or what goes past it."""
        return max(self.limit_cents, self.total_cents)


def fit(own: Sequence[tuple[str, str]], wanted: Collection[tuple[str, str]]) -> tuple[int, int, int] | None:
    """How well a family with these activities (the most telling first) fits a need; greater is better, None is not at all."""
    places = [place for place, activity in enumerate(own) if activity in wanted]
    return (len(places), -min(places), -len(own)) if places else None
