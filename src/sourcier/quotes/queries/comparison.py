"""The answers side by side, on the same quantities, with marks and ranks. Empty before the opening."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from sourcier.accounts.agents import Agent
from sourcier.kernel.money import line_total, with_vat
from sourcier.needs.models import Lot, NeedPlace
from sourcier.quotes.models import Clarification, LastPriceRound, QuotedLine, Score, Submission
from sourcier.quotes.queries.marking import finished, reads_marks
from sourcier.quotes.rules import judged_mark, price_marks, ranks, weighted_total
from sourcier.sourcing.models import Criterion, PriceLine, Sourcing


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """One price line of one answer; None where the firm gave no price. `first`: its last price left this one as it was."""

    line: PriceLine
    unit_price_e4: int | None
    total_cents: int | None
    total_with_vat_cents: int | None
    vat_bp: int | None
    first: bool = False


@dataclass(slots=True)
class Offer:
    """One answer in a comparison. `submission` bears the marks; the prices are those of `priced` (a last price, if any).

    `unserved`: the places of the request that the firm cannot serve; its total is still that of all the quantities.
    """

    submission: Submission
    priced: Submission
    lines: list[ComparedLine]
    marks: dict[UUID, int | None] = field(default_factory=dict)
    scores: list[Score] = field(default_factory=list)
    total_mark: int | None = None
    rank: int | None = None
    unserved: Sequence[str] = ()

    @property
    def key(self) -> str:
        return self.submission.pk.hex

    @property
    def reservation(self) -> str:
        """Its « oui, mais », then what its last price adds."""
        first, last = self.submission.reservation, self.priced.reservation
        return " · ".join(filter(None, (first, f"{last} (dernier prix)" if last and last != first else "")))

    @property
    def daily_maximum(self) -> str:
        """That of its last price, which may leave it as it was."""
        return self.priced.daily_maximum or self.submission.daily_maximum

    @property
    def complete(self) -> bool:
        """Every line is priced: the total can be compared."""
        return bool(self.lines) and all(line.total_cents is not None for line in self.lines)

    @property
    def total_cents(self) -> int | None:
        """Before tax, for the estimated quantities; None when a line is missing."""
        return sum(line.total_cents or 0 for line in self.lines) if self.complete else None

    @property
    def total_with_vat_cents(self) -> int | None:
        return sum(line.total_with_vat_cents or 0 for line in self.lines) if self.complete else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The offers for one lot (or for the whole), best first once all the marks are there."""

    sourcing: Sourcing
    lot: Lot | None
    criteria: Sequence[Criterion]
    offers: Sequence[Offer]
    others_visible: bool

    @property
    def judged(self) -> list[Criterion]:
        return [criterion for criterion in self.criteria if criterion.kind == Criterion.Kind.JUDGED]

    def offer(self, submission_id: UUID) -> Offer | None:
        return next((offer for offer in self.offers if offer.submission.pk == submission_id), None)


def opened_submissions(sourcing: Sourcing) -> list[Submission]:
    """First-round answers that stood at the deadline, with firm, lines, answers and documents; none before the opening."""
    if sourcing.opened_at is None:
        return []
    return list(_with_content(sourcing).filter(round=1, state=Submission.State.RECEIVED).order_by("received_at", "pk"))


def not_compared(sourcing: Sourcing, state: Submission.State, kind: Submission.Kind | None = None) -> QuerySet[Submission]:
    """Answers in `state` that are not compared, of the rounds opened: what comes for a last price waits for its opening."""
    found = Submission.objects.filter(sourcing=sourcing, state=state).order_by("received_at", "pk")
    found = found.select_related("firm", "invitation")
    if kind is not None:
        found = found.filter(kind=kind)
    if sourcing.opened_at is None:
        return found.none()
    return found.filter(round=1) if LastPriceRound.objects.filter(sourcing=sourcing, opened_at=None).exists() else found


def last_prices(sourcing: Sourcing) -> dict[UUID, Submission]:
    """`{invitation_id: last price}`, once their common deadline has passed and they were opened."""
    pending = LastPriceRound.objects.filter(sourcing=sourcing).first()
    if pending is None or pending.opened_at is None:
        return {}
    found = _with_content(sourcing).filter(round=2, state=Submission.State.RECEIVED, kind=Submission.Kind.QUOTE)
    return {submission.invitation_id: submission for submission in found}


def _with_content(sourcing: Sourcing):  # type: ignore[no-untyped-def]
    return (
        Submission.objects.filter(sourcing=sourcing)
        .select_related("firm", "invitation__firm", "invitation__identity_checked_by")
        .prefetch_related(
            Prefetch("lines", QuotedLine.objects.select_related("price_line")),
            "answers__question",
            "answers__file",
            "documents__file",
            "places__place",
            Prefetch("clarifications", Clarification.objects.select_related("asked_by").order_by("asked_at")),
        )
    )


def compare(agent: Agent, sourcing: Sourcing, lot: Lot | None = None) -> Comparison:
    """The comparison as `agent` may see it: the others' marks appear once his own are given."""
    lines = [line for line in sourcing.price_lines.all() if lot is None or line.lot_id in (None, lot.pk)]
    criteria = list(sourcing.criteria.all())
    newer = last_prices(sourcing)
    places = asked_places(sourcing)
    offers = [
        Offer(submission, (priced := newer.get(submission.invitation_id, submission)), _lines(submission, priced, lines))
        for submission in opened_submissions(sourcing)
        if submission.kind == Submission.Kind.QUOTE
    ]
    if lines:
        # A firm may answer some lots only: it is compared where it gave at least one price.
        offers = [offer for offer in offers if any(line.total_cents is not None for line in offer.lines)]
    for offer in offers:
        offer.unserved = unserved(offer.submission, places)
    _mark(sourcing, criteria, offers)
    visible = reads_marks(agent, sourcing)
    if not visible:
        _hide_others(agent, criteria, offers)
    offers.sort(key=lambda offer: (offer.rank or len(offers) + 1, offer.total_cents or 0, offer.key))
    return Comparison(sourcing, lot, criteria, offers, visible)


def asked_places(sourcing: Sourcing) -> dict[UUID, str]:
    """`{place_id: name}` of the places of delivery of the request, by name."""
    return dict(
        NeedPlace.objects.filter(need_id=sourcing.need_id).order_by("place__name").values_list("place_id", "place__name")
    )


def unserved(submission: Submission, places: Mapping[UUID, str]) -> list[str]:
    """The names of the places that this firm did not tick; none when it ticked nothing, which means everywhere."""
    served = {each.place_id for each in submission.places.all()}
    return [name for place, name in places.items() if served and place not in served]


def _lines(first: Submission, priced: Submission, price_lines: Iterable[PriceLine]) -> list[ComparedLine]:
    """The answer's price for each line, on the estimated quantities; what a last price leaves out keeps its first price."""
    quoted = {line.price_line_id: (first, line) for line in first.lines.all()}
    quoted |= {line.price_line_id: (priced, line) for line in priced.lines.all()}
    result = []
    for price_line in price_lines:
        if price_line.pk not in quoted:
            result.append(ComparedLine(price_line, None, None, None, None))
            continue
        submission, line = quoted[price_line.pk]
        total = line_total(line.unit_price_e4, price_line.quantity_milli)
        if submission.vat == Submission.Vat.INCLUDED:
            including = line_total(line.typed_price_e4, price_line.quantity_milli)
        else:
            including = with_vat(total, line.vat_bp)
        kept = submission is not priced
        result.append(ComparedLine(price_line, line.unit_price_e4, total, including, line.vat_bp, kept))
    return result


def _mark(sourcing: Sourcing, criteria: Sequence[Criterion], offers: Sequence[Offer]) -> None:
    """Fill marks, totals and ranks, from the evaluators who have finished; without a mark somewhere, no total."""
    counted = finished(sourcing)
    scores: dict[tuple[UUID, UUID], list[Score]] = {}
    for score in Score.objects.filter(submission__sourcing=sourcing, current=True).select_related("evaluator"):
        scores.setdefault((score.submission_id, score.criterion_id), []).append(score)
    complete = {offer.key: offer.total_cents for offer in offers if offer.total_cents is not None}
    by_price = price_marks(sourcing.price_formula, complete) if sourcing.price_formula else {}
    for offer in offers:
        for criterion in criteria:
            if criterion.kind == Criterion.Kind.PRICE:
                offer.marks[criterion.pk] = by_price.get(offer.key)
                continue
            given = scores.get((offer.submission.pk, criterion.pk), [])
            offer.scores.extend(given)
            values = [score.value for score in given if score.evaluator_id in counted]
            offer.marks[criterion.pk] = judged_mark(values) if values else None
        marks = [(criterion.weight, offer.marks[criterion.pk]) for criterion in criteria]
        if marks and all(mark is not None for _, mark in marks):
            offer.total_mark = weighted_total([(weight, mark) for weight, mark in marks if mark is not None])
    placed = ranks({offer.key: offer.total_mark for offer in offers if offer.total_mark is not None})
    for offer in offers:
        offer.rank = placed.get(offer.key)


def _hide_others(agent: Agent, criteria: Sequence[Criterion], offers: Iterable[Offer]) -> None:
    """Leave the agent's own marks; no mean, no total, no rank."""
    for offer in offers:
        offer.scores = [score for score in offer.scores if score.evaluator_id == agent.id]
        offer.total_mark = offer.rank = None
        for criterion in criteria:
            if criterion.kind == Criterion.Kind.JUDGED:
                offer.marks[criterion.pk] = None
