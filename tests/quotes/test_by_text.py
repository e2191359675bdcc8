"""A firm asked by SMS answers by its link, and is told by SMS: receipt, code, reminder, clarification, result."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from sourcier.kernel.sms import LIMIT, septets
from sourcier.mail.models import OutgoingMessage, OutgoingText
from sourcier.mail.rules import SECRET_MARK
from sourcier.mail.secrets import unseal
from sourcier.mail.text_outbox import send_texts_due
from sourcier.mail.text_outbox import tell as tell_rooms
from sourcier.quotes.actions import choose, evaluate, tell
from sourcier.quotes.actions.answer import submit
from sourcier.quotes.actions.remind import remind_due
from sourcier.quotes.models import Notification
from sourcier.sourcing import queries
from sourcier.sourcing.models import Sourcing
from tests.cities import City
from tests.mail.gateways import gateway
from tests.quotes.requests import BEFORE, answer, browser, make_request, opened
from tests.quotes.test_choosing import AFTER, WHY, mark_all
from tests.quotes.test_reminding import NINE
from tests.web.firm import text as page

MOBILE = "+33612345612"


@pytest.fixture(autouse=True)
def texting(settings: Any) -> None:
    settings.SMS_URL = "http://127.0.0.1:1/"


def said(kind: str) -> str:
    """The last SMS of that kind as it leaves."""
    text = OutgoingText.objects.filter(kind=kind).latest("created_at")
    words = text.body.replace(SECRET_MARK, unseal(text.secret))
    assert text.to_number == MOBILE and septets(words) <= LIMIT
    return words


def test_the_link_of_an_sms_gives_a_first_answer_and_a_code_by_sms_opens_it_again(city: City) -> None:
    request = make_request(city)
    invitation = request.invite(email="", mobile=MOBILE)
    with time_machine.travel(BEFORE, tick=True):
        assert browser(invitation).post("/r/prix/", request.form()).status_code == 302
        receipt = OutgoingText.objects.get(kind="acknowledgement")
        assert receipt.sealed and "récépissé RX-" in said("acknowledgement") and not OutgoingMessage.objects.exists()
        other = browser(invitation)
        shown = page(other, "/r/recepisse/")
        assert "06 •• •• •• 12" in shown and "0,95" not in shown and "34 56" not in shown
        assert other.post("/r/recepisse/", {"send": "1"}).status_code == 302
        code = OutgoingText.objects.get(kind="code")
        digits = unseal(code.secret)
        assert code.sealed and digits not in code.body and f"Votre code pour Ville de Rosny : {digits} Il sert" in said("code")
        assert other.post("/r/recepisse/", {"code": f"{(int(digits) + 1) % 10**6:06}"}).status_code == 400
        assert other.post("/r/recepisse/", {"code": digits}).status_code == 302
        assert "0,95" in page(other, "/r/recepisse/")


def test_who_is_silent_is_reminded_by_his_own_channel_and_who_answered_is_not(city: City) -> None:
    request = make_request(city)
    answered, silent = (request.invite(name, "", MOBILE) for name in ("oui", "muet"))
    with time_machine.travel(BEFORE + timedelta(hours=1), tick=False):
        submit(answered, answer(request), received_at=BEFORE + timedelta(hours=1))
    assert remind_due(NINE) == 1
    [reminder] = OutgoingText.objects.filter(kind="reminder")
    assert reminder.sealed and reminder.firm_id == silent.firm_id
    assert "attend votre réponse, oui ou non, avant le 30/09 12h : http" in said("reminder")


def test_a_clarification_and_the_result_go_by_sms_and_a_text_that_is_lost_is_told_by_hand(city: City, settings: Any) -> None:
    request = make_request(city)
    with time_machine.travel(BEFORE, tick=False):
        submission = submit(request.invite(email="", mobile=MOBILE), answer(request))
    opened(request)
    with time_machine.travel(AFTER, tick=True):
        asked = evaluate.clarify(city.buyer, submission.pk, "Et le lundi ?")
        assert "une précision" in said("clarification") and not list(queries.relays(request.sourcing))
        lose(OutgoingText.objects.get(subject_id=asked.pk))
        assert [relay.subject for relay in queries.relays(request.sourcing)] == ["clarify"]
        mark_all(city.buyer, request)
        choose.choose(city.buyer, request.sourcing.pk, None, submission.pk, None, WHY)
        [notified] = tell.tell_all(city.buyer, request.sourcing.pk, {})
        assert notified.channel == "sms" and not OutgoingMessage.objects.filter(kind="result").exists()
        assert "a fait son choix" in said("result")
        with gateway(settings):
            send_texts_due()
        assert Notification.objects.get().state == "sent" and Sourcing.objects.get().state == "done"
        lose(OutgoingText.objects.get(kind="result"))
        assert Notification.objects.get().state == "failed"
        tell.mark_told(city.buyer, notified.pk, "Appelé ce matin")
        assert Notification.objects.get().how == "Appelé ce matin"


def lose(text: OutgoingText) -> None:
    """What the gateway tells later of a text that it took."""
    text.state, text.delivery = OutgoingText.State.SENT, OutgoingText.Delivery.LOST
    text.save()
    tell_rooms(text)
