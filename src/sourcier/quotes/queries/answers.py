"""What a firm may read of its own answers, and what decides whether one counts."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from sourcier.journal.models import Entry
from sourcier.journal.proofs import receipt
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.answer_content import fill
from sourcier.quotes.models import Clarification, LastPriceRound, Notification, QuotedLine, Submission, SubmissionDocument
from sourcier.quotes.sealing import UNREADABLE, content_of, own_facts, still_sealed
from sourcier.sourcing.briefs import asked_places
from sourcier.sourcing.models import AskedPlace, FirmQuestion, Invitation, PriceLine, Sourcing
from sourcier.vault.models import File
from sourcier.vault.queries import file_facts

SENT = (Submission.State.RECEIVED, Submission.State.REPLACED, Submission.State.WITHDRAWN, Submission.State.LATE)


def window(invitation: Invitation, sourcing: Sourcing | None = None) -> rules.Window:
    """The round this firm is in, with its deadline; `sourcing` is the locked row when a verdict follows."""
    sourcing = sourcing or invitation.sourcing
    last_price = LastPriceRound.objects.filter(sourcing=sourcing, submissions__invitation=invitation).first()
    if last_price:
        return rules.Window(sourcing.state, last_price.deadline, 2)
    return rules.Window(sourcing.state, sourcing.deadline, 1)


def asked(sourcing: Sourcing, round_: int = 1) -> rules.Asked:
    """What the request allows, as the pure rules read it; a last price need not say again what the first answer said."""
    return rules.Asked(
        lines=frozenset(sourcing.price_lines.values_list("pk", flat=True)),
        places=frozenset(place.place_id for place in asked_places(sourcing)),
        questions=tuple(
            rules.AskedQuestion(question.pk, question.kind, tuple(question.choices), question.required and round_ == 1)
            for question in sourcing.questions.all()
        ),
        rates=rules.VAT_RATES[sourcing.organisation.territory],
        prices_expected=sourcing.kind != Sourcing.Kind.RFI,
    )


def current(invitation: Invitation, round_: int | None = None) -> Submission | None:
    """The answer that counts now for this firm (of that round, else of the last one it answered)."""
    kept = Submission.objects.filter(invitation=invitation, state=Submission.State.RECEIVED)
    if round_ is not None:
        kept = kept.filter(round=round_)
    return kept.select_related("replaces").order_by("-round", "-received_at", "-entry_id").first()


def came_late(invitation: Invitation) -> bool:
    """Whether an answer of this firm came after the deadline; it is kept closed."""
    return Submission.objects.filter(invitation=invitation, state=Submission.State.LATE).exists()


def last_sent(invitation: Invitation) -> Submission | None:
    """The last thing this firm sent, whatever became of it."""
    return Submission.objects.filter(invitation=invitation, state__in=SENT).order_by("-entry_id").first()


def proof_addresses(invitation: Invitation) -> list[str]:
    """Where a one-time code goes: the address asked, unless it failed, and the one left with the answer that counts.

    None for a firm asked by letter that left none: the number of its receipt, shown to it alone, is then its proof.
    """
    counts = current(invitation) or last_sent(invitation)
    known = "" if invitation.state == Invitation.State.FAILED else invitation.address
    left = counts.email if counts else ""
    return list({address.strip().lower(): address.strip() for address in (known, left) if address.strip()}.values())


def of_invitation(invitation: Invitation, submission_id: UUID | str | None) -> Submission | None:
    """One row of this invitation by its id, drafts included; None when it is not one of its rows."""
    if not submission_id:
        return None
    rows = Submission.objects.filter(invitation=invitation, pk=submission_id)
    return rows.select_related("replaces", "sourcing__organisation").first()


def sent_already(invitation: Invitation, sender: rules.Sender | None) -> Submission | None:
    """The answer that the same browser made of the very same sending: its network dropped before it could know."""
    if sender is None or not sender.sending:
        return None
    rows = Submission.objects.filter(invitation=invitation, seat=sender.seat, sending=sender.sending)
    return rows.exclude(state__in=(Submission.State.DRAFT, Submission.State.WITHDRAWN)).first()


def by_receipt(invitation: Invitation, typed: str) -> Submission | None:
    """The answer of this invitation that has this receipt number, typed in any form."""
    return Submission.objects.filter(invitation=invitation, state__in=SENT, receipt_number=rules.clean_receipt(typed)).first()


def documents(submission: Submission | None) -> list[SubmissionDocument]:
    """The documents joined and not taken out, in the order they came."""
    if submission is None:
        return []
    return list(submission.documents.filter(removed=False).select_related("file", "submission__sourcing").order_by("pk"))


def kept_lines(submission: Submission) -> list[PriceLine]:
    """The lines whose first price a last price leaves as it was; none for a first answer."""
    first = current(submission.invitation, 1) if submission.round > 1 and submission.kind == Submission.Kind.QUOTE else None
    if first is None:
        return []
    newer = {line.price_line_id for line in read(submission).lines}
    return [line.price_line for line in read(first).lines if line.price_line_id not in newer]


@dataclass(frozen=True, slots=True)
class Own:
    """What a firm reads again of one of its answers, sealed or not; `closed` when its seal cannot be lifted for it now."""

    submission: Submission
    lines: list[QuotedLine]
    places: frozenset[UUID]
    replies: dict[UUID, str]
    closed: bool = False

    def totals(self) -> tuple[int, int]:
        """Cents before tax and with tax of the lines of this answer, for the estimated quantities."""
        prices = tuple(rules.TypedPrice(line.price_line_id, line.typed_price_e4, line.vat_bp) for line in self.lines)
        answer = rules.Answer(vat=self.submission.vat, prices=prices)
        return rules.totals(answer, {line.price_line_id: line.price_line.quantity_milli for line in self.lines})

    def ticked_places(self) -> list[AskedPlace]:
        """The places ticked in this answer, by name; none means all of them."""
        return [place for place in asked_places(self.submission.sourcing) if place.place_id in self.places]


def read(submission: Submission) -> Own:
    """An answer as its own firm reads it; nothing of a sealed one is written anywhere."""
    if not still_sealed(submission):
        lines = list(submission.lines.select_related("price_line").order_by("price_line__position"))
        places = frozenset(submission.places.values_list("place_id", flat=True))
        return Own(submission, lines, places, dict(submission.answers.values_list("question_id", "text")))
    content = content_of(submission)
    if content is None:
        return Own(submission, [], frozenset(), {}, closed=True)
    rows = fill(submission, content)
    known = {line.pk: line for line in submission.sourcing.price_lines.all()}
    for line in rows.lines:
        line.price_line = known[line.price_line_id]
    lines = sorted(rows.lines, key=lambda line: line.price_line.position)
    replies = {reply.question_id: reply.text for reply in rows.replies}
    return Own(submission, lines, frozenset(place.place_id for place in rows.places), replies)


@dataclass(frozen=True, slots=True)
class Joined:
    """A document as the firm that joined it sees it; `key` tells it from the others of the answer."""

    key: str
    name: str
    size: int


def joined(submission: Submission | None) -> list[Joined]:
    """The documents of an answer with the names that the firm gave them."""
    return [_joined(document.submission, document.file) for document in documents(submission)]


def labelled(submission: Submission) -> list[tuple[SubmissionDocument, str]]:
    """The documents of an opened answer, in their order, with what those of a paper quote are: its envelope came first."""
    found = list(submission.documents.select_related("file").order_by("pk"))
    if not submission.paper or submission.by_email:
        return [(document, "") for document in found if not document.removed]
    return [(document, "le devis, numérisé" if number else "l'enveloppe fermée") for number, document in enumerate(found)]


def reply_files(submission: Submission | None) -> dict[UUID, Joined]:
    """The files given as replies, by question."""
    if submission is None:
        return {}
    replies = submission.answers.exclude(file=None).select_related("file")
    return {reply.question_id: _joined(submission, reply.file) for reply in replies if reply.file}


def _joined(submission: Submission, file: File) -> Joined:
    try:
        facts = own_facts(submission.sourcing, file)
    except UNREADABLE:
        facts = file_facts(file)
    return Joined(file.sha256, facts["name"], facts["size"])


def clarifications(invitation: Invitation) -> QuerySet[Clarification]:
    """What the city asked this firm to make clear, oldest first."""
    return Clarification.objects.filter(submission__invitation=invitation).order_by("asked_at")


def questions(invitation: Invitation) -> QuerySet[FirmQuestion]:
    """What this firm asked, oldest first."""
    return FirmQuestion.objects.filter(invitation=invitation).order_by("asked_at")


def receipt_text(sent: Submission | FirmQuestion | Clarification) -> str:
    """The `.tlog-proof` text of what a firm sent (or took back), signed at this moment: it may make a checkpoint."""
    return receipt(Entry.objects.get(pk=sent.entry_id))


def result(invitation: Invitation) -> Notification | None:
    """What was told of the choice to who answered by this invitation, once he has been told."""
    told = Notification.objects.filter(submission__invitation=invitation)
    return told.exclude(state=Notification.State.TO_TELL).first()
