"""What the gateway tells: an SMS that came, « STOP », or what became of one that left. Each is kept and said once."""

import logging
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from sourcier.accounts.models import Organisation
from sourcier.journal.actions import append
from sourcier.kernel.phones import mobile_in, shown
from sourcier.kernel.sms import asks_to_stop
from sourcier.mail import secrets, text_registry
from sourcier.mail.models import IncomingText, OutgoingText, StoppedNumber
from sourcier.mail.registry import Addressee
from sourcier.mail.text_outbox import facts_of, tell, verb_of
from sourcier.vault.sealing import seal

logger = logging.getLogger(__name__)
Delivery = OutgoingText.Delivery
MAX_TEXT = 5_000
# The words of the gateways (SMPP, GSMA, the French ones), without accents; any other tells nothing yet.
_DELIVERED = {"delivered", "delivrd", "recu", "remis"}
_LOST = {"undelivered", "undeliverable", "undeliv", "failed", "rejected", "rejectd", "expired", "deleted", "nonremis"}


class NotYet(Exception):
    """The gateway speaks of a text whose sending is not recorded yet: it is to come again."""


def take(number: str, words: str, identifier: str, at: datetime) -> None:
    """Keep an SMS that came, sealed, or obey its « STOP ». The same again is taken once. Never inside a transaction.

    Raises `vault.master.MasterKeyMissing` when nothing can be sealed: the gateway is to come again.
    """
    sender = mobile_in(number) or mobile_in(f"+{number.strip()}")
    to = text_registry.asked_at(sender) if sender else None
    if sender and asks_to_stop(words):
        stop(sender, to, at)
        return
    organisation_id = to.organisation_id if to else _only_city()
    if organisation_id is None:
        logger.warning("an SMS came that no city of this installation expects")
        return
    said = identifier or f"{words}\0{at:%Y%m%d%H}"
    fingerprint = secrets.fingerprint(f"sms\0{sender or number}\0{said}".encode())
    if not IncomingText.objects.filter(fingerprint=fingerprint).exists():
        try:
            _keep(organisation_id, to, words[:MAX_TEXT], fingerprint, at)
        except IntegrityError:
            return  # another process took it


def _only_city() -> UUID | None:
    found = list(Organisation.objects.values_list("pk", flat=True)[:2])
    return found[0] if len(found) == 1 else None


@transaction.atomic
def _keep(organisation_id: UUID, to: Addressee | None, words: str, fingerprint: str, at: datetime) -> None:
    row_id, key = uuid4(), to.sealed_under if to else organisation_id
    row = IncomingText.objects.create(
        id=row_id, organisation_id=organisation_id, operation_id=to.operation_id if to else None,
        subject_id=to.subject_id if to else None, sealed_under=key, fingerprint=fingerprint, received_at=at,
        sealed=seal(organisation_id, key, row_id, words.encode()),
    )  # fmt: skip
    facts = {"text": row.pk, "received_at": at}
    if to is None:
        append(organisation_id, None, "text.unknown", facts, rows=[row])
        return
    append(organisation_id, to.operation_id, "text.received", {**facts, "firm": to.named}, actor=to.author_id, rows=[row])
    for handler in text_registry.arrivals():
        handler(row)


@transaction.atomic
def stop(number: str, to: Addressee | None, at: datetime) -> None:
    """« STOP »: no SMS goes to this number any more, from any city of this installation that wrote to it."""
    wrote = OutgoingText.objects.filter(to_number=number).values("organisation_id")
    for city in Organisation.objects.filter(pk__in=wrote).order_by("pk").select_for_update():
        if StoppedNumber.objects.filter(organisation=city, number=number).exists():
            continue
        row = StoppedNumber.objects.create(organisation=city, number=number, stopped_at=at)
        left = [each for handler in text_registry.stops() for each in handler(city.pk, number, at)]
        own = to if to and to.organisation_id == city.pk else None
        said = {"number": shown(number), "firm": own.named if own else ""}
        stream, author = (own.operation_id, own.author_id) if own else (None, None)
        append(city.pk, stream, "text.stopped", said, actor=author, rows=[row, *left])


@transaction.atomic
def report(identifier: str, status: str, at: datetime) -> None:
    """What the gateway says of a text that it took, by our identifier or by its own. Raises `NotYet`."""
    word = "".join(letter for letter in status.lower().replace("ç", "c").replace("é", "e") if letter.isalpha())
    became = Delivery.DELIVERED if word in _DELIVERED else Delivery.LOST if word in _LOST else None
    text = _named(identifier)
    if text is None or became is None or text.delivery:
        return
    if text.state in (OutgoingText.State.QUEUED, OutgoingText.State.SENDING):
        raise NotYet
    if text.state != OutgoingText.State.SENT:
        return
    text.delivery, text.delivered_at = became, at
    text.last_error = "La passerelle dit que ce SMS n'a pas été remis." if became == Delivery.LOST else ""
    text.save(update_fields=["delivery", "delivered_at", "last_error"])
    if text.lost:
        tell(text)
    append(text.organisation_id, text.operation_id, verb_of(text, became), facts_of(text), rows=[text])


def _named(identifier: str) -> OutgoingText | None:
    texts = OutgoingText.objects.select_for_update(of=("self",))
    try:
        return texts.filter(pk=UUID(identifier)).first()
    except ValueError:
        return texts.filter(gateway_id=identifier).order_by("-created_at").first() if identifier else None
