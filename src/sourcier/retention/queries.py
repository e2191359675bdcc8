"""What is kept, until when, under which rule, and what is due: always of one city."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Max, QuerySet
from django.urls import reverse

from sourcier.accounts.agents import Agent
from sourcier.accounts.awaiting import Awaiting
from sourcier.accounts.models import Role
from sourcier.kernel.french import PARIS
from sourcier.law.retention import CONTRACT, KINDS, PROCEDURE, term
from sourcier.retention import rules
from sourcier.retention.erasing import OF_STREAMS, plan
from sourcier.retention.models import Clock, Hold, Visa
from sourcier.retention.registry import Scope, names
from sourcier.retention.rules import Facts

READERS = (Role.HEAD_BUYER, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class Line:
    """One clock as people read it."""

    clock: Clock
    name: str
    what: str
    state: str
    ends_on: date | None

    @property
    def state_words(self) -> str:
        return rules.STATES[self.state]


def visible(agent: Agent) -> QuerySet[Clock]:
    """The clocks of the agent's city, for who decides of them or inspects."""
    clocks = Clock.objects.filter(organisation=agent.organisation)
    return clocks if agent.has(*READERS) else clocks.none()


def lines(agent: Agent, clocks: Iterable[Clock], today: date) -> list[Line]:
    """Each clock with its state that day; the number of queries does not grow with theirs."""
    found = list(clocks)
    organisation_id = agent.organisation.pk
    operations = {clock.operation_id for clock in found if clock.operation_id}
    siblings = _siblings(organisation_id, operations)
    held = set(Hold.objects.filter(organisation_id=organisation_id, lifted_at=None).values_list("operation_id", flat=True))
    visas = Visa.objects.filter(organisation_id=organisation_id, operation_id__in=operations)
    signed = dict(visas.values_list("operation_id").annotate(Max("recorded_at")))
    called: dict[tuple[str, UUID], str] = {}
    for kind in {clock.kind for clock in found}:
        subjects = [clock.subject_id for clock in found if clock.kind == kind]
        called |= {(kind, subject): name for subject, name in names(organisation_id, kind, subjects).items()}
    made = []
    for clock in found:
        facts = _facts(clock, siblings.get(clock.operation_id, []), clock.operation_id in held, signed.get(clock.operation_id))
        name = called.get((clock.kind, clock.subject_id), "")
        made.append(Line(clock, name, KINDS[clock.kind], rules.state(facts, today), facts.latest_end or clock.ends_on))
    return made


def awaiting(agent: Agent, today: date) -> list[Awaiting]:
    """To who decides of it: how many records have come to the end of their term, since the first of them."""
    if rules.may_act(agent.roles) is not None:
        return []
    over = Clock.objects.filter(organisation=agent.organisation, erased_at=None, ends_on__lt=today)
    due = [line for line in lines(agent, over, today) if line.state in (rules.DUE, rules.UNSIGNED)]
    records = {line.clock.operation_id or line.clock.subject_id for line in due}
    if not records:
        return []
    told = "Un dossier arrive au terme de sa" if len(records) == 1 else f"{len(records)} dossiers arrivent au terme de leur"
    first = min(line.ends_on for line in due if line.ends_on) + timedelta(days=1)
    since = datetime.combine(first, time(), PARIS)
    return [Awaiting(since, f"{told} conservation.", "Voir la conservation", reverse("retention"))]


def facts(clock: Clock) -> Facts:
    """What decides for one clock, read now."""
    about = {"organisation_id": clock.organisation_id, "operation_id": clock.operation_id}
    operation = {clock.operation_id} - {None}
    held = bool(operation) and Hold.objects.filter(**about, lifted_at=None).exists()
    signed = Visa.objects.filter(**about).aggregate(Max("recorded_at"))["recorded_at__max"] if operation else None
    siblings = _siblings(clock.organisation_id, {pk for pk in operation if pk}).get(clock.operation_id, [])
    return _facts(clock, siblings, held, signed)


def scope(clock: Clock) -> Scope:
    """What the erasure of this clock's record covers: the losing answers alone while the contract's own term runs."""
    losing = clock.kind == PROCEDURE and any(
        each.kind == CONTRACT and not each.erased_at
        for each in _siblings(clock.organisation_id, {clock.subject_id}).get(clock.operation_id, [])
    )
    return Scope(clock.organisation_id, clock.kind, clock.subject_id, losing)


def ended_by(clock: Clock, covered: Scope) -> list[Clock]:
    """The clocks that the erasure ends: all those of the operation when it goes whole."""
    if clock.kind in OF_STREAMS and not covered.losing:
        return list(
            Clock.objects.select_for_update().filter(
                organisation_id=clock.organisation_id, operation_id=clock.operation_id, erased_at=None
            )
        )
    return [clock]


def last_day_of(organisation_id: UUID, operation_id: UUID) -> date | None:
    """Until when an operation is kept whole, as far as it is known."""
    ends = [each.ends_on for each in _siblings(organisation_id, {operation_id}).get(operation_id, [])]
    return max((end for end in ends if end), default=None)


def _siblings(organisation_id: UUID, operations: set[UUID]) -> dict[UUID | None, list[Clock]]:
    found: dict[UUID | None, list[Clock]] = defaultdict(list)
    for each in Clock.objects.filter(organisation_id=organisation_id, operation_id__in=operations):
        found[each.operation_id].append(each)
    return found


def _facts(clock: Clock, siblings: list[Clock], held: bool, signed_at: datetime | None) -> Facts:
    """The contract's file waits for the procedure's term too: they go together. A visa is of what was kept when it came."""
    waited = [each for each in siblings if not each.erased_at] if clock.kind == CONTRACT else [clock]
    ends = [each.ends_on for each in waited or [clock]]
    known = all(ends)
    return Facts(
        latest_end=max((end for end in ends if end), default=None) if known else None,
        known=known, archives=term(clock.kind).archives, held=held,
        signed=signed_at is not None and signed_at >= clock.opened_at, erased=clock.erased_at is not None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would destroy, for the page that asks to confirm it."""

    losing: bool
    contents: int
    rows: int
    files: tuple[str, ...]


def preview(clock: Clock) -> Preview:
    """The very plan of the erasure, counted."""
    covered = scope(clock)
    made = plan(covered)
    return Preview(
        covered.losing, len(made.indexes), len(made.changes) + len(made.gone), tuple(sorted(file.name for file in made.files))
    )
