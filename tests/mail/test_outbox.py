import logging
import threading
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from sourcier.accounts.models import Organisation
from sourcier.journal.models import Entry, Log, Payload
from sourcier.journal.verify import verify
from sourcier.mail import registry, rules
from sourcier.mail.actions import enqueue
from sourcier.mail.models import OutgoingMessage
from sourcier.mail.outbox import send_due
from sourcier.project.demo.smtp_sink import SmtpSink
from sourcier.vault.actions import store_bytes
from tests.cities import City
from tests.mail.servers import moody, silent

State = OutgoingMessage.State


def queue(city: City, address: str = "boulanger@pain.example", **fields: Any) -> OutgoingMessage:
    given = {"kind": "test", "subject": "Devis pour du pain", "body": "Bonjour,\n\nÀ bientôt.\n", "to_name": "Au Bon Pain"}
    return enqueue(city.organisation, to_address=address, **{**given, **fields})


def later(minutes: float) -> datetime:
    return timezone.now() + timedelta(minutes=minutes)


def verbs(city: City) -> list[str]:
    return list(Entry.objects.filter(log_id=city.organisation.pk).order_by("index").values_list("verb", flat=True))


def test_a_message_leaves_as_plain_text_and_the_journal_says_it(city: City, smtp: int, tmp_path: Path) -> None:
    operation = uuid4()
    file = store_bytes(city.organisation.pk, "prix;12 €".encode(), "Bordereau été.csv")
    message = queue(city, operation_id=operation, files=[file])
    with SmtpSink(tmp_path / "sink", smtp) as sink:
        assert send_due() == 1
        [arrived] = sink.messages()
    message.refresh_from_db()
    assert (message.state, message.attempts, message.last_error) == (State.SENT, 1, "")
    assert arrived["To"] == "Au Bon Pain <boulanger@pain.example>"
    assert arrived["From"] == "Ville de Rosny <ne-pas-repondre@ville.example>"
    assert arrived["Reply-To"] == "achats@rosny.example"
    assert arrived["Message-ID"] == message.message_id == f"<{message.pk.hex}@ville.example>"
    assert arrived["Auto-Submitted"] == "auto-generated"
    text = arrived.get_body()
    assert text is not None and text.get_content_type() == "text/plain" and text.get_content_charset() == "utf-8"
    assert text.get_content().replace("\r\n", "\n") == "Bonjour,\n\nÀ bientôt.\n"
    [attached] = arrived.iter_attachments()
    assert attached.get_filename() == "Bordereau été.csv"
    entry = Entry.objects.get(verb="message.sent")
    assert entry.stream == operation.hex
    assert b"boulanger@pain.example" in bytes(Payload.objects.get(entry=entry).body)


def test_a_pass_uses_one_connection_for_all(city: City, smtp: int) -> None:
    for number in range(45):
        queue(city, f"firm{number}@pain.example")
    with moody(smtp) as mood:
        assert send_due() == 45
    assert len(mood.got) == 45 and len(mood.sessions) == 1


def test_a_domain_gets_its_share_of_each_minute_and_keeps_nobody_else_waiting(city: City, smtp: int, settings: Any) -> None:
    settings.MAIL_PER_DOMAIN = 3
    for number in range(5):
        queue(city, f"firm{number}@Pain.example")
    queue(city, "adele@four.example")
    with moody(smtp) as mood:
        assert (send_due(), len(mood.got)) == (4, 4)
        assert send_due(later(0.5)) == 0
        assert send_due(later(1.5)) == 2
    assert set(OutgoingMessage.objects.values_list("state", flat=True)) == {State.SENT}


def test_a_result_that_cannot_be_recorded_keeps_no_other_from_it(city: City, smtp: int) -> None:
    without_journal = Organisation.objects.create(name="Sans journal", slug="sans", siret="21930064700011", lat_e6=0, lon_e6=0)
    lame = enqueue(without_journal, kind="test", to_address="a@pain.example", subject="Pain", body="Bonjour")
    whole = queue(city)
    with moody(smtp), pytest.raises(Log.DoesNotExist):
        send_due()
    lame.refresh_from_db()
    whole.refresh_from_db()
    assert (lame.state, whole.state) == (State.SENDING, State.SENT)


def test_with_no_mail_server_messages_wait_and_say_so(city: City, smtp: int) -> None:
    message = queue(city)
    for turn in range(30):
        send_due(later(turn * 2))
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.QUEUED, 0)
    assert message.last_error == "Le serveur d'envoi ne répond pas. Le message attend et partira tout seul."
    assert not {"message.failed", "message.deferred"} & set(verbs(city))


def test_they_leave_by_themselves_once_the_server_is_back(city: City, smtp: int, tmp_path: Path) -> None:
    queue(city)
    send_due()
    with SmtpSink(tmp_path, smtp) as sink:
        assert send_due() == 0
        assert send_due(later(2)) == 1
        assert len(sink.messages()) == 1


def test_a_server_that_never_speaks_makes_them_wait(city: City, smtp: int) -> None:
    message = queue(city)
    with silent(smtp):
        send_due()
    message.refresh_from_db()
    assert message.state == State.QUEUED and message.attempts == 0


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("550 no such user", "ne connaît pas cette adresse (550)."),
        ("553 bad mailbox", "ne connaît pas cette adresse (553)."),
        ("554 refused", "a refusé le message (554)."),
    ],
)
def test_an_address_refused_for_good_fails_alone(city: City, smtp: int, code: str, said: str) -> None:
    wrong, right = queue(city, "inconnu@pain.example"), queue(city)
    with moody(smtp) as mood:
        mood.rcpt["inconnu@pain.example"] = code
        send_due()
    wrong.refresh_from_db()
    right.refresh_from_db()
    assert (wrong.state, right.state) == (State.FAILED, State.SENT)
    assert wrong.last_error == f"Le serveur du destinataire {said}"
    assert verbs(city)[-2:] == ["message.failed", "message.sent"]


def test_content_refused_for_good_fails(city: City, smtp: int) -> None:
    message = queue(city)
    with moody(smtp) as mood:
        mood.data = "554 looks like spam"
        send_due()
    message.refresh_from_db()
    assert message.state == State.FAILED


def test_greylisting_is_waited_for_then_passed(city: City, smtp: int) -> None:
    message = queue(city)
    with moody(smtp) as mood:
        mood.rcpt[message.to_address] = "451 greylisted, try again later"
        send_due()
        message.refresh_from_db()
        assert (message.state, message.attempts) == (State.QUEUED, 1)
        assert "(451)" in message.last_error
        assert send_due() == 0
        mood.rcpt.clear()
        assert send_due(later(2)) == 1
    message.refresh_from_db()
    assert (message.state, message.attempts, message.last_error) == (State.SENT, 2, "")
    assert verbs(city)[-2:] == ["message.deferred", "message.sent"]


def test_a_mailbox_always_full_is_given_up_and_the_city_sees_it(city: City, smtp: int) -> None:
    message, moment = queue(city), timezone.now()
    with moody(smtp) as mood:
        mood.rcpt[message.to_address] = "452 mailbox full"
        for _ in range(rules.MAX_ATTEMPTS):
            moment += timedelta(hours=11)
            send_due(moment)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.FAILED, rules.MAX_ATTEMPTS)
    assert message.last_error.endswith("Abandon après 11 essais.")
    assert verbs(city).count("message.deferred") == 10 and verbs(city)[-1] == "message.failed"


def test_our_sender_refused_makes_all_wait(city: City, smtp: int) -> None:
    message = queue(city)
    with moody(smtp) as mood:
        mood.mail = "550 sender not allowed"
        send_due()
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.QUEUED, 0)


def test_a_server_that_dies_in_the_middle_loses_nothing(city: City, smtp: int, tmp_path: Path) -> None:
    rows = [queue(city, f"firm{number}@pain.example") for number in range(5)]
    with moody(smtp) as mood:
        mood.cut_after = 2
        send_due()
        assert len(mood.got) == 2
    states = list(OutgoingMessage.objects.order_by("created_at").values_list("state", flat=True))
    assert states.count(State.SENT) == 2 and states.count(State.QUEUED) == 3
    with SmtpSink(tmp_path, smtp) as sink:
        send_due(later(3))
        assert {m["Message-ID"] for m in sink.messages()} == {row.message_id for row in rows} - {
            message_from_bytes(raw, policy=policy.default)["Message-ID"] for raw in mood.got
        }
    assert set(OutgoingMessage.objects.values_list("state", flat=True)) == {State.SENT}


def test_what_a_dead_worker_held_is_taken_again_after_its_lease(city: City, smtp: int, tmp_path: Path) -> None:
    message = queue(city)
    OutgoingMessage.objects.update(state=State.SENDING, attempts=1, lease_until=timezone.now() + rules.LEASE)
    with SmtpSink(tmp_path, smtp) as sink:
        assert send_due() == 0
        assert send_due(later(4)) == 1
        assert len(sink.messages()) == 1
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.SENT, 2)


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_message_once(smtp: int, tmp_path: Path, city: City) -> None:
    for number in range(60):
        queue(city, f"firm{number}@pain.example")

    def work() -> None:
        send_due()
        connection.close()

    with SmtpSink(tmp_path, smtp) as sink:
        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len({m["Message-ID"] for m in sink.messages()}) == len(sink.messages()) == 60
    assert OutgoingMessage.objects.filter(state=State.SENT).count() == 60


def test_a_personal_link_rests_encrypted_leaves_in_clear_and_is_forgotten(city: City, smtp: int, tmp_path: Path) -> None:
    link = "https://ville.example/r/s3cr3t"
    message = queue(city, body=f"Répondez ici : {rules.SECRET_MARK}\n", secret=link)
    assert link not in message.secret and link not in message.body
    with SmtpSink(tmp_path, smtp) as sink:
        send_due()
        assert link in sink.messages()[0].get_content()
    message.refresh_from_db()
    assert message.secret == ""
    assert all(b"s3cr3t" not in bytes(payload.body) for payload in Payload.objects.all())


def test_a_link_that_can_no_longer_be_read_fails_in_plain_words(city: City, smtp: int, settings: Any, tmp_path: Path) -> None:
    message = queue(city, body=rules.SECRET_MARK, secret="https://ville.example/r/x")
    settings.SECRET_KEY = "another key"
    with SmtpSink(tmp_path, smtp):
        send_due()
    message.refresh_from_db()
    assert message.state == State.FAILED and "illisible" in message.last_error


def test_a_missing_attachment_fails_that_message_alone(city: City, smtp: int, tmp_path: Path, vault: Path) -> None:
    file = store_bytes(city.organisation.pk, b"bonjour", "note.txt")
    lame, whole = queue(city, files=[file]), queue(city)
    (vault / file.path).unlink()
    with SmtpSink(tmp_path / "sink", smtp):
        send_due()
    lame.refresh_from_db()
    whole.refresh_from_db()
    assert (lame.state, whole.state) == (State.FAILED, State.SENT)


@pytest.mark.parametrize("subject", ["Devis\r\nBcc: tous@pain.example", "x" * 500])
def test_a_subject_cannot_add_headers_nor_grow(city: City, smtp: int, tmp_path: Path, subject: str) -> None:
    queue(city, subject=subject)
    with SmtpSink(tmp_path, smtp) as sink:
        send_due()
        [arrived] = sink.messages()
    assert arrived["Bcc"] is None and len(arrived["Subject"].strip()) <= 200


def test_an_address_that_cannot_be_written_fails(city: City, smtp: int, tmp_path: Path) -> None:
    message = queue(city, "a b@@pain.example")
    with SmtpSink(tmp_path, smtp):
        send_due()
    message.refresh_from_db()
    assert message.state == State.FAILED


def test_sealed_messages_have_sealed_entries(city: City, smtp: int) -> None:
    queue(city, sealed=True)
    queue(city, "inconnu@pain.example", sealed=True)
    with moody(smtp) as mood:
        mood.rcpt["inconnu@pain.example"] = "550 unknown"
        send_due()
    assert verbs(city)[-2:] == ["message.sent.sealed", "message.failed.sealed"]


def test_the_room_that_asked_is_told_and_its_failure_sends_nothing_twice(city: City, smtp: int, tmp_path: Path) -> None:
    told: list[str] = []

    def listen(message: OutgoingMessage) -> None:
        told.append(message.state)
        raise RuntimeError("a bug elsewhere")

    kind = f"test-{uuid4().hex}"
    registry.on_result(kind, listen)
    queue(city, kind=kind)
    with SmtpSink(tmp_path, smtp) as sink:
        send_due()
        send_due(later(60))
        assert len(sink.messages()) == 1
    assert told == [State.SENT]


def test_logs_hold_no_personal_data(city: City, smtp: int, caplog: pytest.LogCaptureFixture) -> None:
    queue(city)
    queue(city, "inconnu@pain.example")
    with caplog.at_level(logging.DEBUG, logger="sourcier"):
        send_due()
        with moody(smtp) as mood:
            mood.rcpt["inconnu@pain.example"] = "550 unknown inconnu@pain.example"
            mood.cut_after = 0
            send_due(later(5))
    assert caplog.records
    assert "@pain.example" not in caplog.text and "Au Bon Pain" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_many_messages_of_one_action_wake_the_worker_once_and_a_refused_action_never(city: City) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        queue(city)
        raise RuntimeError
    assert DBTaskResult.objects.count() == 0 == OutgoingMessage.objects.count()
    with transaction.atomic():
        for number in range(5):
            queue(city, f"firm{number}@pain.example")
    [task] = DBTaskResult.objects.all()
    assert task.args_kwargs == {"args": [], "kwargs": {}}


def test_a_message_changed_behind_the_application_is_found_and_one_that_waits_is_not_suspect(
    city: City, smtp: int, tmp_path: Path
) -> None:
    def suspects() -> list[tuple[str, str]]:
        found = verify(city.organisation.pk).problems
        return [(problem.code, problem.sentence) for problem in found if " message " in problem.sentence]

    sent = queue(city)
    with SmtpSink(tmp_path, smtp):
        send_due()
    queue(city, "autre@pain.example")
    assert suspects() == []
    OutgoingMessage.objects.filter(pk=sent.pk).update(body="Autre chose")
    [(code, sentence)] = suspects()
    assert code == "row_changed" and "(body)" in sentence
    OutgoingMessage.objects.filter(pk=sent.pk).update(state=State.QUEUED)
    assert [code for code, _ in suspects()] == ["row_vanished"]
