"""Savings, new firms, small firms and spread of prices, by department and family. Sealed operations tell only who was asked."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Min

from sourcier.accounts.agents import Agent
from sourcier.kernel.french import PARIS
from sourcier.kernel.money import line_total
from sourcier.quotes.models import Award, QuotedLine, SavingReference, Submission
from sourcier.sourcing.models import Invitation, PriceLine, Sourcing

# INSEE `trancheEffectifs`: no employee known, 0, 1-2, 3-5, 6-9.
MICRO_CLASSES = frozenset({"", "NN", "00", "01", "02", "03"})
DECIDED = (Sourcing.State.CHOSEN, Sourcing.State.DONE)


@dataclass(slots=True)
class OperationFigures:
    """One request sent in the period. Amounts before tax; `saving_cents` is None when it is not counted."""

    sourcing: Sourcing
    asked: set[UUID] = field(default_factory=set)
    first_asked: set[UUID] = field(default_factory=set)
    micro_asked: set[UUID] = field(default_factory=set)
    sme_asked: set[UUID] = field(default_factory=set)
    winners: set[UUID] = field(default_factory=set)
    first_winners: set[UUID] = field(default_factory=set)
    micro_winners: set[UUID] = field(default_factory=set)
    amount_cents: int = 0
    reference_cents: int | None = None
    saving_cents: int | None = None
    totals: list[int] = field(default_factory=list)

    @property
    def spread_percent(self) -> int | None:
        """How far the highest complete price is above the lowest, in percent; None with fewer than two."""
        if len(self.totals) < 2 or min(self.totals) <= 0:
            return None
        return round((max(self.totals) - min(self.totals)) * 100 / min(self.totals))


@dataclass(slots=True)
class Group:
    """The operations of one department and family, and their sums."""

    department: str
    family: str
    operations: list[OperationFigures] = field(default_factory=list)
    asked_before: int = 0

    def _count(self, name: str) -> int:
        return len(set().union(*(getattr(operation, name) for operation in self.operations)))

    @property
    def asked(self) -> int:
        return self._count("asked")

    @property
    def first_asked(self) -> int:
        return self._count("first_asked")

    @property
    def micro_asked(self) -> int:
        return self._count("micro_asked")

    @property
    def sme_asked(self) -> int:
        return self._count("sme_asked")

    @property
    def winners(self) -> int:
        return self._count("winners")

    @property
    def first_winners(self) -> int:
        return self._count("first_winners")

    @property
    def micro_winners(self) -> int:
        return self._count("micro_winners")

    @property
    def amount_cents(self) -> int:
        return sum(operation.amount_cents for operation in self.operations)

    @property
    def saving_cents(self) -> int:
        """Sum of what is counted; a loss counts as a loss."""
        return sum(operation.saving_cents or 0 for operation in self.operations)

    @property
    def reference_cents(self) -> int:
        """Sum of the references of the operations whose saving is counted."""
        return sum(o.reference_cents or 0 for o in self.operations if o.saving_cents is not None)

    @property
    def not_counted(self) -> int:
        """Decided operations without a reference, or not wholly awarded."""
        return sum(o.sourcing.state in DECIDED and o.saving_cents is None for o in self.operations)

    @property
    def spread_percent(self) -> int | None:
        spreads = [o.spread_percent for o in self.operations if o.spread_percent is not None]
        return round(sum(spreads) / len(spreads)) if spreads else None


def year_bounds(year: int) -> tuple[datetime, datetime]:
    """First instant of a year and of the next, in Paris."""
    return (
        datetime(year, 1, 1, tzinfo=PARIS).astimezone(UTC),
        datetime(year + 1, 1, 1, tzinfo=PARIS).astimezone(UTC),
    )


def groups(agent: Agent, year: int) -> list[Group]:
    """The requests for prices sent in a year, by department and family; a constant number of queries."""
    start, end = year_bounds(year)
    sourcings = list(
        Sourcing.objects.filter(organisation=agent.organisation, sent_at__gte=start, sent_at__lt=end)
        .exclude(kind=Sourcing.Kind.RFI)
        .select_related("need__department", "need__family")
        .order_by("need__department__name", "sent_at")
    )
    figures = {sourcing.pk: OperationFigures(sourcing) for sourcing in sourcings}
    _fill_asked(agent, figures)
    _fill_awards(agent, figures)
    _fill_totals(figures)
    before = _asked_before(agent, year)
    found: dict[tuple[str, str], Group] = {}
    for operation in figures.values():
        need = operation.sourcing.need
        family = need.family.label if need.family else "Sans famille"
        key = (need.department.name, family)
        group = found.setdefault(key, Group(*key, asked_before=len(before.get((need.department_id, need.family_id), ()))))
        group.operations.append(operation)
    return list(found.values())


def _fill_asked(agent: Agent, figures: dict[UUID, OperationFigures]) -> None:
    """Who was asked (not who came by a notice: that would tell who answers), and who for the first time."""
    asked = Invitation.objects.exclude(channel=Invitation.Channel.NOTICE).filter(
        sourcing__organisation=agent.organisation, sourcing__sent_at__isnull=False
    )
    first = dict(asked.values_list("firm_id").annotate(first=Min("sourcing__sent_at")))
    for invitation in asked.filter(sourcing__in=figures).select_related("firm", "sourcing"):
        operation = figures[invitation.sourcing_id]
        operation.asked.add(invitation.firm_id)
        if invitation.sourcing.sent_at == first.get(invitation.firm_id):
            operation.first_asked.add(invitation.firm_id)
        if invitation.firm.size_class in MICRO_CLASSES:
            operation.micro_asked.add(invitation.firm_id)
        if invitation.firm.category == "PME":
            operation.sme_asked.add(invitation.firm_id)


def _fill_awards(agent: Agent, figures: dict[UUID, OperationFigures]) -> None:
    """Amounts, winners and savings of the operations decided."""
    chosen = Award.objects.filter(sourcing__organisation=agent.organisation, submission__isnull=False)
    first = dict(chosen.values_list("submission__firm_id").annotate(first=Min("chosen_at")))
    left: set[UUID] = set()
    for award in Award.objects.filter(sourcing__in=figures).select_related("submission__firm"):
        operation = figures[award.sourcing_id]
        if award.submission is None:
            left.add(award.sourcing_id)
            continue
        firm = award.submission.firm
        operation.amount_cents += award.amount_cents
        operation.winners.add(firm.pk)
        if first.get(firm.pk) == award.chosen_at:
            operation.first_winners.add(firm.pk)
        if firm.size_class in MICRO_CLASSES:
            operation.micro_winners.add(firm.pk)
    for reference in SavingReference.objects.filter(sourcing__in=figures, amount_cents__isnull=False):
        operation = figures[reference.sourcing_id]
        operation.reference_cents = reference.amount_cents
        whole = operation.sourcing.state in DECIDED and reference.sourcing_id not in left
        if whole and reference.amount_cents is not None:
            operation.saving_cents = reference.amount_cents - operation.amount_cents


def _fill_totals(figures: dict[UUID, OperationFigures]) -> None:
    """The complete prices received, of opened operations only, on the estimated quantities."""
    opened = [key for key, operation in figures.items() if operation.sourcing.opened_at is not None]
    wanted: dict[UUID, int] = defaultdict(int)
    for sourcing_id in PriceLine.objects.filter(sourcing__in=opened).values_list("sourcing_id", flat=True):
        wanted[sourcing_id] += 1
    lines: dict[tuple[UUID, UUID], list[int]] = defaultdict(list)
    quoted = QuotedLine.objects.filter(
        submission__sourcing__in=opened, submission__round=1, submission__state=Submission.State.RECEIVED
    ).values_list("submission__sourcing_id", "submission_id", "unit_price_e4", "price_line__quantity_milli")
    for sourcing_id, submission_id, price, quantity in quoted:
        lines[(sourcing_id, submission_id)].append(line_total(price, quantity))
    for (sourcing_id, _), totals in lines.items():
        if len(totals) == wanted[sourcing_id]:
            figures[sourcing_id].totals.append(sum(totals))


def _asked_before(agent: Agent, year: int) -> dict[tuple[UUID, UUID | None], set[UUID]]:
    """Firms asked the year before, by (department, family)."""
    start, end = year_bounds(year - 1)
    result: dict[tuple[UUID, UUID | None], set[UUID]] = defaultdict(set)
    asked: Iterable[tuple[UUID, UUID | None, UUID]] = (
        Invitation.objects.exclude(channel=Invitation.Channel.NOTICE)
        .filter(sourcing__organisation=agent.organisation, sourcing__sent_at__gte=start, sourcing__sent_at__lt=end)
        .values_list("sourcing__need__department_id", "sourcing__need__family_id", "firm_id")
    )
    for department_id, family_id, firm_id in asked:
        result[(department_id, family_id)].add(firm_id)
    return result


def years(agent: Agent) -> Sequence[int]:
    """The years in which requests left, latest first."""
    moments = Sourcing.objects.filter(organisation=agent.organisation, sent_at__isnull=False).dates("sent_at", "year")
    return sorted({moment.year for moment in moments}, reverse=True)
