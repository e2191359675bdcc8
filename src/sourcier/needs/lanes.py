"""Who carries a purchase from its need to its proof: one of three lanes, that the city sets by family and amount. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sourcier.kernel.money import format_cents
from sourcier.law.book import KINDS, WORKS


class Lane(StrEnum):
    """From the shortest way to the most guarded one."""

    ALONE = "alone"
    GLANCE = "glance"
    LED = "led"


class Declaration(StrEnum):
    """How each person of the purchase declares his interests."""

    TICK = "tick"
    FORM = "form"


class Opener(StrEnum):
    """Who opens the quotes."""

    BUYER = "buyer"
    AUTHOR = "author"


NAMES = {
    Lane.ALONE: "le service seul",
    Lane.GLANCE: "le service, avec le regard d'un acheteur",
    Lane.LED: "un acheteur conduit",
}
BY_AUTHOR = frozenset({Lane.ALONE, Lane.GLANCE})
NOTHING_SET = "la ville n'a réglé aucune autre voie."
GUARDED = (Lane.ALONE, Lane.GLANCE, Lane.LED)


@dataclass(frozen=True, slots=True)
class Rule:
    """Below `up_to_cents` before tax (None: whatever the amount, for a buyer only), the lane of a family, a kind, or all."""

    id: UUID
    lane: Lane
    up_to_cents: int | None
    declaration: Declaration
    opener: Opener
    family: UUID | None = None
    kind: str = ""

    def reaches(self, cents: int) -> bool:
        return self.up_to_cents is None or cents < self.up_to_cents


@dataclass(frozen=True, slots=True)
class Facts:
    """What a lane is read from. `limit_cents`: the law's exemption, when the purchase and all that adds up with it reach it."""

    cents: int | None
    kind: str = ""
    family: UUID | None = None
    family_label: str = ""
    limit_cents: int | None = None


@dataclass(frozen=True, slots=True)
class LaneChoice:
    """The lane of a need and why; `rule` is the city's, None when none was set for it."""

    lane: Lane
    sentence: str
    rule: UUID | None = None
    declaration: Declaration = Declaration.FORM
    opener: Opener = Opener.BUYER
    up_to_cents: int | None = None

    @property
    def name(self) -> str:
        return NAMES[self.lane]

    @property
    def told(self) -> bool:
        """Whether pages say it: where the city has set nothing, there is nothing to say."""
        return not self.sentence.endswith(NOTHING_SET)


def choose(rules: Sequence[Rule], facts: Facts) -> LaneChoice:
    """The lane of a need. The most precise rules decide alone: the family's, else the kind's, else those for all."""
    if not rules:
        return led(NOTHING_SET)
    if facts.cents is None:
        return led("le montant n'est pas connu.")
    if facts.kind == WORKS:
        return led("ce sont des travaux.")
    if facts.family is None:
        return led("la famille de l'achat n'est pas encore connue.")
    if facts.limit_cents is not None:
        return led(f"tout ce qui s'additionne atteint la limite de {format_cents(facts.limit_cents)} HT.")
    scope, known = _precise(rules, facts)
    reached = [rule for rule in known if rule.reaches(facts.cents)]
    if not reached:
        return led(f"{format_cents(facts.cents)} HT, c'est plus que les montants réglés{scope}.")
    rule = min(reached, key=lambda rule: (rule.up_to_cents is None, rule.up_to_cents or 0, -GUARDED.index(rule.lane)))
    amount = "quel que soit le montant" if rule.up_to_cents is None else f"moins de {format_cents(rule.up_to_cents)} HT"
    sentence = _sentence(rule.lane, f"{amount}{scope}.")
    return LaneChoice(rule.lane, sentence, rule.id, rule.declaration, rule.opener, rule.up_to_cents)


def led(reason: str) -> LaneChoice:
    """A buyer leads, and why: what holds everywhere nothing else is set."""
    return LaneChoice(Lane.LED, _sentence(Lane.LED, reason))


def _sentence(lane: Lane, reason: str) -> str:
    return f"Voie « {NAMES[lane]} » : {reason}"


def _precise(rules: Sequence[Rule], facts: Facts) -> tuple[str, list[Rule]]:
    """The rules of the most precise level that has any, with the words that say it."""
    of_family = [rule for rule in rules if rule.family is not None and rule.family == facts.family]
    if of_family:
        return f" dans la famille {facts.family_label}", of_family
    of_kind = [rule for rule in rules if rule.family is None and rule.kind and rule.kind == facts.kind]
    if of_kind:
        return f" en {KINDS[facts.kind]}", of_kind
    return "", [rule for rule in rules if rule.family is None and not rule.kind]


def stricter(first: Lane, second: Lane) -> bool:
    """Whether `first` guards more than `second`."""
    return GUARDED.index(first) > GUARDED.index(second)
