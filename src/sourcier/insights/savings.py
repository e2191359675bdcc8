"""Savings, new firms, small firms and spread of prices, by department and family. Sealed operations tell only who was asked.

Each figure of a `Group` is a sum over operations; `counts` says which operations a figure counts, to open them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Count, Min

from sourcier.accounts.agents import Agent
from sourcier.kernel.french import PARIS
from sourcier.kernel.money import line_total
from sourcier.quotes.models import Award, QuotedLine, SavingReference, Submission, SubmissionPlace
from sourcier.sourcing.known_firms import left_to_firms
from sourcier.sourcing.models import PriceLine, Sourcing
from sourcier.suppliers.sizes import is_micro, is_sme, is_unsized

DECIDED = (Sourcing.State.CHOSEN, Sourcing.State.DONE)


@dataclass(slots=True)
class OperationFigures:
    """One request sent in the period. Amounts before tax; `saving_cents` is None when it is not counted."""

    sourcing: Sourcing
    asked: set[UUID] = field(default_factory=set)
    first_asked: set[UUID] = field(default_factory=set)
    micro_asked: set[UUID] = field(default_factory=set)
    sme_asked: set[UUID] = field(default_factory=set)
    unsized_asked: set[UUID] = field(default_factory=set)
    winners: set[UUID] = field(default_factory=set)
    first_winners: set[UUID] = field(default_factory=set)
    micro_winners: set[UUID] = field(default_factory=set)
    sme_winners: set[UUID] = field(default_factory=set)
    unsized_winners: set[UUID] = field(default_factory=set)
    amount_cents: int = 0
    reference_cents: int | None = None
    saving_cents: int | None = None
    totals: list[list[int]] = field(default_factory=list)

    @property
    def spread_percent(self) -> int | None:
        """How far the highest comparable price is above the lowest, in percent, lot by lot on average.

        None when no lot has two. `totals` are those of each lot, or of the whole.
        """
        compared = [prices for prices in self.totals if len(prices) > 1 and min(prices) > 0]
        spreads = [(max(prices) - min(prices)) * 100 / min(prices) for prices in compared]
        return round(sum(spreads) / len(spreads)) if spreads else None

    @property
    def not_counted(self) -> bool:
        """Decided, without a reference or not wholly awarded."""
        return self.sourcing.state in DECIDED and self.saving_cents is None

    def counts(self, figure: str) -> bool:
        """This operation is one of those that the figure of that name sums."""
        value = getattr(self, figure)
        return value is not None if figure in ("saving_cents", "spread_percent") else bool(value)


FIGURES = (
    "asked", "first_asked", "micro_asked", "sme_asked", "unsized_asked", "winners", "first_winners", "micro_winners",
    "sme_winners", "unsized_winners", "saving_cents", "not_counted", "spread_percent",
)  # fmt: skip


def _firms(name: str) -> property:
    """How many firms the operations of a group count under that name, each once."""
    return property(lambda group: len(set().union(*(getattr(operation, name) for operation in group.operations))))


@dataclass(slots=True)
class Group:
    """The operations of one department and family, and their sums."""

    department: str
    family: str
    operations: list[OperationFigures] = field(default_factory=list)
    asked_before: int = 0
    department_id: UUID | None = None
    family_id: UUID | None = None

    asked = _firms("asked")
    first_asked = _firms("first_asked")
    micro_asked = _firms("micro_asked")
    sme_asked = _firms("sme_asked")
    unsized_asked = _firms("unsized_asked")
    winners = _firms("winners")
    first_winners = _firms("first_winners")
    micro_winners = _firms("micro_winners")
    sme_winners = _firms("sme_winners")
    unsized_winners = _firms("unsized_winners")

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
        return sum(operation.not_counted for operation in self.operations)

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
        ids = (need.department_id, need.family_id)
        group = found.setdefault(
            key, Group(*key, asked_before=len(before.get(ids, ())), department_id=ids[0], family_id=ids[1])
        )
        group.operations.append(operation)
    return list(found.values())


def _fill_asked(agent: Agent, figures: dict[UUID, OperationFigures]) -> None:
    """Who was asked (not who came by a notice: that would tell who answers), and who for the first time."""
    asked = left_to_firms(agent.organisation.pk)
    first = dict(asked.values_list("firm_id").annotate(first=Min("sourcing__sent_at")))
    for invitation in asked.filter(sourcing__in=figures).select_related("firm", "sourcing"):
        operation = figures[invitation.sourcing_id]
        operation.asked.add(invitation.firm_id)
        if invitation.sourcing.sent_at == first.get(invitation.firm_id):
            operation.first_asked.add(invitation.firm_id)
        for kept, size in (
            (operation.micro_asked, is_micro),
            (operation.sme_asked, is_sme),
            (operation.unsized_asked, is_unsized),
        ):
            if size(invitation.firm.size_class, invitation.firm.category):
                kept.add(invitation.firm_id)


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
        sizes = ((operation.micro_winners, is_micro), (operation.sme_winners, is_sme), (operation.unsized_winners, is_unsized))
        for kept, size in sizes:
            if size(firm.size_class, firm.category):
                kept.add(firm.pk)
    for reference in SavingReference.objects.filter(sourcing__in=figures, amount_cents__isnull=False):
        operation = figures[reference.sourcing_id]
        operation.reference_cents = reference.amount_cents
        whole = operation.sourcing.state in DECIDED and reference.sourcing_id not in left
        if whole and reference.amount_cents is not None:
            operation.saving_cents = reference.amount_cents - operation.amount_cents


def _fill_totals(figures: dict[UUID, OperationFigures]) -> None:
    """The comparable first prices, of opened operations only, on the estimated quantities: all lines of the lot, all places."""
    opened = [key for key, operation in figures.items() if operation.sourcing.opened_at is not None]
    prices: dict[UUID, dict[UUID, dict[UUID, int]]] = defaultdict(lambda: defaultdict(dict))
    quotes = Submission.objects.filter(
        sourcing__in=opened, round=1, state=Submission.State.RECEIVED, kind=Submission.Kind.QUOTE
    ).exclude(pk__in=_serving_some_places(opened))
    quoted = QuotedLine.objects.filter(submission__in=quotes).values_list(
        "submission__sourcing_id", "submission_id", "price_line_id", "unit_price_e4", "price_line__quantity_milli"
    )
    for sourcing_id, submission_id, line_id, price, quantity in quoted:
        prices[sourcing_id][submission_id][line_id] = line_total(price, quantity)
    for sourcing_id, wanted in _compared_lines(opened):
        offers = prices[sourcing_id].values()
        figures[sourcing_id].totals.append([sum(offer[pk] for pk in wanted) for offer in offers if wanted <= offer.keys()])


def _serving_some_places(opened: Sequence[UUID]) -> set[UUID]:
    """The answers for a part of the places: their totals are not those of the others."""
    asked = Sourcing.objects.filter(pk__in=opened).annotate(count=Count("need__places")).values_list("pk", "count")
    wanted = dict(asked)
    served = (
        SubmissionPlace.objects.filter(submission__sourcing__in=opened)
        .values_list("submission_id", "submission__sourcing_id")
        .annotate(count=Count("pk"))
    )
    return {submission_id for submission_id, sourcing_id, count in served if count < wanted[sourcing_id]}


def _compared_lines(opened: Sequence[UUID]) -> Iterator[tuple[UUID, set[UUID]]]:
    """`(sourcing, lines)` of each lot, with the lines common to all, or of the whole when there is no lot."""
    lines: dict[UUID, dict[UUID | None, set[UUID]]] = defaultdict(lambda: defaultdict(set))
    for pk, sourcing_id, lot_id in PriceLine.objects.filter(sourcing__in=opened).values_list("pk", "sourcing_id", "lot_id"):
        lines[sourcing_id][lot_id].add(pk)
    for sourcing_id, lots in lines.items():
        common = lots.pop(None, set())
        for own in lots.values() or [set()]:
            yield sourcing_id, own | common


def _asked_before(agent: Agent, year: int) -> dict[tuple[UUID, UUID | None], set[UUID]]:
    """Firms asked for prices the year before, by (department, family)."""
    start, end = year_bounds(year - 1)
    result: dict[tuple[UUID, UUID | None], set[UUID]] = defaultdict(set)
    asked: Iterable[tuple[UUID, UUID | None, UUID]] = (
        left_to_firms(agent.organisation.pk)
        .exclude(sourcing__kind=Sourcing.Kind.RFI)
        .filter(sourcing__sent_at__gte=start, sourcing__sent_at__lt=end)
        .values_list("sourcing__need__department_id", "sourcing__need__family_id", "firm_id")
    )
    for department_id, family_id, firm_id in asked:
        result[(department_id, family_id)].add(firm_id)
    return result


def years(agent: Agent) -> Sequence[int]:
    """The years in which requests left, latest first."""
    moments = Sourcing.objects.filter(organisation=agent.organisation, sent_at__isnull=False).dates("sent_at", "year")
    return sorted({moment.year for moment in moments}, reverse=True)
