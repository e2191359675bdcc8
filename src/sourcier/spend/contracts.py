"""The read side of running contracts: what is left on each, and which ones a need meets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from sourcier.accounts.models import Organisation
from sourcier.spend import contract_rules as rules
from sourcier.spend.likeness import CLOSE, grade, nearness, signature
from sourcier.spend.models import ContractOrder, RunningContract


@dataclass(frozen=True, slots=True)
class Standing:
    """A contract with what is used of it: as it was said, and what was ordered here since. Cents before tax."""

    contract: RunningContract
    used_cents: int

    @property
    def ordered_here(self) -> int:
        """Since the amount used was said."""
        return self.used_cents - self.contract.used_cents

    @property
    def scale(self) -> int:
        """What a gauge goes up to."""
        return max(self.contract.maximum_cents or 0, self.used_cents)

    @property
    def left_cents(self) -> int | None:
        return rules.left(self.contract.maximum_cents, self.used_cents)

    @property
    def percent(self) -> int | None:
        return rules.percent(self.contract.maximum_cents, self.used_cents)

    @property
    def almost(self) -> bool:
        """Four fifths of it are used, or more."""
        return (self.percent or 0) >= rules.ALMOST

    def serves(self, amount_cents: int | None) -> bool:
        return rules.serves(self.left_cents, amount_cents)


@dataclass(frozen=True, slots=True)
class Met:
    """A contract that a need meets: it covers the family and has enough left, or its object is alike."""

    standing: Standing
    covers: bool
    alike: bool

    @property
    def contract(self) -> RunningContract:
        return self.standing.contract


def of_city(organisation: Organisation) -> QuerySet[RunningContract]:
    return RunningContract.objects.filter(organisation=organisation)


def running(organisation: Organisation, on: date) -> QuerySet[RunningContract]:
    """Those on which one may order that day, the first to end first."""
    return of_city(organisation).filter(Q(first_on=None) | Q(first_on__lte=on), ends_on__gte=on)


def runs(contract: RunningContract, on: date) -> bool:
    return (contract.first_on is None or contract.first_on <= on) and on <= contract.ends_on


def standings(contracts: Iterable[RunningContract]) -> list[Standing]:
    """In the order given, in one query."""
    found = list(contracts)
    since = ContractOrder.objects.filter(contract__in=found, ordered_at__gt=F("contract__said_at"))
    ordered: dict[UUID, int] = dict(since.order_by().values_list("contract").annotate(Sum("amount_cents")))
    return [Standing(contract, contract.used_cents + ordered.get(contract.pk, 0)) for contract in found]


def standing(contract: RunningContract) -> Standing:
    return standings([contract])[0]


def met(organisation: Organisation, words: str, family: str, amount_cents: int | None, on: date) -> list[Met]:
    """The contracts running that day in this family, or whose object is alike; those that cover the need first."""
    contracts = list(running(organisation, on))
    alike = _alike(words, contracts)
    wanted = [contract for contract in contracts if contract.pk in alike or family in contract.families]
    found = [
        Met(each, bool(family) and family in each.contract.families and each.serves(amount_cents), each.contract.pk in alike)
        for each in standings(wanted)
    ]
    return sorted(found, key=lambda each: (not each.covers, not each.alike, each.contract.ends_on, str(each.contract.pk)))


def _alike(words: str, contracts: Iterable[RunningContract]) -> set[UUID]:
    """Those whose object names the same thing as one of the lines of the need."""
    asked = [signature(line) for line in words.splitlines() if line.strip()]
    objects = {contract.pk: signature(contract.object) for contract in contracts}
    near = nearness({*asked, *objects.values()})
    return {key for key, signed in objects.items() if any(grade(each, signed, near) >= CLOSE for each in asked)}
