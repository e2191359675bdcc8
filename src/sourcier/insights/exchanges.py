"""One thread per operation: every message, letter, call, document and notification, in and out, by date.

What a firm answered joins the thread at the opening, never before; the asker of a question is named then too.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from sourcier.accounts.agents import Agent
from sourcier.mail.models import FiledExchange, OutgoingMessage
from sourcier.needs.models import Need, NeedMessage
from sourcier.quotes.answer_rules import DECLINE_REASONS
from sourcier.quotes.models import Clarification, LastPriceRound, Notification, Submission
from sourcier.sourcing.models import FirmQuestion, Invitation, Sourcing
from sourcier.suppliers.models import Firm
from sourcier.vault.models import File

CHANNELS = {
    "email": "Courriel",
    "letter": "Courrier",
    "phone": "Téléphone",
    "counter": "Guichet",
    "page": "Page de l'entreprise",
    "notice": "Avis public",
    "internal": "Entre nous",
    "other": "Autre",
}
IN, OUT = "in", "out"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One line of the thread. `firm` is empty for what concerns nobody outside; `filed` marks what was born elsewhere."""

    at: datetime
    direction: str
    channel: str
    firm: str
    firm_id: UUID | None
    subject: str
    text: str = ""
    state: str = ""
    files: tuple[File, ...] = ()
    filed: bool = False

    @property
    def channel_label(self) -> str:
        return CHANNELS[self.channel]


@dataclass(frozen=True, slots=True)
class Reading:
    """What may be read now: the opened consultations, and those whose last prices are still closed."""

    sourcings: list[Sourcing]
    opened: frozenset[UUID]
    last_price_closed: frozenset[UUID]

    @property
    def whole(self) -> bool:
        """Nothing is closed: who came by the notice, and the receipts, may be shown."""
        return all(each.pk in self.opened or each.sent_at is None for each in self.sourcings)

    def answers(self) -> QuerySet[Submission]:
        """The answers sent, of opened rounds."""
        sent = Submission.objects.filter(sourcing__in=self.opened, received_at__isnull=False)
        return sent.exclude(state=Submission.State.DRAFT).exclude(round=2, sourcing__in=self.last_price_closed)


def _reading(need: Need) -> Reading:
    sourcings = list(need.sourcings.all())
    pending = LastPriceRound.objects.filter(sourcing__need=need, opened_at=None).values_list("sourcing_id", flat=True)
    opened = frozenset(each.pk for each in sourcings if each.opened_at is not None)
    return Reading(sourcings, opened, frozenset(pending))


def asked_firms(need: Need) -> list[Firm]:
    """The firms of an operation by name; who came by the notice joins them once all is opened."""
    invitations = Invitation.objects.filter(sourcing__need=need)
    if not _reading(need).whole:
        invitations = invitations.exclude(channel=Invitation.Channel.NOTICE)
    return list(Firm.objects.filter(pk__in=invitations.values("firm_id")).order_by("name", "siret"))


def thread(agent: Agent, need: Need, *, firm_id: UUID | None = None, channel: str = "") -> list[Exchange]:
    """The exchanges of an operation this agent may read (`needs.queries.get` checked it), oldest first, filtered."""
    reading = _reading(need)
    found = [
        *_messages(need, reading),
        *_letters(reading.sourcings),
        *_questions(reading.sourcings, reading.opened),
        *_answers(reading),
        *_clarifications(reading.opened),
        *_told(reading.sourcings),
        *_filed(need),
        *_talk(need),
    ]
    kept = (e for e in found if (not firm_id or e.firm_id == firm_id) and (not channel or e.channel == channel))
    return sorted(kept, key=lambda exchange: exchange.at)


def _messages(need: Need, reading: Reading) -> Iterator[Exchange]:
    messages = OutgoingMessage.objects.filter(operation_id=need.pk).prefetch_related("files")
    if not reading.whole:
        messages = messages.filter(sealed=False)
    elif reading.last_price_closed:
        closed = Submission.objects.filter(sourcing__in=reading.last_price_closed, round=2).values("pk")
        messages = messages.exclude(sealed=True, subject_id__in=closed)
    firms = _firms_by_address(need)
    for message in messages:
        yield Exchange(
            message.sent_at or message.created_at, OUT, "email", message.to_name or message.to_address,
            firms.get(message.to_address) or firms.get(message.to_name), message.subject, message.body,
            message.get_state_display(), tuple(message.files.all()),
        )  # fmt: skip


def _firms_by_address(need: Need) -> dict[str, UUID]:
    """`{address or name: id}` of the firms asked: a message knows its addressee by these."""
    asked = Invitation.objects.filter(sourcing__need=need).values_list("firm__name", "address", "firm_id")
    names = {name: firm for name, _, firm in asked}
    return names | {address: firm for _, address, firm in asked if address}


def _letters(sourcings: Iterable[Sourcing]) -> Iterator[Exchange]:
    letters = Invitation.objects.filter(sourcing__in=sourcings, channel=Invitation.Channel.LETTER, sent_at__isnull=False)
    for letter in letters.select_related("firm", "sourcing"):
        yield Exchange(letter.sent_at, OUT, "letter", letter.firm.name, letter.firm_id, f"Lettre : {letter.sourcing.title}")


def _questions(sourcings: Iterable[Sourcing], opened: Collection[UUID]) -> Iterator[Exchange]:
    for question in FirmQuestion.objects.filter(sourcing__in=sourcings).select_related("invitation__firm"):
        firm = question.invitation.firm if question.sourcing_id in opened else None
        name, key = (firm.name, firm.pk) if firm else ("Une entreprise", None)
        yield Exchange(question.asked_at, IN, "page", name, key, "Question", question.text)
        if question.answered_at:
            yield Exchange(question.answered_at, OUT, "page", "Toutes", None, "Réponse à une question", question.answer)


def _answers(reading: Reading) -> Iterator[Exchange]:
    """Each with its words and papers when the city opened it; a replaced, withdrawn or late one says only that it came."""
    for answer in reading.answers().select_related("firm").prefetch_related("documents__file"):
        read = answer.state == Submission.State.RECEIVED
        text = answer.note or answer.reservation
        if answer.kind == Submission.Kind.DECLINE:
            text = " · ".join(filter(None, [DECLINE_REASONS.get(answer.decline_reason, ""), answer.decline_note]))
        files = tuple(document.file for document in answer.documents.all() if not document.removed)
        yield Exchange(
            answer.received_at, IN, "page", answer.firm.name, answer.firm_id,
            f"{answer.get_kind_display()} · récépissé {answer.receipt_number}", text if read else "",
            answer.get_state_display(), files if read else (),
        )  # fmt: skip


def _clarifications(opened: Collection[UUID]) -> Iterator[Exchange]:
    asked = Clarification.objects.filter(submission__sourcing__in=opened).select_related("submission__firm")
    for each in asked:
        firm = each.submission.firm
        yield Exchange(each.asked_at, OUT, "page", firm.name, firm.pk, "Demande de précision", each.question)
        if each.answered_at:
            yield Exchange(each.answered_at, IN, "page", firm.name, firm.pk, "Précision", each.answer)


def _told(sourcings: Iterable[Sourcing]) -> Iterator[Exchange]:
    """Results told by hand; those told by e-mail are messages already."""
    by_hand = Notification.objects.filter(sourcing__in=sourcings, told_at__isnull=False).exclude(how="")
    for each in by_hand.select_related("firm"):
        channel = "letter" if each.channel == "letter" else "other"
        yield Exchange(each.told_at, OUT, channel, each.firm.name, each.firm_id, "Résultat annoncé", each.body, each.how)


def _filed(need: Need) -> Iterator[Exchange]:
    names = dict(Firm.objects.filter(organisation_id=need.organisation_id).values_list("id", "name"))
    for each in FiledExchange.objects.filter(operation_id=need.pk).select_related("file", "filed_by"):
        firm = names.get(each.firm_id, "") if each.firm_id else ""
        yield Exchange(
            each.occurred_at, each.direction, each.channel, firm, each.firm_id,
            each.correspondent or each.get_channel_display(), each.summary, f"versé par {each.filed_by.name}",
            (each.file,) if each.file else (), filed=True,
        )  # fmt: skip


def _talk(need: Need) -> Iterator[Exchange]:
    for message in NeedMessage.objects.filter(need=need).select_related("author").prefetch_related("files"):
        files = tuple(message.files.all())
        yield Exchange(message.created_at, OUT, "internal", "", None, message.author.name, message.text, "", files)
