"""What each firm will be told of the result, lot by lot, composed before anything leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sourcier.accounts.agents import Agent
from sourcier.kernel.transitions import refuse
from sourcier.quotes import letters
from sourcier.quotes.models import Award, Submission
from sourcier.quotes.queries.comparison import Comparison, Offer, compare
from sourcier.sourcing.models import Sourcing

Key = tuple[UUID, UUID | None]  # an answer, and the lot that it was compared for (None for the whole)


@dataclass(frozen=True, slots=True)
class Part:
    """What one firm is told of one lot (or of the whole), for which the chooser writes a sentence."""

    submission: Submission
    award: Award
    comparison: Comparison
    offer: Offer | None

    @property
    def won(self) -> bool:
        return self.award.submission_id == self.submission.pk

    @property
    def key(self) -> Key:
        return self.submission.pk, self.award.lot_id


@dataclass(frozen=True, slots=True)
class Message:
    """What one firm will be told."""

    submission: Submission
    won: bool
    sentence: str
    subject: str
    body: str


def answers_to_tell(sourcing: Sourcing) -> list[Submission]:
    """One answer per invitation: what stood at the deadline, else what came too late. Refusals are not results.

    Two who answer for one SIRET, the firm asked and someone come by the notice, are each told their own result.
    """
    found: dict[UUID, Submission] = {}
    answers = (
        Submission.objects.filter(sourcing=sourcing, round=1, state__in=(Submission.State.RECEIVED, Submission.State.LATE))
        .exclude(kind=Submission.Kind.DECLINE)
        .select_related("firm", "invitation__firm")
        .order_by("received_at", "pk")
    )
    for submission in answers:
        known = found.get(submission.invitation_id)
        if known is None or known.state == Submission.State.LATE:
            found[submission.invitation_id] = submission
    return list(found.values())


def parts(agent: Agent, sourcing: Sourcing) -> list[Part]:
    """For each answer in time, each lot that it was compared for; every lot for one that was compared for none."""
    awards = _awards(sourcing)
    compared = [(award, compare(agent, sourcing, award.lot)) for award in awards]
    found = []
    for submission in answers_to_tell(sourcing):
        if submission.state != Submission.State.RECEIVED:
            continue
        own = [Part(submission, award, comparison, comparison.offer(submission.pk)) for award, comparison in compared]
        found += [part for part in own if part.offer or part.won] or own
    return found


def _awards(sourcing: Sourcing) -> list[Award]:
    found = Award.objects.filter(sourcing=sourcing).select_related("lot", "submission__firm")
    return list(found.order_by("lot__number", "pk"))


def messages(agent: Agent, sourcing: Sourcing, sentences: Mapping[Key, str]) -> list[Message]:
    """The messages as they will leave. Raises `Refused` when a sentence is missing for a lot not won."""
    if sourcing.state == Sourcing.State.ENDED:
        reason = sourcing.ending_reason
        return [Message(s, False, reason, *letters.ended(sourcing, reason)) for s in answers_to_tell(sourcing)]
    known: dict[UUID, list[Part]] = {}
    for part in parts(agent, sourcing):
        known.setdefault(part.submission.pk, []).append(part)
    results = [letters.result_line(award) for award in _awards(sourcing)]
    found = []
    for submission in answers_to_tell(sourcing):
        if submission.state == Submission.State.LATE:
            found.append(Message(submission, False, "", *letters.late(sourcing, results)))
        else:
            found.append(_message(sourcing, submission, known.get(submission.pk, []), sentences))
    return found


def _message(sourcing: Sourcing, submission: Submission, own: Sequence[Part], sentences: Mapping[Key, str]) -> Message:
    told = []
    for part in own:
        sentence = sentences.get(part.key, "").strip()
        if not sentence and not part.won:
            lot = f", lot {part.award.lot.number}" if part.award.lot else ""
            who = submission.invitation.who
            raise refuse("no_sentence", f"Écrivez la raison pour {who}{lot} : une phrase suffit.", field_name(part.key))
        told.append(letters.Told(part.award, part.won, "" if part.won else _place(part), sentence))
    sentence = "\n".join(each.sentence for each in told if each.sentence)
    return Message(submission, any(each.won for each in told), sentence, *letters.result(sourcing, told))


def _place(part: Part) -> str:
    """The firm's own rank and marks."""
    offer, comparison = part.offer, part.comparison
    if offer is None:
        return letters.place_line(None, len(comparison.offers), [], None)
    marks = [(criterion.label, criterion.weight, offer.marks.get(criterion.pk)) for criterion in comparison.criteria]
    return letters.place_line(offer.rank, len(comparison.offers), marks, offer.total_mark)


def field_name(key: Key) -> str:
    """The name of the field where the sentence of a part is written."""
    submission, lot = key
    return f"sentence-{submission}" + (f"-{lot}" if lot else "")


def mark_of(composed: Sequence[Message]) -> str:
    """A mark of the messages as they were read: another word, and it is another mark."""
    return sha256("\n\n".join(f"{each.submission.pk}\n{each.subject}\n{each.body}" for each in composed).encode()).hexdigest()
