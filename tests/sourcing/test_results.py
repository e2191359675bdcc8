"""What real mail servers answer, and what the city then reads of its invitations."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.mail.actions import enqueue, send_due
from sourcier.mail.due import run_due
from sourcier.mail.models import OutgoingMessage
from sourcier.sourcing import queries
from sourcier.sourcing.models import Invitation
from sourcier.suppliers.actions import add_contact, mark_refused
from sourcier.suppliers.models import Contact
from sourcier.suppliers.queries import email_of
from tests.cities import City
from tests.journal.entries import writes, writes_nothing
from tests.mail.servers import free_port, moody
from tests.sourcing.scenes import invitation_of, sent
from tests.sourcing.stock import MATHILDE, PERRIER

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def smtp(settings: Any) -> int:
    """Real sending, to a port where nobody listens yet."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", free_port(), 2
    return int(settings.EMAIL_PORT)


def test_with_the_server_down_invitations_wait_then_leave_each_with_its_own_link(city: City, smtp: int) -> None:
    sourcing = sent(city)
    send_due(timezone.now())
    assert queries.counts(sourcing).waiting == 2

    with moody(smtp) as server:
        send_due(timezone.now() + timedelta(minutes=5))

    assert (queries.counts(sourcing).sent, queries.counts(sourcing).waiting) == (2, 0)
    found = set()
    for raw in server.got:
        message = message_from_bytes(raw, policy=policy.default)
        text = message.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
        [token] = re.findall(r"/r/([\w-]{43})", text)
        found.add(queries.invitation_by_token(token))
        assert "{{lien}}" not in text
    assert found == {invitation_of(sourcing, MATHILDE), invitation_of(sourcing, PERRIER)}


def test_an_address_that_the_server_refuses_is_shown_in_failure_and_the_other_leaves(city: City, smtp: int) -> None:
    sourcing = sent(city)
    with moody(smtp) as server:
        server.rcpt["contact@perrier.example"] = "550 No such user"
        send_due(timezone.now())

    assert invitation_of(sourcing, MATHILDE).state == Invitation.State.SENT
    assert invitation_of(sourcing, PERRIER).state == Invitation.State.FAILED
    assert PERRIER.siret in {item.firm.siret for item in queries.undelivered(sourcing)}
    assert Entry.objects.filter(verb="message.failed", stream=sourcing.need_id.hex).count() == 1


def refused_at_rcpt(city: City, smtp: int, answer: str) -> Contact:
    """The contact of a firm whose server gave that answer to its address, before any message."""
    sourcing = sent(city)
    with moody(smtp) as server:
        server.rcpt["contact@perrier.example"] = answer
        send_due(timezone.now())
    assert invitation_of(sourcing, PERRIER).state == Invitation.State.FAILED
    return Contact.objects.get(value="contact@perrier.example")


@pytest.mark.parametrize(
    "answer", ["550 No such user", "550 5.1.1 <x>: Recipient address rejected: User unknown", "550 5.2.1 disabled", "551 moved"]
)
def test_an_address_that_does_not_exist_is_not_proposed_again(city: City, smtp: int, answer: str) -> None:
    contact = refused_at_rcpt(city, smtp, answer)
    with writes(city.organisation.pk, "contact.failing"):
        run_due(timezone.now())
    contact.refresh_from_db()
    assert contact.state == Contact.State.FAILING
    assert email_of(contact.firm) == "", "the next request leaves by letter"
    with writes_nothing(city.organisation.pk):
        assert mark_refused(timezone.now()) == 0


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.7.1 Blocked by our policy", "554 5.7.1 Relay access denied", "552 5.2.2 Mailbox full", "552 too much mail",
        "550 5.2.3 Message too long", "550 5.1.8 Sender's domain unknown", "550 Your IP is on a black list", "554 refused",
    ],
)  # fmt: skip
def test_what_a_server_refuses_of_the_message_or_of_us_condemns_no_address(city: City, smtp: int, answer: str) -> None:
    contact = refused_at_rcpt(city, smtp, answer)
    with writes_nothing(city.organisation.pk):
        assert mark_refused(timezone.now()) == 0
    assert email_of(contact.firm) == "contact@perrier.example"


def test_a_message_refused_after_its_recipient_condemns_no_address(city: City, smtp: int) -> None:
    sourcing = sent(city)
    with moody(smtp) as server:
        server.data = "550 5.1.1 looks like spam"
        send_due(timezone.now())
    assert invitation_of(sourcing, PERRIER).state == Invitation.State.FAILED
    assert mark_refused(timezone.now()) == 0


def test_an_address_noted_again_after_its_failure_is_good_again(city: City, smtp: int) -> None:
    contact = refused_at_rcpt(city, smtp, "550 5.1.1 unknown")
    assert mark_refused(timezone.now()) == 1
    add_contact(city.buyer, contact.firm_id, "email", contact.value, source="Vue sur sa vitrine")
    assert mark_refused(timezone.now()) == 0
    assert email_of(contact.firm) == contact.value


def test_the_receipt_of_an_answer_that_did_not_arrive_tells_the_city_nothing(city: City, smtp: int) -> None:
    sourcing = sent(city)
    firm = invitation_of(sourcing, PERRIER).firm
    with moody(smtp) as server:
        send_due(timezone.now())
        server.rcpt["contact@perrier.example"] = "550 5.1.1 unknown"
        enqueue(
            city.organisation, kind="acknowledgement", to_address="contact@perrier.example", subject="Bien reçu", body="Merci",
            operation_id=sourcing.need_id, firm_id=firm.pk, sealed=True,
        )  # fmt: skip
        send_due(timezone.now())
    assert OutgoingMessage.objects.get(kind="acknowledgement").address_refused
    with writes_nothing(city.organisation.pk):
        assert mark_refused(timezone.now()) == 0
