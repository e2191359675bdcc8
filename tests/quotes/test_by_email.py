"""A firm that replies to its e-mail has answered: real conversations in SMTP and LMTP, sealed until the opening."""

import imaplib
import smtplib
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connections
from django.urls import reverse
from django.utils import timezone

from sourcier.insights.exchanges import thread
from sourcier.journal.models import Entry
from sourcier.journal.queries import entries
from sourcier.journal.verify import verify
from sourcier.mail import secrets
from sourcier.mail.actions import enqueue
from sourcier.mail.due import run_due
from sourcier.mail.imap import fetch
from sourcier.mail.listener import LATER, MAX_MESSAGE, NOBODY, TOO_LARGE, Listener
from sourcier.mail.models import IncomingMessage, OutgoingMessage
from sourcier.mail.receiving import handle_waiting, receive
from sourcier.quotes import email_words
from sourcier.quotes.actions import by_email
from sourcier.quotes.actions.answer import submit
from sourcier.quotes.actions.paper import type_paper
from sourcier.quotes.actions.read_mail import read_opened
from sourcier.quotes.answer_rules import Sender
from sourcier.quotes.models import Submission
from sourcier.quotes.queries.answers import receipt_text
from sourcier.sourcing.models import Invitation
from sourcier.suppliers import tokens
from sourcier.suppliers.models import Contact
from sourcier.vault.models import File
from sourcier.vault.queries import path_of
from tests.cities import City
from tests.mail.dovecot import PROGRAM, dovecot
from tests.mail.servers import free_port
from tests.quotes.requests import BEFORE, DEADLINE, Request, answer, make_request, opened
from tests.vault import papers
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
MARKER = "Fournil-secret-du-pain"
PDF = papers.pdf_bytes()


@pytest.fixture(autouse=True)
def replies(settings: Any) -> None:
    settings.REPLY_TO = "reponse@montval.example"


def asked(city: City) -> tuple[Request, Invitation]:
    request = make_request(city)
    invitation = request.invite()
    invitation.reply_hmac = tokens.reply_hmac(tokens.reply_token(invitation.seed))
    invitation.save()
    return request, invitation


def address(invitation: Invitation) -> str:
    return f"reponse+{tokens.reply_token(invitation.seed)}@montval.example"


def reply(invitation: Invitation, text: str = f"Mon prix : 0,95 € la baguette. {MARKER}", **headers: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in {
        "From": f"Mathilde <{invitation.address}>", "To": address(invitation), "Subject": "Re: 60 baguettes",
        "Message-ID": "<1@pain.example>", "In-Reply-To": "<x@montval.example>", **headers,
    }.items():  # fmt: skip
        made[name] = value
    made.set_content(f"{text}\n\nLe 24/09/2026 à 10:12, Ville a écrit :\n> Votre prix : 3 € ?\n")
    made.add_attachment(PDF, maintype="application", subtype="pdf", filename=f"devis {MARKER}.pdf")
    return made


def came(invitation: Invitation, message: EmailMessage, **more: Any) -> IncomingMessage:
    at = more.pop("at", BEFORE)
    with time_machine.travel(at, tick=True):
        return receive(message.as_bytes(), address(invitation), sender=more.pop("sender", invitation.address), at=at)


def everything_kept() -> bytes:
    """All that rests on the disk and in the rows a reader of the database would look at first."""
    rows = [repr(list(model.objects.values())) for model in (IncomingMessage, Submission, OutgoingMessage, File)]
    return "".join(rows).encode() + b"".join(path_of(file).read_bytes() for file in File.objects.all())


def test_a_reply_with_its_pdf_is_an_answer_sealed_until_the_opening(city: City) -> None:
    request, invitation = asked(city)
    message = reply(invitation)
    row = came(invitation, message)
    sent = Submission.objects.get()
    assert (sent.state, sent.paper, sent.by_email, sent.received_at) == ("received", True, True, row.received_at)
    assert MARKER.encode() not in everything_kept()
    told = OutgoingMessage.objects.get()
    assert (told.to_address, told.sealed, told.reply_to) == (invitation.address, True, address(invitation))
    understood = secrets.unseal(told.secret)
    assert "Documents pris avec votre réponse : 1." in understood
    assert "Prix lu dans votre message : 0,95 €." in understood
    assert "/r/confirmer/" in understood and tokens.token(invitation.seed) not in understood
    assert "0,95" not in told.body
    assert receipt_text(sent)
    assert came(invitation, message).pk == row.pk  # the same message again, as IMAP and retries give it
    assert Submission.objects.count() == 1
    opened(request)
    with time_machine.travel(DEADLINE + timedelta(minutes=20), tick=True):
        run_due(timezone.now())
        type_paper(city.buyer, sent.pk, answer(request))
    row.refresh_from_db()
    sent.refresh_from_db()
    assert (row.sender, row.subject, row.known) == (invitation.address, "Re: 60 baguettes", True)
    assert row.text.startswith("Mon prix : 0,95 €")
    told = [each for each in thread(city.buyer, request.sourcing.need) if each.subject == "Re: 60 baguettes"]
    assert [(each.channel, each.firm, each.text) for each in told] == [("email", invitation.firm.name, row.text)]
    assert sent.lines.count() == 1
    assert MARKER in sent.documents.get().file.name
    kinds = ("incoming_message", "submission", "quoted_line", "file")
    assert [p.sentence for p in verify(city.organisation.pk).problems if p.sentence.split()[2].startswith(kinds)] == []


def test_the_page_confirms_what_a_reply_said_and_a_reply_never_replaces_the_page(city: City) -> None:
    request, invitation = asked(city)
    came(invitation, reply(invitation))
    with time_machine.travel(BEFORE + timedelta(hours=1), tick=True):
        submit(invitation, answer(request), sender=Sender("seat", knows=Submission.objects.get().pk))
    came(invitation, reply(invitation, "Plutôt 1,20 €", **{"Message-ID": "<2@pain.example>"}), at=BEFORE + timedelta(hours=2))
    current = Submission.objects.get(state="received")
    assert not current.by_email
    told = OutgoingMessage.objects.filter(kind="mail_kept").get()
    assert email_words.ANSWERED in told.body


def test_a_reply_after_the_deadline_is_kept_closed_and_told_so(city: City) -> None:
    request, invitation = asked(city)
    row = came(invitation, reply(invitation), at=DEADLINE + timedelta(milliseconds=1))
    assert Submission.objects.get().state == "late"
    assert "trop tard" in OutgoingMessage.objects.get().subject
    opened(request)
    with time_machine.travel(DEADLINE + timedelta(minutes=20), tick=True):
        run_due(timezone.now())
    row.refresh_from_db()
    assert row.opened is None
    assert MARKER.encode() not in everything_kept()


def test_another_sender_is_marked_and_the_address_asked_is_told(city: City) -> None:
    _, invitation = asked(city)
    row = came(invitation, reply(invitation, From="Comptable <compta@autre.example>"))
    assert not row.known
    assert not row.sender
    assert Submission.objects.get().state == "received"
    told = OutgoingMessage.objects.get()
    assert told.to_address == invitation.address
    assert "autre adresse" in secrets.unseal(told.secret)
    assert "0,95" not in secrets.unseal(told.secret)


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        ({"Auto-Submitted": "auto-replied"}, "mathilde@pain.example"),
        ({"Auto-Submitted": "auto-generated", "Message-ID": "<ours@ville.example>"}, "mathilde@pain.example"),
        ({"Precedence": "bulk"}, "mathilde@pain.example"),
        ({"List-Id": "<boulangers.example>"}, "mathilde@pain.example"),
        ({"From": "reponse+aaaaaaaaaaaaaaaa@montval.example"}, "mathilde@pain.example"),
        ({}, ""),
    ],
)
def test_a_loop_is_never_answered(city: City, headers: dict[str, str], sender: str) -> None:
    _, invitation = asked(city)
    row = came(invitation, reply(invitation, **headers), sender=sender)
    assert row.state == IncomingMessage.State.DONE
    assert not OutgoingMessage.objects.exists()
    assert not Submission.objects.exists()


def notice(invitation: Invitation, about: str = "", status: str = "5.1.1") -> bytes:
    """The notice of a postman (RFC 3464) that brings back the message of that Message-ID."""
    returned = (
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: Du pain\r\nMessage-ID: {about}\r\n\r\n" if about else ""
    )
    return (
        "From: MAILER-DAEMON@pain.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nPerdu.\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; pain.example\r\n\r\n"
        f"Final-Recipient: rfc822; {invitation.address}\r\nAction: failed\r\nStatus: {status}\r\n\r\n{returned}--b--\r\n"
    ).encode()


def wrote(invitation: Invitation, *, sealed: bool) -> OutgoingMessage:
    """A message of ours to that firm: its request, or what tells that it answered."""
    sourcing, kind = invitation.sourcing, "acknowledgement" if sealed else "request"
    return enqueue(
        sourcing.organisation, kind=kind, to_address=invitation.address, subject="Du pain", body="Bonjour", sealed=sealed,
        operation_id=sourcing.need_id, firm_id=invitation.firm_id,
    )  # fmt: skip


def told(city: City, request: Request) -> list[str]:
    """The entries about these notices that a buyer reads before the opening."""
    shown = entries(city.organisation.pk, hide_sealed=[request.sourcing.need_id])
    return [verb for verb in shown.values_list("verb", flat=True) if verb.startswith("mail.")]


@pytest.mark.parametrize(
    ("named", "also_answered", "shown"),
    [("request", True, True), ("", False, True), ("receipt", True, False), ("", True, False)],
)
def test_a_notice_of_non_delivery_marks_the_address_unless_it_would_betray_an_answer(
    city: City, named: str, also_answered: bool, shown: bool
) -> None:
    request, invitation = asked(city)
    ours = {"request": wrote(invitation, sealed=False)} | ({"receipt": wrote(invitation, sealed=True)} if also_answered else {})
    data = notice(invitation, ours[named].message_id if named else "")
    with time_machine.travel(BEFORE, tick=True):
        receive(data, address(invitation), sender="", at=BEFORE)
    invitation.refresh_from_db()
    assert told(city, request) == (["mail.bounced"] if shown else [])
    assert (invitation.state == Invitation.State.FAILED, Contact.objects.get().state == Contact.State.FAILING) == (shown, shown)
    assert OutgoingMessage.objects.count() == len(ours)
    opened(request)
    read_opened(timezone.now())
    invitation.refresh_from_db()
    assert invitation.state == Invitation.State.FAILED
    assert Entry.objects.filter(verb="mail.bounced").count() == 1


def test_a_notice_that_says_only_late_loses_no_address(city: City) -> None:
    request, invitation = asked(city)
    receive(notice(invitation, status="4.4.1"), address(invitation), sender="", at=BEFORE)
    assert told(city, request) == ["mail.delayed"]
    assert Contact.objects.get().state != Contact.State.FAILING


@pytest.mark.parametrize("answered", [False, True])
def test_an_automatic_answer_is_said_and_another_way_proposed_unless_it_would_betray_an_answer(
    city: City, answered: bool
) -> None:
    request, invitation = asked(city)
    wrote(invitation, sealed=answered)
    absent = reply(invitation, "Je suis en congés.", **{"Auto-Submitted": "auto-replied", "In-Reply-To": "<autre@ici.example>"})
    row = came(invitation, absent)
    assert (row.kind, row.state, row.opened_id) == ("auto", "done", None)
    assert told(city, request) == ([] if answered else ["mail.away"])
    client, page = signed_in(city.buyer), reverse("asked", args=[request.sourcing.need_id])
    with time_machine.travel(BEFORE + timedelta(hours=1), tick=True):
        shown = client.get(page).content.decode()
        assert ("réponse automatique du" in shown) is not answered
        assert "congés" not in shown
        client.post(reverse("invitation_address", args=[request.sourcing.need_id, invitation.pk]), {"letter": "1"})
    invitation.refresh_from_db()
    assert (invitation.channel == Invitation.Channel.LETTER) is not answered
    assert invitation.away_at is None


def test_a_message_kept_is_taken_up_again_when_its_handling_died(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    _, invitation = asked(city)
    with monkeypatch.context() as broken:
        broken.setattr(by_email, "_store", lambda *given: (_ for _ in ()).throw(OperationalError("locked")))
        row = came(invitation, reply(invitation))
    assert row.state == IncomingMessage.State.WAITING
    assert not Submission.objects.exists()
    with time_machine.travel(
        DEADLINE + timedelta(minutes=1), tick=True
    ):  # judged by the last byte, not by the hour of the work
        assert handle_waiting(timezone.now()) == 1
    assert Submission.objects.get().state == "received"


@pytest.fixture(params=["smtp", "lmtp"])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    port = free_port()
    listener = Listener(request.param, "127.0.0.1", port)
    listener.start()
    yield request.param, port
    listener.stop()


def talk(server: tuple[str, int]) -> smtplib.SMTP:
    scheme, port = server
    return (smtplib.LMTP if scheme == "lmtp" else smtplib.SMTP)("127.0.0.1", port)


def test_a_real_conversation_keeps_the_message_before_it_says_so(city: City, server: tuple[str, int]) -> None:
    _, invitation = asked(city)
    with talk(server) as client:
        refused = client.sendmail(
            invitation.address, [address(invitation), "reponse+aaaaaaaaaaaaaaaa@ailleurs.example"], reply(invitation).as_bytes()
        )
        assert refused == {"reponse+aaaaaaaaaaaaaaaa@ailleurs.example": (550, NOBODY[4:].encode())}
        assert IncomingMessage.objects.get().state == IncomingMessage.State.DONE
        # An address of ours that no firm has: the tray, closed, with its sender and its hour alone.
        client.sendmail("inconnu@pain.example", ["reponse@montval.example"], reply(invitation).as_bytes())
        tray = IncomingMessage.objects.get(state=IncomingMessage.State.TRAY)
        assert (tray.sender, tray.subject, tray.text) == (invitation.address, "", "")
        with pytest.raises(smtplib.SMTPSenderRefused) as large:
            client.sendmail(invitation.address, [address(invitation)], bytes(MAX_MESSAGE + 1))
        assert (large.value.smtp_code, large.value.smtp_error) == (552, TOO_LARGE[4:].encode())
    assert IncomingMessage.objects.count() == 2
    assert MARKER.encode() not in everything_kept()


def test_what_cannot_be_kept_is_asked_for_again(city: City, server: tuple[str, int], settings: Any, tmp_path: Path) -> None:
    _, invitation = asked(city)
    settings.VAULT = tmp_path / "no-folder"
    settings.VAULT.write_text("the disk is away")
    with talk(server) as client, pytest.raises(smtplib.SMTPDataError) as later:
        client.sendmail(invitation.address, [address(invitation)], reply(invitation).as_bytes())
    assert (later.value.smtp_code, later.value.smtp_error) == (451, LATER[4:].encode())
    assert not IncomingMessage.objects.exists()


def test_a_database_that_is_away_makes_the_sender_come_again_and_loses_nothing(
    city: City, server: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, invitation = asked(city)
    data = reply(invitation).as_bytes()
    with talk(server) as client:
        client.ehlo_or_helo_if_needed()
        with monkeypatch.context() as away:
            client.mail(invitation.address)
            assert client.rcpt(address(invitation))[0] == 250
            away.setitem(connections.settings["default"], "NAME", "/nowhere/absent")
            assert client.data(data) == (451, LATER[4:].encode())
            client.mail(invitation.address)
            assert client.rcpt(address(invitation)) == (451, LATER[4:].encode())
        client.rset()
        client.sendmail(invitation.address, [address(invitation)], data)
    assert IncomingMessage.objects.get().state == IncomingMessage.State.DONE
    assert Submission.objects.count() == 1


@pytest.mark.skipif(not PROGRAM, reason="Dovecot is not installed")
def test_a_mailbox_is_read_once_and_each_message_is_marked_after_it_is_kept(city: City, settings: Any) -> None:
    _, invitation = asked(city)
    with dovecot() as port:
        settings.IMAP = f"imap://achats:secret@127.0.0.1:{port}/INBOX"
        with imaplib.IMAP4("127.0.0.1", port) as mailbox:
            mailbox.login("achats", "secret")
            arrived = imaplib.Time2Internaldate(BEFORE)
            mailbox.append("INBOX", "", arrived, reply(invitation).as_bytes(policy=SMTP))
            mailbox.append("INBOX", "", arrived, b"From: x@pain.example\r\nTo: achats@ville.example\r\n\r\nBonjour")
            with time_machine.travel(
                DEADLINE + timedelta(minutes=1), tick=True
            ):  # read late, in time by the server of the city
                assert fetch(timezone.now()) == 2
                assert fetch(timezone.now()) == 0
            mailbox.select("INBOX")
            assert mailbox.search(None, "SEEN")[1] == [b"1 2"]
            mailbox.store("1", "-FLAGS", r"(\Seen)")
            with time_machine.travel(DEADLINE + timedelta(minutes=2), tick=True):
                assert fetch(timezone.now()) == 1
        settings.IMAP = f"imap://achats:autre@127.0.0.1:{port}/INBOX"
        assert fetch(timezone.now()) == 0
    assert Submission.objects.get().state == "received"
    assert Submission.objects.get().received_at == BEFORE
    assert sorted(IncomingMessage.objects.values_list("state", flat=True)) == ["done", "tray"]
