"""One thread per operation: every message, letter, call, document and notification, in and out, by date.

What a firm answered joins the thread at the opening, never before; the asker of a question is named then too.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Min, Q, QuerySet

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import User
from sourcier.kernel.phones import shown
from sourcier.mail.models import FiledExchange, IncomingMessage, IncomingText, OutgoingMessage, OutgoingText
from sourcier.mail.rules import SECRET_MARK
from sourcier.needs.models import Need, NeedMessage
from sourcier.quotes.answer_rules import DECLINE_REASONS
from sourcier.quotes.letters import clarification_on_paper
from sourcier.quotes.models import Clarification, LastPriceRound, Notification, Submission
from sourcier.sourcing.briefs import brief, deadline_told
from sourcier.sourcing.letter import invitation_text
from sourcier.sourcing.models import FirmQuestion, Invitation, Relay, Sourcing
from sourcier.suppliers.models import Firm
from sourcier.vault.models import File

CHANNELS = {
    "email": "Courriel",
    "sms": "SMS",
    "letter": "Courrier",
    "phone": "Téléphone",
    "counter": "Guichet",
    "page": "Page de l'entreprise",
    "notice": "Avis public",
    "internal": "Entre nous",
    "other": "Autre",
}
IN, OUT = "in", "out"
SILENCE = " · pendant le silence demandé"
# Words of « comment ? », the first that is found: « posté au guichet de La Poste » is a letter.
TEXTS = {
    "invitation": "Demande", "reminder": "Rappel", "answer": "Réponse à une question", "extension": "Nouvelle date limite",
    "correction": "La demande change", "end": "Consultation arrêtée", "clarification": "Demande de précision",
    "last_price": "Dernier prix demandé", "result": "Résultat", "acknowledgement": "Bien reçu", "code": "Code à usage unique",
    "text_kept": "SMS reçu",
}  # fmt: skip
LINK_SHOWN = "[lien personnel]"  # forgotten when the message leaves: only its firm has it
HOW = {
    "email": r"\bcourriel|\bmail",
    "letter": r"\bposté|\bcourrier|\blettre|\brecommandé",
    "phone": r"\bappel|\btél",
    "counter": r"\bguichet|\bremis|\bmain propre",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One line of the thread. `firm` is empty for what concerns nobody outside; `filed` marks what was born elsewhere.

    `to_all` is the consultation whose firms were all told; `letter` the invitation whose letter can be printed again.
    """

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
    to_all: UUID | None = None
    letter: UUID | None = None

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
    sourcings = list(need.sourcings.select_related("organisation", "need").prefetch_related("extensions"))
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
        *_texts(need, reading),
        *_texts_in(need, reading),
        *_letters(reading.sourcings),
        *_relays(reading),
        *_questions(reading.sourcings, reading.opened),
        *_answers(reading),
        *_clarifications(reading.opened),
        *_told(reading.sourcings),
        *_received(need, reading),
        *_filed(need, reading.sourcings),
        *_talk(need),
    ]
    if firm_id:
        asked = set(
            Invitation.objects.filter(sourcing__in=reading.sourcings, firm=firm_id).values_list("sourcing_id", flat=True)
        )
        found = [each for each in found if each.firm_id == firm_id or each.to_all in asked]
    return sorted((each for each in found if not channel or each.channel == channel), key=lambda exchange: exchange.at)


def _messages(need: Need, reading: Reading) -> Iterator[Exchange]:
    messages = OutgoingMessage.objects.filter(operation_id=need.pk).prefetch_related("files")
    if not reading.whole:
        messages = messages.filter(sealed=False)
    elif reading.last_price_closed:
        closed = Submission.objects.filter(sourcing__in=reading.last_price_closed, round=2).values("pk")
        messages = messages.exclude(sealed=True, subject_id__in=closed)
    visitors = _visitors(need)
    for message in messages:
        who = visitors.get((message.firm_id, message.to_address)) or message.to_name or message.to_address
        yield Exchange(
            message.sent_at or message.created_at, OUT, "email", who, message.firm_id, message.subject,
            message.body.replace(SECRET_MARK, LINK_SHOWN), message.get_state_display(), tuple(message.files.all()),
        )  # fmt: skip


def _texts(need: Need, reading: Reading) -> Iterator[Exchange]:
    """The SMS, and what became of each; those of answers still closed are shown with them."""
    texts = OutgoingText.objects.filter(operation_id=need.pk)
    if not reading.whole:
        texts = texts.filter(sealed=False)
    elif reading.last_price_closed:
        closed = Submission.objects.filter(sourcing__in=reading.last_price_closed, round=2).values("pk")
        texts = texts.exclude(sealed=True, subject_id__in=closed)
    for text in texts:
        words = text.body.replace(SECRET_MARK, "[code]" if text.kind == "code" else LINK_SHOWN)
        who = text.to_name or shown(text.to_number)
        yield Exchange(
            text.sent_at or text.created_at, OUT, "sms", who, text.firm_id, TEXTS.get(text.kind, "SMS"), words, text.became
        )


def _texts_in(need: Need, reading: Reading) -> Iterator[Exchange]:
    """The SMS that firms sent back, once their request is opened."""
    came = IncomingText.objects.filter(operation_id=need.pk, sealed_under__in=reading.opened, opened_at__isnull=False)
    asked = {each.pk: each for each in Invitation.objects.filter(sourcing__in=reading.opened).select_related("firm")}
    for each in came:
        invitation = asked[each.subject_id]
        yield Exchange(each.received_at, IN, "sms", invitation.who, invitation.firm_id, "SMS", each.text)


def _visitors(need: Need) -> dict[tuple[UUID, str], str]:
    """`{(firm id, address): who}` of who came by the notice with an address that is not the firm's."""
    invitations = list(Invitation.objects.filter(sourcing__need=need).select_related("firm"))
    asked = {(each.firm_id, each.address) for each in invitations if not each.came}
    return {key: each.who for each in invitations if (key := (each.firm_id, each.address)) not in asked and each.came}


def _channel(invitation: Invitation) -> str:
    """Of what is written on the page of a firm asked, or of who came by the public notice."""
    return "notice" if invitation.came else "page"


def channel_of(how: str, otherwise: str = "other") -> str:
    """The channel that « comment ? » tells: « posté ce matin », « appelé M. Martin », « remis au guichet »."""
    said = how.lower()
    return next((channel for channel, words in HOW.items() if re.search(words, said)), otherwise)


def _by_hand(how: str, teller: User | None) -> str:
    return f"{how} · noté par {teller.name}" if teller else how


def _letters(sourcings: Iterable[Sourcing]) -> Iterator[Exchange]:
    """Each letter with its words, and how it was posted or handed over."""
    known = {each.pk: each for each in sourcings}
    letters = Invitation.objects.filter(sourcing__in=known, channel=Invitation.Channel.LETTER, sent_at__isnull=False)
    texts: dict[tuple[UUID, datetime | None], str] = {}
    for each in letters.select_related("firm"):
        sourcing = known[each.sourcing_id]
        key = (sourcing.pk, deadline_told(sourcing, each.sent_at))
        if key not in texts:
            texts[key] = invitation_text(brief(sourcing, key[1]))
        yield Exchange(
            each.sent_at, OUT, channel_of(each.how, "letter"), each.firm.name, each.firm_id, f"Lettre : {sourcing.title}",
            texts[key], each.how, letter=each.pk,
        )  # fmt: skip


def _relays(reading: Reading) -> Iterator[Exchange]:
    """What firms reached by letter were told otherwise, while the others read it by e-mail."""
    told = Relay.objects.filter(invitation__sourcing__in=reading.sourcings, told_at__isnull=False)
    if not reading.whole:
        told = told.exclude(invitation__channel=Invitation.Channel.NOTICE)
    for each in told.select_related("invitation__firm", "told_by"):
        who, key = each.invitation.who, each.invitation.firm_id
        yield Exchange(
            each.told_at, OUT, channel_of(each.how), who, key, each.get_subject_display(), each.text,
            _by_hand(each.how, each.told_by),
        )  # fmt: skip


def _questions(sourcings: Iterable[Sourcing], opened: Collection[UUID]) -> Iterator[Exchange]:
    for question in FirmQuestion.objects.filter(sourcing__in=sourcings).select_related("invitation__firm"):
        asker = question.invitation if question.sourcing_id in opened else None
        name, key = (asker.who, asker.firm_id) if asker else ("Une entreprise", None)
        channel = _channel(asker) if asker else "page"
        yield Exchange(question.asked_at, IN, channel, name, key, "Question", question.text)
        if question.answered_at:
            yield Exchange(
                question.answered_at, OUT, "page", "Toutes", None, "Réponse à une question",
                f"Question : {question.told}\nRéponse : {question.answer}",
                to_all=question.sourcing_id,
            )  # fmt: skip


def _answers(reading: Reading) -> Iterator[Exchange]:
    """Each with its words and papers when the city opened it; a replaced, withdrawn or late one says only that it came."""
    for answer in reading.answers().select_related("invitation__firm").prefetch_related("documents__file"):
        read = answer.state == Submission.State.RECEIVED
        text = answer.note or answer.reservation
        if answer.kind == Submission.Kind.DECLINE:
            text = " · ".join(filter(None, [DECLINE_REASONS.get(answer.decline_reason, ""), answer.decline_note]))
        files = tuple(document.file for document in answer.documents.all() if not document.removed)
        yield Exchange(
            answer.received_at, IN, _channel(answer.invitation), answer.invitation.who, answer.firm_id,
            f"{answer.get_kind_display()} · récépissé {answer.receipt_number}", text if read else "",
            answer.get_state_display(), files if read else (),
        )  # fmt: skip


def _clarifications(opened: Collection[UUID]) -> Iterator[Exchange]:
    """A question put by e-mail is a message already, one told otherwise a relay; until then the firm reads it on its page."""
    asked = Clarification.objects.filter(submission__sourcing__in=opened).select_related("submission__invitation__firm")
    ways = (OutgoingMessage.objects, OutgoingText.objects)
    by_us = [way.filter(kind="clarification", subject_id__in=asked.values("pk")) for way in ways]
    written = {subject for rows in by_us for subject in rows.values_list("subject_id", flat=True)}
    relays = Relay.objects.filter(invitation__sourcing__in=opened, subject=Relay.Subject.CLARIFICATION, told_at__isnull=False)
    told = set(relays.values_list("invitation_id", "text"))
    for each in asked:
        invitation = each.submission.invitation
        channel, who, key = _channel(invitation), invitation.who, invitation.firm_id
        if each.pk not in written and (invitation.pk, clarification_on_paper(each.question)) not in told:
            yield Exchange(each.asked_at, OUT, channel, who, key, "Demande de précision", each.question)
        if each.answered_at:
            yield Exchange(each.answered_at, IN, channel, who, key, "Précision", each.answer)


def _told(sourcings: Iterable[Sourcing]) -> Iterator[Exchange]:
    """Results told by hand; those told by e-mail are messages already."""
    by_hand = Notification.objects.filter(sourcing__in=sourcings, told_at__isnull=False).exclude(how="")
    for each in by_hand.select_related("submission__invitation__firm", "told_by"):
        yield Exchange(
            each.told_at, OUT, channel_of(each.how), each.submission.invitation.who, each.firm_id, "Résultat annoncé",
            each.body, _by_hand(each.how, each.told_by),
        )  # fmt: skip


def _filed(need: Need, sourcings: Sequence[Sourcing]) -> Iterator[Exchange]:
    names = dict(Firm.objects.filter(organisation_id=need.organisation_id).values_list("id", "name"))
    silences = _silences(sourcings)
    for each in FiledExchange.objects.filter(operation_id=need.pk).select_related("file", "filed_by"):
        firm = names.get(each.firm_id, "") if each.firm_id else ""
        yield Exchange(
            each.occurred_at, each.direction, each.channel, firm, each.firm_id,
            each.correspondent or each.get_channel_display(), each.summary,
            f"versé par {each.filed_by.name}" + (SILENCE if any(a < each.occurred_at < b for a, b in silences) else ""),
            (each.file,) if each.file else (), filed=True,
        )  # fmt: skip


def _silences(sourcings: Sequence[Sourcing]) -> list[tuple[datetime, datetime]]:
    """From each deadline to the first result told (or to the end, or for ever): nothing should be said outside the tool."""
    told = Notification.objects.filter(sourcing__in=sourcings, told_at__isnull=False)
    first = dict(told.values_list("sourcing_id").annotate(Min("told_at")).order_by())
    never = datetime.max.replace(tzinfo=UTC)
    competing = [each for each in sourcings if each.sent_at and each.kind != Sourcing.Kind.RFI]
    return [(each.deadline, first.get(each.pk) or each.ended_at or never) for each in competing if each.deadline]


def _received(need: Need, reading: Reading) -> Iterator[Exchange]:
    """The e-mails that firms sent back, once their request is opened."""
    readable = Q(held_by__in=reading.opened - reading.last_price_closed) | Q(held_by=None)
    mails = IncomingMessage.objects.filter(readable, operation_id=need.pk, opened__isnull=False)
    asked = {each.pk: each for each in Invitation.objects.filter(sourcing__in=reading.sourcings).select_related("firm")}
    for each in mails.select_related("opened"):
        invitation = asked.get(each.subject_id)
        who, key = (invitation.who, invitation.firm_id) if invitation else (each.sender, None)
        state = "" if each.known or invitation is None else "adresse inconnue"
        yield Exchange(
            each.received_at, IN, "email", who, key, each.subject or "Courriel", each.text, state, (each.opened,),
        )  # fmt: skip


def _talk(need: Need) -> Iterator[Exchange]:
    for message in NeedMessage.objects.filter(need=need).select_related("author").prefetch_related("files"):
        files = tuple(message.files.all())
        yield Exchange(message.created_at, OUT, "internal", "", None, message.author.name, message.text, "", files)
