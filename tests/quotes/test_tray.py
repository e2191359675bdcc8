"""« Courrier à classer »: mail that names no operation, its sender and hour alone until somebody says what it is."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from sourcier.insights.exchanges import thread
from sourcier.journal.models import Entry
from sourcier.journal.verify import verify
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import IncomingMessage
from sourcier.mail.receiving import receive
from sourcier.quotes.actions import tray
from sourcier.quotes.actions.answer import submit
from sourcier.quotes.actions.evaluate import ask_last_price
from sourcier.quotes.actions.read_mail import read_opened
from sourcier.quotes.models import HeardPrice, Submission
from sourcier.quotes.queries import tray as queries
from sourcier.vault.actions import seal_message
from sourcier.vault.queries import path_of
from tests.cities import City
from tests.quotes.requests import BEFORE, DEADLINE, Request, answer, make_request, opened
from tests.vault import papers

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "Rien ne dit à quel achat ce courriel se rapporte."
MARKER = "Fournil-secret-du-pain"


@pytest.fixture(autouse=True)
def replies(settings: Any) -> None:
    settings.REPLY_TO = "reponse@rosny.example"


def came(at: datetime = BEFORE, sender: str = "mathilde@pain.example") -> IncomingMessage:
    """A quote sent to the address of the city, which names no operation."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "reponse@rosny.example", f"Devis {MARKER}"
    message["Message-ID"] = f"<{at.timestamp()}@pain.example>"
    message.set_content(f"Ma baguette est à 0,95 €. {MARKER}")
    message.add_attachment(papers.pdf_bytes(), maintype="application", subtype="pdf", filename="devis.pdf")
    with time_machine.travel(at, tick=True):
        return receive(message.as_bytes(), "reponse@rosny.example", sender=sender, at=at)


def said_of(row: IncomingMessage) -> str:
    return repr(IncomingMessage.objects.filter(pk=row.pk).values().get())


def subjects(request: Request) -> list[tuple[str, str]]:
    return [
        (each.subject, each.firm)
        for each in thread(request.city.buyer, request.sourcing.need)
        if each.subject.startswith("Devis F")
    ]


def test_filed_under_a_closed_request_it_is_read_by_nobody_before_the_opening(city: City) -> None:
    request, row = make_request(city), came()
    assert [(each.pk, each.sender) for each in queries.waiting(city.buyer)] == [(row.pk, "mathilde@pain.example")]
    assert MARKER not in said_of(row) and MARKER.encode() not in path_of(row.file).read_bytes()
    with time_machine.travel(BEFORE + timedelta(hours=1), tick=True):
        filed = tray.file_mail(city.buyer, row.pk, request.sourcing.need_id)
        assert read_opened(timezone.now()) == 0
    assert (filed.held_by, filed.opened_id, filed.sender, filed.handled_by) == (
        request.sourcing.pk, None, "", city.buyer.user,
    )  # fmt: skip
    assert Entry.objects.get(verb="mail.filed").stream == request.sourcing.need_id.hex
    assert subjects(request) == [] and not queries.waiting(city.buyer).exists()
    with pytest.raises(Refused, match="wrong_state"):
        tray.read_apart(city.head_buyer, row.pk, WHY)
    opened(request)
    assert read_opened(timezone.now()) == 1
    assert subjects(request) == [(f"Devis {MARKER}", "mathilde@pain.example")]
    assert [p.sentence for p in verify(city.organisation.pk).problems if "incoming_message" in p.sentence] == []


@pytest.mark.parametrize(("at", "answers"), [(BEFORE, 1), (DEADLINE + timedelta(seconds=1), 0)])
def test_of_a_firm_that_was_asked_it_is_an_answer_when_it_came_in_time(city: City, at: datetime, answers: int) -> None:
    request = make_request(city)
    invitation, row = request.invite(), came(at)
    with time_machine.travel(DEADLINE + timedelta(minutes=1), tick=True):  # sorted late, judged by its last byte
        tray.file_mail(city.buyer, row.pk, request.sourcing.need_id, invitation.firm_id)
    assert Submission.objects.filter(state="received", by_email=True, received_at=at).count() == answers
    row.refresh_from_db()
    assert (row.known, row.state, row.opened_id) == (True, "done", None)
    opened(request)
    read_opened(timezone.now())
    assert subjects(request) == [(f"Devis {MARKER}", invitation.firm.name)]


def test_under_an_operation_where_nothing_is_closed_it_is_read_at_once(city: City) -> None:
    request, row = make_request(city), came()
    opened(request)
    assert tray.file_mail(city.buyer, row.pk, request.sourcing.need_id).opened_id is not None
    assert subjects(request) == [(f"Devis {MARKER}", "mathilde@pain.example")]
    with pytest.raises(Refused, match="wrong_state"):
        tray.file_mail(city.buyer, row.pk, request.sourcing.need_id)


def test_a_last_price_that_is_awaited_holds_it_too(city: City) -> None:
    request = make_request(city)
    invitation, row = request.invite(), came(DEADLINE + timedelta(hours=1))
    with time_machine.travel(BEFORE, tick=True):
        sent = submit(invitation, answer(request))
    opened(request)
    with time_machine.travel(DEADLINE + timedelta(minutes=20), tick=True):
        ask_last_price(city.buyer, request.sourcing.pk, [sent.pk], DEADLINE + timedelta(days=8))
        filed = tray.file_mail(city.buyer, row.pk, request.sourcing.need_id, invitation.firm_id)
        assert read_opened(timezone.now()) == 0
    assert (filed.held_by, filed.opened_id) == (request.sourcing.pk, None)
    assert subjects(request) == []


def test_the_head_buyer_alone_reads_it_without_an_operation_and_says_why(city: City) -> None:
    request, row = make_request(city), came()
    with pytest.raises(Refused, match="role"):
        tray.read_apart(city.buyer, row.pk, WHY)
    with pytest.raises(Refused, match="no_reason"):
        tray.read_apart(city.head_buyer, row.pk, "Pour voir")
    read = tray.read_apart(city.head_buyer, row.pk, WHY)
    assert (read.subject, read.reason, read.state) == (f"Devis {MARKER}", WHY, "tray")
    assert Entry.objects.get(verb="mail.read_apart").stream != request.sourcing.need_id.hex
    # Filed then under a request that is closed: who read it gives no mark.
    with time_machine.travel(BEFORE + timedelta(hours=1), tick=True):
        tray.file_mail(city.buyer, row.pk, request.sourcing.need_id)
    assert HeardPrice.objects.get().user == city.head_buyer.user
    assert subjects(request) == []
    assert [p.sentence for p in verify(city.organisation.pk).problems if "incoming_message" in p.sentence] == []


def test_what_is_not_for_the_city_stays_and_may_be_taken_up_again(city: City) -> None:
    row = came()
    for other in (city.requester, city.auditor, city.admin):
        with pytest.raises(Refused, match="role"):
            tray.set_aside(other, row.pk)
    tray.set_aside(city.buyer, row.pk)
    assert not queries.waiting(city.buyer).exists()
    assert [each.pk for each in queries.aside(city.buyer)] == [row.pk]
    assert path_of(row.file).exists()
    request = make_request(city)
    with time_machine.travel(BEFORE + timedelta(hours=1), tick=True):
        assert tray.file_mail(city.buyer, row.pk, request.sourcing.need_id).state == "done"


def test_neither_the_mail_nor_the_operations_of_another_city_are_reached(city: City, other_city: City) -> None:
    row, theirs = came_alone(city), make_request(other_city)
    for act in (
        lambda: tray.file_mail(other_city.head_buyer, row.pk, theirs.sourcing.need_id),
        lambda: tray.file_mail(city.head_buyer, row.pk, theirs.sourcing.need_id),
        lambda: tray.read_apart(other_city.head_buyer, row.pk, WHY),
        lambda: tray.set_aside(other_city.head_buyer, row.pk),
    ):
        with pytest.raises(ObjectDoesNotExist):
            act()
    assert list(queries.waiting(other_city.head_buyer)) == []


def came_alone(city: City) -> IncomingMessage:
    """In the tray of one city of two, as it came when it was alone."""
    file = seal_message(city.organisation.pk, city.organisation.pk, b"Subject: x\r\n\r\nBonjour")
    return IncomingMessage.objects.create(
        organisation=city.organisation, sealed_under=city.organisation.pk, state="tray", fingerprint="x", received_at=BEFORE,
        kind="other", dkim="none", file=file,
    )  # fmt: skip
