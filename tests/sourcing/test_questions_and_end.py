"""Questions whose asker is hidden, the deadline that passes, the end before the opening, what awaits whom."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from sourcier.accounts.agents import agent_for
from sourcier.journal.keys import fingerprint_line
from sourcier.journal.models import Entry
from sourcier.journal.proofs import receipt
from sourcier.journal.registry import VERBS
from sourcier.journal.verify import verify
from sourcier.kernel.receipts import parse_receipt
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import OutgoingMessage
from sourcier.needs.models import Need
from sourcier.sourcing import queries
from sourcier.sourcing.actions import closing, invite, notice, panel, progress, questions
from sourcier.sourcing.models import FirmQuestion, Invitation, Sourcing
from tests.cities import City
from tests.sourcing.entries import entries, last_payload
from tests.sourcing.scenes import after_deadline, draft, in_days, invitation_of, ready, sent
from tests.sourcing.secrets import confirmation_token
from tests.sourcing.stock import FAR, LEFORT, MATHILDE

pytestmark = pytest.mark.django_db


def test_the_answer_goes_to_all_without_the_asker_s_name(city: City) -> None:
    sourcing = sent(city)
    notice.come(sourcing, FAR.siret, "lyon@pain.example")
    notice.confirm(confirmation_token("lyon@pain.example"))
    question = questions.ask(invitation_of(sourcing, MATHILDE), "Livrer le samedi ?")

    questions.answer(city.buyer, question.pk, "Non, du lundi au vendredi.")

    told = {message.to_address: message for message in OutgoingMessage.objects.filter(kind="answer")}
    assert set(told) == {"mathilde@pain.example", "contact@perrier.example", "lyon@pain.example"}
    assert len({message.body for message in told.values()}) == 1
    assert "Livrer le samedi ?" in told["lyon@pain.example"].body
    assert "mathilde" not in told["contact@perrier.example"].body.lower()
    assert [address for address, message in told.items() if message.sealed] == ["lyon@pain.example"]
    [relay] = queries.relays(sourcing)
    assert relay.invitation.firm.siret == LEFORT.siret
    assert [item.answer for item in queries.answered(sourcing)] == ["Non, du lundi au vendredi."]


def test_the_city_reads_the_question_and_the_entry_that_says_who_is_sealed(city: City) -> None:
    sourcing = sent(city)
    mathilde = invitation_of(sourcing, MATHILDE)
    question = questions.ask(mathilde, "Livrer le samedi ?")
    [asked] = entries(sourcing, "question.asked")
    assert VERBS["question.asked"].sealed and asked.actor == mathilde.firm_id.hex
    questions.answer(city.buyer, question.pk, "Non.")
    payload = last_payload(sourcing, "question.answered")
    assert payload["question"] == "Livrer le samedi ?"
    assert mathilde.pk.hex not in str(payload["rows"][1]) and mathilde.firm_id.hex not in str(payload["rows"][1])


def test_a_question_gets_a_number_a_sealed_message_and_a_signed_receipt(city: City) -> None:
    sourcing = sent(city)
    mathilde = invitation_of(sourcing, MATHILDE)
    first, second = (questions.ask(mathilde, f"Livrer le {day} ?") for day in ("jour de Noël", "jour de l’An"))
    assert first.receipt_number.startswith("RX-") and first.receipt_number != second.receipt_number
    assert last_payload(sourcing, "question.asked")["receipt"] == second.receipt_number
    told = OutgoingMessage.objects.get(subject_id=first.pk)
    assert (told.kind, told.sealed, told.to_address) == ("acknowledgement", True, "mathilde@pain.example")
    assert f"Votre récépissé : {first.receipt_number}." in told.body and fingerprint_line(city.organisation.pk) in told.body
    assert "Noël" not in told.body, "others at the firm may read the message"
    assert parse_receipt(receipt(Entry.objects.get(pk=first.entry_id))).entry == bytes(
        entries(sourcing, "question.asked")[0].raw
    )


def test_a_firm_reached_by_letter_reads_its_number_on_its_page_alone(city: City) -> None:
    question = questions.ask(invitation_of(sent(city), LEFORT), "Livrer le samedi ?")
    assert question.receipt_number and not OutgoingMessage.objects.filter(kind="acknowledgement").exists()


def test_a_question_edited_behind_the_application_is_found(city: City) -> None:
    question = questions.ask(invitation_of(sent(city), MATHILDE), "Livrer le samedi ?")
    FirmQuestion.objects.update(receipt_number="RX-2222")
    assert [p.code for p in verify(city.organisation.pk).problems if question.pk.hex in p.sentence] == ["row_changed"]


def test_all_read_the_wording_and_the_city_alone_keeps_the_words_of_the_asker(city: City) -> None:
    sourcing = sent(city)
    asked = "Ici Mathilde, 12 rue du Pain : livrer le samedi ?"
    question = questions.ask(invitation_of(sourcing, MATHILDE), asked)
    answered = questions.answer(city.buyer, question.pk, "Non.", " Faut-il livrer le samedi ? ")
    assert (answered.text, answered.told) == (asked, "Faut-il livrer le samedi ?")
    told = [*OutgoingMessage.objects.filter(kind="answer").values_list("body", flat=True)]
    told += [relay.text for relay in queries.relays(sourcing)]
    assert len(told) > 1
    assert all("Faut-il livrer le samedi ?" in text and "rue du Pain" not in text for text in told)
    assert last_payload(sourcing, "question.answered")["question"] == "Faut-il livrer le samedi ?"
    assert last_payload(sourcing, "question.asked")["text"] == asked


def test_a_wording_too_long_is_refused(city: City) -> None:
    question = questions.ask(invitation_of(sent(city), MATHILDE), "Livrer le samedi ?")
    with pytest.raises(Refused) as refused:
        questions.answer(city.buyer, question.pk, "Non.", "x" * 2_001)
    assert refused.value.field == "wording"


def test_an_empty_late_or_too_long_question_is_refused(city: City) -> None:
    sourcing = sent(city)
    mathilde = invitation_of(sourcing, MATHILDE)
    for text in ("", "  \n ", "x" * 2_001):
        with pytest.raises(Refused) as refused:
            questions.ask(mathilde, text)
        assert refused.value.field == "text"
    with time_machine.travel(after_deadline(sourcing), tick=False), pytest.raises(Refused) as late:
        questions.ask(mathilde, "Trop tard ?")
    assert late.value.refusal.code == "too_late"
    assert not FirmQuestion.objects.exists()


def test_a_firm_asks_a_few_questions_an_hour_and_no_more(city: City) -> None:
    mathilde = invitation_of(sent(city), MATHILDE)
    for number in range(questions.BY_FIRM_AND_HOUR):
        questions.ask(mathilde, f"Question {number} ?")
    with pytest.raises(Refused) as refused:
        questions.ask(mathilde, "Encore une ?")
    assert refused.value.refusal.code == "too_many"


def test_a_question_is_answered_once_and_before_the_deadline(city: City, other_city: City) -> None:
    sourcing = sent(city)
    question = questions.ask(invitation_of(sourcing, MATHILDE), "Livrer le samedi ?")
    with pytest.raises(FirmQuestion.DoesNotExist):
        questions.answer(other_city.buyer, question.pk, "Non.")
    with pytest.raises(Refused) as empty:
        questions.answer(city.buyer, question.pk, " ")
    assert empty.value.field == "text"
    with time_machine.travel(after_deadline(sourcing), tick=False), pytest.raises(Refused):
        questions.answer(city.buyer, question.pk, "Trop tard.")
    questions.answer(city.buyer, question.pk, "Non.")
    with pytest.raises(Refused) as twice:
        questions.answer(city.second_buyer, question.pk, "Si.")
    assert twice.value.refusal.code == "already_answered"


def test_the_deadline_closes_once_and_its_very_second_is_still_in(city: City) -> None:
    sourcing = sent(city)
    deadline = sourcing.deadline
    assert deadline and closing.close_due(deadline) == 0
    late = deadline + timedelta(microseconds=1)
    assert closing.close_due(late) == 1 and closing.close_due(late) == 0
    sourcing.refresh_from_db()
    assert (sourcing.state, sourcing.next_check) == (Sourcing.State.CLOSED, None)
    assert len(entries(sourcing, "sourcing.closed")) == 1
    assert queries.is_open_to_answers(sourcing, deadline)  # what came in time is written a little after
    assert not queries.is_open_to_answers(sourcing, late)


def test_a_closed_consultation_not_yet_opened_may_be_extended_for_all(city: City) -> None:
    sourcing = sent(city)
    closing.close_due(after_deadline(sourcing))
    invite.extend(city.buyer, sourcing.pk, in_days(60), "Une grève de la poste.")
    sourcing.refresh_from_db()
    assert (sourcing.state, sourcing.closed_at) == (Sourcing.State.OPEN, None)

    Sourcing.objects.filter(pk=sourcing.pk).update(state="opened")
    with pytest.raises(Refused):
        invite.extend(city.buyer, sourcing.pk, in_days(90), "Trop tard.")


@pytest.mark.parametrize("closed", [False, True])
def test_the_end_before_the_opening_is_told_to_all_with_its_reason(city: City, closed: bool) -> None:
    sourcing = sent(city)
    if closed:
        closing.close_due(after_deadline(sourcing))
    with pytest.raises(Refused):
        closing.end(city.buyer, sourcing.pk, " ")

    closing.end(city.buyer, sourcing.pk, "La crèche ferme.")

    sourcing.refresh_from_db()
    assert (sourcing.state, sourcing.opened_at, sourcing.ending_reason) == (Sourcing.State.ENDED, None, "La crèche ferme.")
    messages = OutgoingMessage.objects.filter(kind="end")
    assert messages.count() == 2 and all("La crèche ferme." in message.body for message in messages)
    assert queries.relays(sourcing).count() == 1
    sourcing.need.refresh_from_db()
    assert sourcing.need.state == Need.State.ASKED
    assert panel.start(city.buyer, sourcing.need_id, "rfq").state == Sourcing.State.DRAFT


def test_a_draft_given_up_tells_nobody(city: City) -> None:
    sourcing = ready(city)
    closing.end(city.buyer, sourcing.pk, "Finalement non.")
    assert not OutgoingMessage.objects.exists()


def test_the_room_above_moves_the_state_on_and_nothing_else(city: City) -> None:
    sourcing = sent(city)
    now = timezone.now()
    with pytest.raises(Refused):
        progress.mark_opened(sourcing, now)
    closing.close_due(after_deadline(sourcing))
    sourcing.refresh_from_db()
    for mark, state in (
        (progress.mark_opened, Sourcing.State.OPENED),
        (progress.mark_chosen, Sourcing.State.CHOSEN),
        (progress.mark_chosen, Sourcing.State.CHOSEN),
        (progress.mark_done, Sourcing.State.DONE),
    ):
        assert mark(sourcing, now).state == state
    with pytest.raises(Refused):
        progress.mark_ended(sourcing, now, "Trop tard.")


def test_each_step_awaits_its_buyer_with_one_button(city: City) -> None:
    def lines(agent: Any) -> list[str]:
        return [line.sentence.split(" :")[0] for line in queries.awaiting(agent)]

    sourcing = draft(city)
    assert lines(city.buyer) == ["Entreprises à choisir"]
    panel.keep(city.buyer, sourcing.pk, [MATHILDE.siret, LEFORT.siret])
    assert lines(city.buyer) == ["Demande à envoyer"]
    invite.send(city.buyer, sourcing.pk)
    assert lines(city.buyer) == ["Courriers à poster"]
    question = questions.ask(invitation_of(sourcing, MATHILDE), "Livrer le samedi ?")
    assert lines(city.buyer) == ["Courriers à poster", "Une entreprise pose une question"]
    questions.answer(city.buyer, question.pk, "Non.")
    assert lines(city.buyer) == ["Courriers à poster", "Entreprises à prévenir autrement"]
    Invitation.objects.filter(sourcing=sourcing).update(state=Invitation.State.FAILED)
    assert "Adresse en échec" in lines(city.buyer)
    for other in (city.second_buyer, city.head_buyer, city.requester, city.auditor, city.admin):
        assert lines(other) == []
    city.buyer.user.is_active = False
    city.buyer.user.save()
    assert lines(agent_for(city.head_buyer.user))


@pytest.mark.parametrize("count", [1, 3])
def test_what_awaits_is_read_in_two_queries_whatever_its_size(city: City, count: int, django_assert_num_queries: Any) -> None:
    for _ in range(count):
        draft(city)
    with django_assert_num_queries(2):
        assert len(queries.awaiting(city.buyer)) == count


def test_every_act_of_this_room_left_one_entry_at_least(city: City) -> None:
    sourcing = sent(city)
    verbs = [entry.verb for entry in entries(sourcing)]
    for verb in ("sourcing.started", "request.saved", "panel.searched", "panel.kept", "sourcing.sent"):
        assert verbs.count(verb) == 1
    assert Entry.objects.filter(verb="sourcing.closed").count() == 0
