"""What the gateway posts: « STOP », an SMS that is no answer, what became of those that left."""

import json
import logging
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sourcier.journal import registry
from sourcier.journal.models import Entry
from sourcier.journal.queries import sentence
from sourcier.journal.verify import verify
from sourcier.mail.models import IncomingText, OutgoingText, StoppedNumber
from sourcier.mail.text_outbox import send_texts_due
from sourcier.quotes.actions import read_texts
from sourcier.quotes.actions.remind import remind_due
from sourcier.quotes.models import LastPriceRound
from sourcier.sourcing.actions import texting
from sourcier.sourcing.models import Invitation
from sourcier.suppliers.models import Contact
from sourcier.suppliers.queries import mobiles_of
from tests.cities import City
from tests.mail.gateways import gateway
from tests.quotes.requests import BEFORE, Request, make_request, opened
from tests.quotes.test_reminding import NINE
from tests.web.clients import signed_in

MOBILE, SECRET = "+33612345612", "un-secret-tire-au-hasard-0123"


@pytest.fixture(autouse=True)
def inbound(settings: Any) -> None:
    settings.SMS_URL, settings.SMS_INBOUND = "http://127.0.0.1:1/", SECRET


def post(said: Any, secret: str = SECRET, **kind: Any) -> HttpResponse:
    """As a gateway does: neither a cookie nor a CSRF token."""
    client = Client(enforce_csrf_checks=True)
    address = reverse("sms_arrived", args=[secret])
    return client.post(address, said, **kind) if kind or not isinstance(said, dict) else client.post(
        address, json.dumps(said), content_type="application/json"
    )  # fmt: skip


def asked(city: City) -> tuple[Request, Invitation]:
    """A firm asked by SMS, as the action leaves it."""
    request = make_request(city)
    invitation = request.invite(email="", mobile=MOBILE)
    phone = {"kind": "phone", "value": "06 12 34 56 12", "source": "essai", "added_by": city.buyer.user, "added_at": BEFORE}
    Contact.objects.create(firm=invitation.firm, **phone)
    with time_machine.travel(BEFORE, tick=False):
        texting.text(invitation, "invitation", invitation.pk)
    return request, invitation


def verbs(city: City, prefix: str = "text.") -> list[str]:
    found = Entry.objects.filter(log_id=city.organisation.pk, verb__startswith=prefix).order_by("index")
    return list(found.values_list("verb", flat=True))


def doubted(city: City) -> list[str]:
    kinds = (" text ", " incoming_text ", " stopped_number ")
    return [e.sentence for e in verify(city.organisation.pk).problems if any(kind in e.sentence for kind in kinds)]


@pytest.mark.parametrize("form", ["json", "form"])
def test_stop_is_obeyed_everywhere_once_and_the_buyer_sees_it(city: City, settings: Any, form: str) -> None:
    request, invitation = asked(city)
    kind = {"content_type": "application/x-www-form-urlencoded"} if form == "form" else {}
    said: Any = "from=33612345612&text=Stop.+Merci" if form == "form" else {"from": MOBILE, "text": "ARRÊT", "id": "7"}
    with time_machine.travel(BEFORE, tick=True):
        for _ in range(2):
            assert post(said, **kind).status_code == 204
        assert StoppedNumber.objects.get().number == MOBILE and verbs(city) == ["text.stopped"]
        assert "06 12 34 56 12 a répondu STOP" in sentence(Entry.objects.get(verb="text.stopped"))
        assert mobiles_of([invitation.firm_id]) == {} and not IncomingText.objects.exists()
        with gateway(settings) as there:
            send_texts_due()
        assert there.got == [] and OutgoingText.objects.get().state == "failed"
        client = signed_in(city.buyer)
        page = client.get(reverse("asked", args=[request.sourcing.need_id])).content.decode()
        sheet = client.get(reverse("firm_sheet", args=[invitation.firm_id])).content.decode()
        assert "a répondu STOP" in page and "STOP reçu" in sheet
    remind_due(NINE)
    assert OutgoingText.objects.count() == 1, "neither a reminder nor a word of adieu"
    assert doubted(city) == []


def test_another_sms_is_sealed_until_the_opening_and_its_firm_is_told_to_use_its_link(city: City) -> None:
    request, invitation = asked(city)
    words = "Oui, 0,85 € la baguette"
    with time_machine.travel(BEFORE, tick=True):
        for _ in range(2):
            assert post({"from": MOBILE, "text": words, "id": "in-1"}).status_code == 204
        row = IncomingText.objects.get()
        assert (row.subject_id, row.operation_id, row.text) == (invitation.pk, request.sourcing.need_id, "")
        assert b"0,85" not in bytes(row.sealed) and "0,85" not in repr(list(OutgoingText.objects.values()))
        entry = Entry.objects.get(verb="text.received")
        assert registry.VERBS[entry.verb].sealed and entry.actor == invitation.firm_id.hex
        told = OutgoingText.objects.get(kind="text_kept")
        assert told.sealed and "ne vaut pas réponse. Répondez ici :" in told.body
        for number in range(5):
            post({"from": MOBILE, "text": "Merci", "id": f"in-{number + 2}"})
        assert OutgoingText.objects.filter(kind="text_kept").count() == 3, "two programs do not talk for ever"
        assert read_texts.read_opened(timezone.now()) == 0
        thread = reverse("exchanges", args=[request.sourcing.need_id])
        assert "0,85" not in signed_in(city.buyer).get(thread).content.decode()
    opened(request)
    assert read_texts.read_opened(timezone.now()) == 6 and read_texts.read_opened(timezone.now()) == 0
    assert words in signed_in(city.buyer).get(thread).content.decode() and doubted(city) == []
    asked_again = LastPriceRound.objects.create(
        sourcing=request.sourcing, deadline=BEFORE, asked_at=BEFORE, asked_by=city.buyer.user
    )
    post({"from": MOBILE, "text": "Mon dernier prix : 0,80", "id": "in-9"})
    assert read_texts.read_opened(timezone.now()) == 0, "a last price is closed too"
    LastPriceRound.objects.filter(pk=asked_again.pk).update(opened_at=BEFORE)
    assert read_texts.read_opened(timezone.now()) == 1


def test_what_the_gateway_reports_is_written_once_and_a_lost_text_is_a_number_in_failure(city: City, settings: Any) -> None:
    _, invitation = asked(city)
    assert post({"id": OutgoingText.objects.get().pk.hex, "status": "delivered"}).status_code == 503, "not recorded yet"
    with gateway(settings):
        send_texts_due()
    assert post({"id": "gw-1", "status": "queued"}).status_code == 204 and verbs(city) == ["text.sent"]
    for _ in range(2):
        assert post({"messageId": "gw-1", "status": "DELIVRD"}).status_code == 204
    text = OutgoingText.objects.get()
    assert (text.became, text.lost) == ("Remis", False) and verbs(city) == ["text.sent", "text.delivered"]
    texting.text(invitation, "invitation", invitation.pk)
    with gateway(settings) as there:
        there.reply = {"id": "gw-2"}
        send_texts_due()
    post({"id": OutgoingText.objects.get(gateway_id="gw-2").pk.hex, "status": "Undelivered"})
    invitation.refresh_from_db()
    assert invitation.state == "failed" and Contact.objects.get().state == "failing"
    assert verbs(city)[-1] == "text.lost" and doubted(city) == []


def test_only_who_has_the_secret_is_heard_and_no_log_repeats_it(
    city: City, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked(city)
    assert post({"from": MOBILE, "text": "STOP"}, "un-autre-secret-tire-au-hasard").status_code == 404
    assert Client().get(reverse("sms_arrived", args=[SECRET])).status_code == 405
    for unread in ([1], {"from": MOBILE}, {"text": "STOP"}, {}, {"from": {"a": 1}, "text": "STOP"}):
        assert post(unread, content_type="application/json").status_code == 400
    assert post("{", content_type="application/json").status_code == 400
    assert post({"from": "0699999999", "text": "Bonjour\x00"}).status_code == 204
    assert verbs(city) == ["text.unknown"] and IncomingText.objects.get().operation_id is None
    settings.SMS_INBOUND = ""
    assert (
        post({"from": MOBILE, "text": "STOP"}).status_code == 404
        and post({"from": MOBILE, "text": "STOP"}, "x").status_code == 404
    )
    assert not StoppedNumber.objects.exists() and "0699999999" not in caplog.text and "Bonjour" not in caplog.text
