import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from sourcier.journal.models import Entry, Payload
from sourcier.journal.verify import verify
from sourcier.kernel.sms import LIMIT, septets
from sourcier.kernel.transitions import Refused
from sourcier.mail import rules, text_registry
from sourcier.mail.models import OutgoingText, StoppedNumber
from sourcier.mail.rules import SECRET_MARK
from sourcier.mail.text_outbox import send_texts_due
from sourcier.mail.texts import enqueue_text
from sourcier.project.checks import texts
from tests.cities import City
from tests.mail.gateways import Gateway, gateway
from tests.mail.servers import free_port

State = OutgoingText.State
MATHILDE, LINK = "+33612345612", "https://achats.rosny.example/r/" + "a" * 43
SENTENCE = f"{{nom}} vous demande un devis avant le 30/09 à 12 h : {SECRET_MARK}"


def queue(city: City, number: str = MATHILDE, secret: str = LINK, **fields: Any) -> OutgoingText:
    given = {"kind": "test", "sentence": SENTENCE, "to_name": "Au Bon Pain"}
    return enqueue_text(city.organisation, number=number, secret=secret, **{**given, **fields})


def later(minutes: float) -> datetime:
    return timezone.now() + timedelta(minutes=minutes)


def verbs(city: City) -> list[str]:
    return list(Entry.objects.filter(log_id=city.organisation.pk, verb__startswith="text.").values_list("verb", flat=True))


def doubted(city: City) -> list[str]:
    return [each.sentence for each in verify(city.organisation.pk).problems if " text " in each.sentence]


def test_one_sms_leaves_with_its_whole_link_and_the_journal_keeps_the_answer_of_the_gateway(city: City, settings: Any) -> None:
    city.organisation.name = "Ville de Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson"
    operation = uuid4()
    text = queue(city, operation_id=operation)
    with gateway(settings) as there:
        assert send_texts_due() == 1
    text.refresh_from_db()
    [asked] = there.got
    assert asked == {"to": MATHILDE, "text": text.body.replace(SECRET_MARK, LINK), "from": "38063", "id": text.pk.hex}
    assert asked["text"].endswith(LINK) and septets(asked["text"]) <= LIMIT and "Ville de Saint-Rémy" in asked["text"]
    assert there.headers[0]["Api-Key"] == "clef-de-la-ville"
    assert (text.state, text.gateway_id, text.secret) == (State.SENT, "gw-1", "")
    entry = Entry.objects.get(verb="text.sent")
    said = bytes(Payload.objects.get(entry=entry).body).decode()
    assert entry.stream == operation.hex and "gw-1" in said and LINK not in said
    assert not doubted(city)
    OutgoingText.objects.update(gateway_id="gw-2")
    assert ["(gateway_id)" in sentence for sentence in doubted(city)] == [True]


def test_a_number_refused_fails_alone_and_a_gateway_that_does_not_want_us_condemns_nobody(city: City, settings: Any) -> None:
    wrong, right = queue(city, "+33699999999"), queue(city)
    told: list[tuple[str, bool]] = []
    text_registry.on_text_result("test", lambda text: told.append((text.to_number, text.lost)))
    with gateway(settings) as there:
        there.status = 401
        send_texts_due()
        assert set(OutgoingText.objects.values_list("state", "attempts", "number_refused")) == {(State.QUEUED, 0, False)}
        assert "Prévenez l'administrateur" in OutgoingText.objects.first().last_error and not verbs(city)  # type: ignore[union-attr]
        there.status, there.by_number = 201, {wrong.to_number: 422}
        there.reply = [{"messageIds": [7]}]
        send_texts_due(later(6))
    wrong.refresh_from_db()
    right.refresh_from_db()
    text_registry._HANDLERS.pop("test")
    assert (wrong.state, wrong.number_refused, right.state, right.gateway_id) == (State.FAILED, True, State.SENT, "7")
    assert wrong.last_error == "La passerelle de SMS refuse ce numéro (422)." and not wrong.secret
    assert told == [(wrong.to_number, True), (right.to_number, False)]
    assert verbs(city) == ["text.failed", "text.sent"]


@pytest.mark.parametrize("trouble", ["busy", "silent", "elsewhere"])
def test_what_is_only_late_is_sent_again_under_the_same_number(city: City, settings: Any, trouble: str) -> None:
    text = queue(city)
    with gateway(settings) as there:
        spoil(there, settings, trouble)
        send_texts_due()
        text.refresh_from_db()
        assert text.state == State.QUEUED and text.attempts == (0 if trouble == "elsewhere" else 1) and text.last_error
        assert "text.sent" not in verbs(city)
        there.status, there.silence = 200, 0.0
        send_texts_due()
        assert len(there.got) == 1, "not before its time"
        send_texts_due(later(6))
    assert [each["id"] for each in there.got] == [text.pk.hex] * 2
    assert verbs(city) == [*["text.deferred"] * (trouble != "elsewhere"), "text.sent"]  # the city's account is no attempt


def spoil(there: Gateway, settings: Any, trouble: str) -> None:
    there.status = {"busy": 503, "silent": 200, "elsewhere": 302}[trouble]
    if trouble == "silent":
        settings.SMS_TIMEOUT, there.silence = 0.1, 0.4


def test_with_no_gateway_texts_wait_and_say_so_and_after_ten_refusals_one_gives_up(city: City, settings: Any) -> None:
    text = queue(city)
    settings.SMS_URL = f"http://127.0.0.1:{free_port()}/"
    for turn in range(15):
        send_texts_due(later(turn * 6))
    text.refresh_from_db()
    assert (text.state, text.attempts) == (State.QUEUED, 0) and "partira tout seul" in text.last_error
    with gateway(settings) as there:
        there.status = 500
        for day in range(rules.MAX_ATTEMPTS + 2):
            send_texts_due(later(2_000 + day * 700))
    text.refresh_from_db()
    assert (text.state, len(there.got), text.number_refused) == (State.FAILED, rules.MAX_ATTEMPTS, False)
    assert text.last_error.endswith(f"Abandon après {rules.MAX_ATTEMPTS} essais.") and verbs(city)[-1] == "text.failed"
    assert verbs(city)[:-1] == ["text.deferred"] * (rules.MAX_ATTEMPTS - 1)


def test_a_worker_that_died_is_replaced_once_its_lease_is_over(city: City, settings: Any) -> None:
    queue(city)
    OutgoingText.objects.update(state=State.SENDING, attempts=1, lease_until=timezone.now() + timedelta(minutes=1))
    with gateway(settings) as there:
        assert send_texts_due() == 0
        assert send_texts_due(later(2)) == 1
    assert len(there.got) == 1 and OutgoingText.objects.get().state == State.SENT


def test_nothing_leaves_for_a_number_that_said_stop_meanwhile(city: City, settings: Any) -> None:
    queue(city)
    StoppedNumber.objects.create(organisation=city.organisation, number=MATHILDE, stopped_at=timezone.now())
    with gateway(settings) as there:
        send_texts_due()
    assert there.got == [] and "STOP" in OutgoingText.objects.get().last_error and verbs(city) == ["text.failed"]


def test_neither_number_nor_text_nor_link_nor_key_is_in_a_log_or_in_the_database(
    city: City, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    queue(city)
    assert LINK not in repr(list(OutgoingText.objects.values()))
    with gateway(settings) as there:
        for there.status in (500, 404, 400):
            send_texts_due(later(there.status))
    settings.SMS_URL = f"http://127.0.0.1:{free_port()}/"
    queue(city)
    send_texts_due()
    for secret in (MATHILDE, MATHILDE[3:], "devis", LINK, "clef-de-la-ville"):
        assert secret not in caplog.text


def test_a_link_too_long_leaves_alone_and_one_longer_than_an_sms_is_refused(city: City) -> None:
    assert queue(city, secret="https://" + "a" * 150).body == SECRET_MARK
    with pytest.raises(Refused, match="sms_too_long"):
        queue(city, secret="https://" + "a" * 160)


def test_the_doctor_says_nothing_of_sms_without_a_gateway_and_what_keeps_them_with_one(city: City, settings: Any) -> None:
    assert list(texts()) == []
    queue(city)
    with gateway(settings) as there:
        there.status = 403
        send_texts_due()
        found = {finding.name: finding for finding in texts()}
        assert found["Passerelle de SMS"].ok and found["Lien dans un SMS"].ok and "(403)" in found["SMS en attente"].seen
        assert "clef-de-la-ville" not in repr(found)
        settings.SITE_URL = "https://" + "a" * 80 + ".example"
        assert not {finding.name: finding for finding in texts()}["Lien dans un SMS"].ok
    assert not next(texts()).ok
