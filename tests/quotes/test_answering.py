"""What a firm does, and what stays of it: rows, journal, acknowledgement."""

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from sourcier.journal import keys
from sourcier.journal.models import Entry, Payload
from sourcier.journal.verify import verify
from sourcier.kernel import receipts
from sourcier.kernel.receipts import check_receipt, parse_receipt
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import OutgoingMessage
from sourcier.mail.outbox import write
from sourcier.quotes.actions import after_opening
from sourcier.quotes.actions import answer as act
from sourcier.quotes.answer_rules import DECLINE_REASONS
from sourcier.quotes.models import LastPriceRound, NewsWish, QuestionAnswer, QuotedLine, Submission, SubmissionDocument
from sourcier.quotes.queries import answers
from sourcier.sourcing.models import Question, Sourcing
from sourcier.suppliers.models import Contact, Firm
from tests.cities import City
from tests.quotes.requests import BEFORE, DEADLINE, answer, make_request, opened, priced

pytestmark = pytest.mark.django_db
MILLISECOND = timedelta(milliseconds=1)


def payload(verb: str) -> dict[str, Any]:
    """What the last entry of that verb says."""
    return json.loads(bytes(Payload.objects.get(entry=Entry.objects.filter(verb=verb).latest("index")).body))


def upload(content: bytes = b"Devis : 0,95 la baguette", name: str = "devis.txt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def counts() -> tuple[int, ...]:
    models = (Entry, Submission, QuotedLine, SubmissionDocument, OutgoingMessage, NewsWish)
    return tuple(model.objects.count() for model in models)


def test_an_answer_holds_prices_journal_entry_and_acknowledgement(city: City) -> None:
    request = make_request(city, lines=2, places=3)
    invitation = request.invite()
    sent = act.submit(
        invitation,
        answer(request, places=frozenset({request.places[1].pk}), daily_maximum="80", reservation="pas en août", note="Merci"),
        received_at=BEFORE,
    )
    sent.refresh_from_db()
    assert (sent.state, sent.kind, sent.received_at, sent.round) == ("received", "quote", BEFORE, 1)
    said = payload("answer.received")
    assert Entry.objects.get(pk=sent.entry_id).verb == "answer.received"
    assert said["receipt"] == sent.receipt_number and said["received_at"] == round(BEFORE.timestamp() * 1000)
    assert said["sealed_sha256"] == sha256(sent.sealed).hexdigest() and "lines" not in said
    assert {row["kind"] for row in said["rows"]} == {"submission"}
    opened(request)
    sent.refresh_from_db()
    assert [(line.typed_price_e4, line.vat_bp, line.unit_price_e4) for line in sent.lines.all()] == [(9500, 550, 9005)] * 2
    assert [place.place for place in sent.places.all()] == [request.places[1]]
    assert (sent.daily_maximum, sent.reservation, sent.note, sent.signer) == ("80", "pas en août", "Merci", "Mathilde Durand")
    content = json.loads(payload("answer.unsealed")["content"])
    assert [line["unit_price_e4"] for line in content["lines"]] == [9005, 9005]
    assert sha256(payload("answer.unsealed")["content"].encode()).hexdigest() == said["commitment"]
    assert {row["kind"] for row in payload("answer.unsealed")["rows"]} == {"submission", "quoted_line", "submission_place"}
    message = OutgoingMessage.objects.get(kind="acknowledgement")
    assert message.sealed and message.to_address == invitation.address and sent.receipt_number in message.body
    assert "0,95" not in message.body and "9500" not in message.body


def test_the_signed_receipt_leaves_with_the_acknowledgement_and_proves_the_entry(city: City) -> None:
    request = make_request(city)
    sent = act.submit(request.invite(), answer(request), received_at=BEFORE)
    message = OutgoingMessage.objects.get(kind="acknowledgement")
    ((name, text, _),) = write(message).attachments
    assert name == f"{sent.receipt_number}.tlog-proof" and "/verifier/" in message.body
    receipt = parse_receipt(text.decode() if isinstance(text, bytes) else text)
    check_receipt(receipt, keys.public_key(city.organisation.pk))
    assert json.loads(receipt.entry)["verb"] == "answer.received"


def test_an_acknowledgement_leaves_without_its_receipt_when_the_key_is_lost(city: City) -> None:
    request = make_request(city)
    act.submit(request.invite(), answer(request), received_at=BEFORE)
    keys.key_file(city.organisation.pk).unlink()
    assert write(OutgoingMessage.objects.get(kind="acknowledgement")).attachments == []


def test_the_journal_vouches_for_every_row_of_the_answers(city: City) -> None:
    request = make_request(city, lines=2, places=2)
    paper = Question.objects.create(sourcing=request.sourcing, position=2, kind="file", text="Assurance")
    invitation = request.invite()
    draft = act.draft(invitation)
    act.add_document(draft, upload())
    act.add_document(draft, upload(), paper.pk)
    act.submit(invitation, answer(request, places=frozenset({city.place.pk})), draft=draft, received_at=BEFORE)
    second = act.submit(invitation, answer(request, replies={}), draft=draft, received_at=BEFORE)
    act.submit(invitation, answer(request), draft=second, received_at=DEADLINE + MILLISECOND)
    act.withdraw(invitation, at=BEFORE)
    act.decline(invitation, "other", received_at=BEFORE)
    kinds = {"submission", "submission_place", "quoted_line", "question_answer", "submission_document", "file"}

    def problems() -> list[str]:
        return [p.sentence for p in verify(city.organisation.pk).problems if p.sentence.split()[2] in kinds]

    assert problems() == []
    third = act.submit(invitation, answer(request, places=frozenset({city.place.pk})), draft=second, received_at=BEFORE)
    opened(request)
    assert problems() == []
    assert QuotedLine.objects.filter(submission=third).update(unit_price_e4=1) == 2
    assert len(problems()) == 2


def test_the_receipt_file_carries_the_entry_of_the_answer(city: City) -> None:
    request = make_request(city)
    sent = act.submit(request.invite(), answer(request), received_at=BEFORE)
    receipt = parse_receipt(answers.receipt_text(sent))
    assert receipt.entry == bytes(Entry.objects.get(pk=sent.entry_id).raw)


@pytest.mark.parametrize(("after", "state"), [(-MILLISECOND, "received"), (MILLISECOND * 0, "received"), (MILLISECOND, "late")])
def test_the_deadline_counts_to_the_millisecond_by_the_server_clock(city: City, after: timedelta, state: str) -> None:
    request = make_request(city)
    with time_machine.travel(DEADLINE + after, tick=False):
        sent = act.submit(request.invite(), answer(request))
    assert sent.state == state
    verb = "answer.received" if state == "received" else "answer.late"
    assert payload(verb)["received_at"] == round((DEADLINE + after).timestamp() * 1000)
    assert payload(verb)["deadline"] == round(DEADLINE.timestamp() * 1000)


def test_what_was_received_in_time_is_in_even_when_written_after_the_closing(city: City) -> None:
    request = make_request(city, state="closed")
    with time_machine.travel(DEADLINE + timedelta(seconds=20)):
        assert act.submit(request.invite(), answer(request), received_at=DEADLINE).state == "received"


def test_a_late_answer_is_kept_closed_and_replaces_nothing(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    first = act.submit(invitation, answer(request), received_at=BEFORE)
    late = act.submit(invitation, answer(request, "0.80"), received_at=DEADLINE + MILLISECOND)
    first.refresh_from_db()
    assert (first.state, late.state) == ("received", "late")
    assert not late.lines.exists() and late.signer == ""
    said = payload("answer.late")
    assert "lines" not in said and "signer" not in said and len(said["commitment"]) == 64
    assert answers.read(late).lines[0].typed_price_e4 == 8000, "the firm may read its own"
    opened(request)
    late.refresh_from_db()
    assert not late.lines.exists() and late.unsealed_at is None
    assert answers.current(invitation) == first
    told = OutgoingMessage.objects.get(subject_id=late.pk).body
    assert "n'a pas été prise" in told
    assert "reste valable : c'est elle qui compte." in told
    assert first.receipt_number not in told, "its number opens the answer"


def test_a_new_answer_replaces_the_former_which_is_kept(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    first = act.submit(invitation, answer(request, "1.00"), received_at=BEFORE)
    second = act.submit(invitation, answer(request, "0.90"), received_at=BEFORE + timedelta(hours=1))
    first.refresh_from_db()
    assert (first.state, second.state, second.replaces) == ("replaced", "received", first)
    assert answers.read(first).lines[0].typed_price_e4 == 10_000
    assert first.receipt_number != second.receipt_number
    assert payload("answer.received")["replaces"] == first.receipt_number
    assert answers.current(invitation) == second


def test_the_answers_of_two_firms_do_not_replace_each_other(city: City) -> None:
    request = make_request(city)
    one = act.submit(request.invite(), answer(request), received_at=BEFORE)
    two = act.submit(request.invite("Fournil", "f@pain.example"), answer(request), received_at=BEFORE)
    assert {one.state, two.state} == {"received"} and two.replaces is None


def test_a_double_tap_sends_a_second_answer_with_the_same_documents(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    draft = act.draft(invitation)
    act.add_document(draft, upload())
    first = act.submit(invitation, answer(request), draft=draft, received_at=BEFORE)
    second = act.submit(invitation, answer(request), draft=draft, received_at=BEFORE)
    assert second != first and second.replaces == first
    assert [d.name for d in answers.joined(second)] == ["devis.txt"]


def test_a_refused_answer_writes_nothing(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    before = counts()
    good = answer(request)
    for bad, field in (
        (replace(good, prices=()), "prices"),
        (replace(good, prices=priced(uuid4(), 9500)), None),
        (replace(good, prices=priced(request.lines[0].pk, -5)), None),
        (replace(good, signer=" "), "signer"),
        (replace(good, places=frozenset({uuid4()})), "places"),
    ):
        with pytest.raises(Refused) as refused:
            act.submit(invitation, bad, received_at=BEFORE)
        assert field is None or refused.value.field == field
    assert counts() == before


@pytest.mark.parametrize("state", ["draft", "ended"])
def test_nothing_is_taken_when_the_request_is_not_out_or_was_stopped(city: City, state: str) -> None:
    request = make_request(city, state=state)
    invitation = request.invite()
    before = counts()
    for attempt in (
        lambda: act.submit(invitation, answer(request), received_at=BEFORE),
        lambda: act.decline(invitation, "too_far", received_at=BEFORE),
        lambda: act.withdraw(invitation, at=BEFORE),
    ):
        with pytest.raises(Refused):
            attempt()
    assert counts() == before


def test_replies_to_questions_are_kept_with_their_files(city: City) -> None:
    request = make_request(city)
    early = Question.objects.create(
        sourcing=request.sourcing, position=1, kind="choice", text="Avant 7 h ?", choices=["Oui", "Non"], required=True
    )
    paper = Question.objects.create(sourcing=request.sourcing, position=2, kind="file", text="Assurance", required=True)
    invitation = request.invite()
    said = answer(request, replies={early.pk: "Oui"})
    with pytest.raises(Refused):
        act.submit(invitation, said, received_at=BEFORE)
    draft = act.draft(invitation)
    act.add_document(draft, upload(), paper.pk)
    sent = act.submit(invitation, said, draft=draft, received_at=BEFORE)
    assert answers.read(sent).replies == {early.pk: "Oui"}
    assert answers.reply_files(sent)[paper.pk].name == "devis.txt"
    opened(request)
    replies = {reply.question_id: reply for reply in QuestionAnswer.objects.filter(submission=sent)}
    assert replies[early.pk].text == "Oui" and replies[paper.pk].file.name == "devis.txt"
    content = json.loads(payload("answer.unsealed")["content"])
    assert [reply["file"] is not None for reply in content["replies"]] == [False, True]


def test_an_answer_is_withdrawn_until_the_deadline_and_not_after(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    act.submit(invitation, answer(request), received_at=BEFORE)
    with pytest.raises(Refused) as refused:
        act.withdraw(invitation, at=DEADLINE + MILLISECOND)
    assert refused.value.refusal.code == "too_late"
    taken = act.withdraw(invitation, at=DEADLINE)
    assert taken.state == "withdrawn" and answers.current(invitation) is None
    with pytest.raises(Refused):
        act.withdraw(invitation, at=DEADLINE)
    assert act.submit(invitation, answer(request), received_at=DEADLINE).state == "received"


def test_the_receipt_of_an_answer_taken_back_proves_that_it_was(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    sent = act.submit(invitation, answer(request), received_at=BEFORE)
    act.withdraw(invitation, at=BEFORE)
    sent.refresh_from_db()
    entry = Entry.objects.get(pk=sent.entry_id)
    assert entry.verb == "answer.withdrawn"
    assert parse_receipt(answers.receipt_text(sent)).entry == bytes(entry.raw)
    assert answers.last_sent(invitation) == sent


@pytest.mark.parametrize(
    "edited",
    [
        {"state": "received"}, {"withdrawn_at": None}, {"withdrawn_at": BEFORE + timedelta(days=3)}, {"note": "Je reste"},
        {"receipt_number": "RX-2222"},
    ],
)  # fmt: skip
def test_an_answer_taken_back_then_edited_behind_the_application_is_found(city: City, edited: dict[str, Any]) -> None:
    request = make_request(city)
    invitation = request.invite()
    act.submit(invitation, answer(request), received_at=BEFORE)
    taken = act.withdraw(invitation, at=BEFORE)

    def problems() -> list[str]:
        return [p.sentence for p in verify(city.organisation.pk).problems if f"submission {taken.pk.hex}" in p.sentence]

    assert problems() == []
    Submission.objects.filter(pk=taken.pk).update(**edited)
    index = Entry.objects.get(verb="answer.withdrawn").index
    [field] = edited
    assert problems() == [f"La ligne submission {taken.pk.hex} ne dit plus ce que l'écriture n° {index} atteste ({field})."]


def test_saying_no_replaces_an_answer_and_keeps_its_reason(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    first = act.submit(invitation, answer(request), received_at=BEFORE)
    no = act.decline(invitation, "too_early", "Je dors", received_at=BEFORE)
    first.refresh_from_db()
    assert (first.state, no.kind, no.decline_reason, no.replaces) == ("replaced", "decline", "too_early", first)
    assert payload("answer.declined")["reason"] == "Trop tôt le matin"
    with pytest.raises(Refused):
        act.decline(invitation, "unknown", received_at=BEFORE)


@pytest.mark.parametrize("kind", Sourcing.Kind.values)
@pytest.mark.parametrize(("reason", "field"), [("left_trade", "trade_left_at"), ("closed", "closed_at")])
def test_a_refusal_corrects_the_firm_only_after_the_opening(city: City, kind: str, reason: str, field: str) -> None:
    request = make_request(city, kind=kind)
    invitation = request.invite()
    act.decline(invitation, reason, received_at=BEFORE)
    for state in ("open", "closed"):
        Sourcing.objects.update(state=state)
        assert after_opening.correct_firms(DEADLINE) == 0
    invitation.firm.refresh_from_db()
    assert getattr(invitation.firm, field) is None
    Sourcing.objects.update(state="opened")
    assert after_opening.correct_firms(DEADLINE) == 1
    assert after_opening.correct_firms(DEADLINE) == 0
    invitation.firm.refresh_from_db()
    assert getattr(invitation.firm, field) is not None


def test_a_yes_a_yes_but_and_the_reasons_of_the_day_correct_nothing_in_the_register(city: City) -> None:
    request = make_request(city)
    act.submit(request.invite(), answer(request), received_at=BEFORE)
    act.submit(request.invite("Lefort", ""), answer(request, daily_maximum="80", reservation="pas en août"), received_at=BEFORE)
    for reason in DECLINE_REASONS.keys() - {"left_trade", "closed"}:
        act.decline(request.invite(reason, ""), reason, received_at=BEFORE)
    Sourcing.objects.update(state="opened")
    assert after_opening.correct_firms(DEADLINE) == 0
    assert not Firm.objects.exclude(trade_left_at=None, closed_at=None, unsubscribed_at=None).exists()


def test_a_refusal_taken_back_corrects_nothing(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    act.decline(invitation, "left_trade", received_at=BEFORE)
    act.submit(invitation, answer(request), received_at=BEFORE)
    Sourcing.objects.update(state="opened")
    assert after_opening.correct_firms(DEADLINE) == 0


def test_a_refusal_of_a_last_price_corrects_nothing_before_they_are_opened(city: City) -> None:
    request = make_request(city)
    invitation = request.invite()
    act.submit(invitation, answer(request), received_at=BEFORE)
    Sourcing.objects.update(state="opened", opened_at=DEADLINE)
    limit = DEADLINE + timedelta(days=2)
    pending = LastPriceRound.objects.create(
        sourcing=request.sourcing, asked_by=city.buyer.user, asked_at=DEADLINE, deadline=limit
    )
    pending.submissions.set(Submission.objects.all())
    act.decline(invitation, "left_trade", received_at=DEADLINE + timedelta(days=1))
    assert after_opening.correct_firms(limit) == 0
    LastPriceRound.objects.update(opened_at=limit)
    assert after_opening.correct_firms(limit) == 1


def test_an_answer_to_a_request_for_information_is_an_information(city: City) -> None:
    request = make_request(city, kind="rfi", lines=0)
    assert act.submit(request.invite(), answer(request, note="Oui"), received_at=BEFORE).kind == "information"


def test_the_acknowledgement_goes_to_the_known_address_and_to_the_one_just_left(city: City) -> None:
    request = make_request(city)
    act.submit(request.invite(), answer(request, email="autre@pain.example"), received_at=BEFORE)
    assert set(OutgoingMessage.objects.values_list("to_address", flat=True)) == {"mathilde@pain.example", "autre@pain.example"}
    OutgoingMessage.objects.all().delete()
    act.submit(request.invite("Lettre", ""), answer(request), received_at=BEFORE)
    assert not OutgoingMessage.objects.exists()


@pytest.mark.parametrize("kind", Sourcing.Kind.values)
def test_an_address_left_for_next_time_joins_the_contacts_at_the_opening(city: City, kind: str) -> None:
    invitation = make_request(city, kind=kind).invite("Lettre", "")
    after_opening.be_told(invitation, "Lettre@Pain.example")
    after_opening.be_told(invitation, "Lettre@Pain.example")
    assert payload("firm.wants_news")["firm"] == "Lettre"
    for state in ("open", "closed"):
        Sourcing.objects.update(state=state)
        assert after_opening.note_wishes(DEADLINE) == 0
    assert not Contact.objects.filter(firm=invitation.firm).exists()
    Sourcing.objects.update(state="opened")
    assert (after_opening.note_wishes(DEADLINE), after_opening.note_wishes(DEADLINE)) == (1, 0)
    contact = Contact.objects.get(firm=invitation.firm)
    assert (contact.value, contact.added_by) == ("lettre@pain.example", None)
    assert payload("firm.gave_address")["email"] == "lettre@pain.example"
    problems = [problem.sentence for problem in verify(city.organisation.pk).problems]
    assert not any("contact" in sentence or "news_wish" in sentence for sentence in problems)


def test_an_address_left_after_the_opening_joins_the_contacts_at_once(city: City) -> None:
    invitation = make_request(city, state="opened").invite("Lettre", "")
    after_opening.be_told(invitation, "lettre@pain.example")
    assert Contact.objects.filter(firm=invitation.firm).count() == 1


def test_a_wrong_address_left_is_refused_and_writes_nothing(city: City) -> None:
    invitation = make_request(city).invite("Lettre", "")
    before = counts()
    with pytest.raises(Refused):
        after_opening.be_told(invitation, "pas une adresse")
    assert counts() == before


def test_receipt_numbers_are_drawn_again_when_taken(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    request = make_request(city)
    first = act.submit(request.invite(), answer(request), received_at=BEFORE)
    numbers = iter([first.receipt_number, first.receipt_number, "RX-ZZZZ"])
    monkeypatch.setattr(receipts, "draw_number", lambda choose: next(numbers))
    second = act.submit(request.invite("Fournil", ""), answer(request), received_at=BEFORE)
    assert second.receipt_number == "RX-ZZZZ"
