"""The documents of an answer not sent yet: joined, taken out, refused, and never without limits."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import OutgoingMessage
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.actions import answer as act
from sourcier.quotes.models import Submission, SubmissionDocument
from sourcier.quotes.queries import answers
from sourcier.sourcing import limits
from sourcier.sourcing.models import Invitation, Question
from sourcier.vault import rules as vault
from sourcier.vault.models import File
from sourcier.vault.queries import file_facts
from tests.cities import City
from tests.journal.entries import writes_nothing
from tests.quotes.requests import BEFORE, answer, make_request, opened
from tests.quotes.test_answering import counts, payload, upload

pytestmark = pytest.mark.django_db


def test_documents_join_a_draft_then_leave_with_the_answer(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    draft = act.draft(invitation)
    kept = act.add_document(draft, upload())
    act.add_document(draft, upload(b"autre", "autre.txt"))
    act.remove_document(draft, draft.documents.exclude(file=kept).get().pk)
    sent = act.submit(invitation, answer(request), draft=draft, received_at=BEFORE)
    assert [document.file for document in answers.documents(sent)] == [kept]
    assert payload("answer.received")["documents"] == [{"sealed_sha256": kept.sha256, "sealed_size": kept.size}]
    opened(request)
    [document] = answers.documents(sent)
    assert document.file.name == "devis.txt"
    assert payload("answer.unsealed")["documents"] == [file_facts(document.file)]
    assert Entry.objects.filter(verb="answer.document_joined").count() == 2
    assert Entry.objects.filter(verb="answer.document_removed").count() == 1


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "vide.pdf"), (b"MZ\x90\x00" + b"\0" * 200, "devis.pdf"), (b"<html><script>alert(1)</script>", "devis.html")],
)
def test_a_hostile_document_is_refused_and_writes_nothing(city: City, content: bytes, name: str) -> None:
    draft = act.draft(make_request(city).invite())
    before = counts()
    with pytest.raises(Refused) as refused:
        act.add_document(draft, upload(content, name))
    assert refused.value.sentence.endswith(".")
    assert counts() == before


def test_no_more_documents_than_the_limit(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_DOCUMENTS", 1)
    draft = act.draft(make_request(city).invite())
    act.add_document(draft, upload())
    with pytest.raises(Refused) as refused:
        act.add_document(draft, upload())
    assert refused.value.refusal.code == "too_many_documents"


def test_one_firm_begins_a_few_answers_an_hour_and_no_more(city: City) -> None:
    request = make_request(city)
    stranger, other = request.invite(), request.invite("Fournil", "f@pain.example")
    with time_machine.travel(BEFORE, tick=False) as clock:
        for _ in range(limits.DRAFTS_BY_INVITATION):
            act.draft(stranger)
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="too_many"):
            act.draft(stranger)
        assert act.draft(other)
        clock.shift(timedelta(hours=1, seconds=1))
        assert act.draft(stranger)
        assert act.submit(stranger, answer(request)).state == "received"


def test_one_firm_sends_twenty_answers_an_hour_and_no_more_messages_to_others(city: City) -> None:
    request = make_request(city)
    invitation = request.invite(email="")
    with time_machine.travel(BEFORE, tick=False) as clock:
        for number in range(limits.ANSWERS_BY_INVITATION):
            act.submit(invitation, answer(request, email=f"voisin{number}@ailleurs.example"))
        for again in (lambda: act.submit(invitation, answer(request)), lambda: act.decline(invitation, "no_time")):
            with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="too_many"):
                again()
        assert OutgoingMessage.objects.count() == limits.ANSWERS_BY_INVITATION
        assert Submission.objects.filter(state="received").count() == 1, "the last one stands"
        clock.shift(timedelta(hours=1, seconds=1))
        assert act.decline(invitation, "no_time").state == "received"


def test_one_firm_fills_no_disk_with_documents_joined_then_taken_out(city: City, settings: Any, tmp_path: Path) -> None:
    settings.VAULT = tmp_path
    request = make_request(city)
    invitation = request.invite()
    draft = act.draft(invitation)
    for content in (b"un devis", b"un autre"):
        act.add_document(draft, upload(content))
        act.remove_document(draft, SubmissionDocument.objects.get(submission=draft, removed=False).pk)
    invitation.refresh_from_db()
    assert invitation.received_bytes == 16
    Invitation.objects.filter(pk=invitation.pk).update(received_bytes=rules.MAX_RECEIVED - 9)
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="no_more_room"):
        act.add_document(draft, upload(b"un peu trop"))
    assert not any(b"un peu trop" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()), "refused before kept"
    act.add_document(draft, upload(b"au juste."))


def test_a_document_refused_for_itself_takes_no_room(city: City) -> None:
    invitation = make_request(city).invite()
    with pytest.raises(Refused):
        act.add_document(act.draft(invitation), upload(b"MZ" + b"\0" * 300, "devis.exe"))
    invitation.refresh_from_db()
    assert invitation.received_bytes == 0


def test_one_firm_sends_a_hundred_documents_an_hour_and_not_a_thousand(city: City) -> None:
    invitation = make_request(city).invite()
    draft = act.draft(invitation)
    now = timezone.now()
    for _ in range(limits.UPLOADS_BY_INVITATION):
        limits.take("upload", invitation.pk.hex, limits.UPLOADS_BY_INVITATION, now)
    with pytest.raises(Refused, match="too_many"):
        act.add_document(draft, upload())
    assert not SubmissionDocument.objects.exists()


def test_a_file_given_again_to_a_question_is_weighed_without_the_one_it_replaces(city: City) -> None:
    request = make_request(city)
    paper = Question.objects.create(sourcing=request.sourcing, position=2, kind="file", text="Assurance")
    draft = act.draft(request.invite())
    first = act.add_document(draft, upload(b"la premiere"), paper.pk)
    File.objects.filter(pk=first.pk).update(size=vault.MAX_ANSWER)
    assert act.add_document(draft, upload(b"la seconde"), paper.pk)
    with pytest.raises(Refused, match="answer_too_large"):
        File.objects.update(size=vault.MAX_ANSWER)
        act.add_document(draft, upload(b"une autre"))


def test_a_draft_of_another_firm_is_refused(city: City) -> None:
    request = make_request(city)
    foreign = act.draft(request.invite("Autre", "autre@pain.example"))
    with pytest.raises(Refused):
        act.submit(request.invite(), answer(request), draft=foreign, received_at=BEFORE)
