"""From the closed answers to everyone told."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from sourcier.accounts.actions import edit_place
from sourcier.accounts.agents import Agent
from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.kernel.transitions import Refused
from sourcier.mail.models import OutgoingMessage
from sourcier.needs.models import Lot, Need
from sourcier.quotes.actions import choose as choosing
from sourcier.quotes.actions import evaluate, opening, tell
from sourcier.quotes.actions.answer import submit
from sourcier.quotes.models import Award, Notification, SavingReference, Submission
from sourcier.quotes.queries import awaiting
from sourcier.quotes.queries.answers import kept_lines
from sourcier.quotes.queries.comparison import compare, opened_submissions
from sourcier.sourcing.actions.closing import close_due
from sourcier.sourcing.models import Criterion, Question, Sourcing
from sourcier.spend.models import Commitment
from tests.cities import City
from tests.quotes.requests import BEFORE, DEADLINE, Request, answer, make_request, priced

AFTER = DEADLINE + timedelta(minutes=5)
WHY = "Meilleure note au total, prix le plus bas et livraison avant 7 h."


def received(request: Request, *prices: str, **changes: Any) -> list[Submission]:
    """One firm per price answers in time; then the deadline passes."""
    made = []
    for number, price in enumerate(prices):
        with time_machine.travel(BEFORE + timedelta(minutes=number), tick=False):
            made.append(
                submit(request.invite(f"Boulangerie {number}", f"b{number}@pain.example"), answer(request, price, **changes))
            )
    Sourcing.objects.filter(pk=request.sourcing.pk).update(next_check=DEADLINE)
    close_due(AFTER)
    request.sourcing.refresh_from_db()
    return made


def opened(request: Request) -> None:
    evaluate.choose_reference(request.city.buyer, request.sourcing.pk, "none")
    opening.open_answers(request.city.buyer, request.sourcing.pk)
    request.sourcing.refresh_from_db()


def mark_all(agent: Agent, request: Request, value: int = 80) -> None:
    for submission in opened_submissions(request.sourcing):
        for criterion in request.sourcing.criteria.filter(kind=Criterion.Kind.JUDGED):
            evaluate.score(agent, submission.pk, criterion.pk, value)


@pytest.fixture
def at_closing() -> Any:
    with time_machine.travel(AFTER, tick=True):
        yield


def test_the_path_from_closed_answers_to_everyone_told(city: City, at_closing: None) -> None:
    request = make_request(city)
    cheap, dear = received(request, "0.95", "1.10")
    opened(request)
    mark_all(city.buyer, request)
    award = choosing.choose(city.buyer, request.sourcing.pk, None, cheap.pk, dear.pk, WHY)
    request.sourcing.refresh_from_db()
    assert request.sourcing.state == Sourcing.State.CHOSEN
    assert Need.objects.get(pk=request.sourcing.need_id).state == Need.State.AWARDED
    assert Commitment.objects.get(award_id=award.pk).amount_cents == award.amount_cents == 15_600 * 9005 // 100

    tell.tell_all(city.buyer, request.sourcing.pk, {(dear.pk, None): "Son prix est plus élevé."})
    told = {n.firm.name: n for n in Notification.objects.filter(sourcing=request.sourcing)}
    lost = told["Boulangerie 1"].body
    assert "Boulangerie 0" in lost and "Votre place : 2e sur 2" in lost and "Son prix est plus élevé." in lost
    assert "Voici la suite" in told["Boulangerie 0"].body
    assert "1,10" not in told["Boulangerie 0"].body

    for message in OutgoingMessage.objects.filter(kind="result"):
        message.state, message.sent_at = OutgoingMessage.State.SENT, AFTER
        tell.record_delivery(message)
    request.sourcing.refresh_from_db()
    assert request.sourcing.state == Sourcing.State.DONE


def test_the_choice_is_not_closed_while_someone_remains_untold(city: City, at_closing: None) -> None:
    request = make_request(city)
    with time_machine.travel(BEFORE, tick=False):
        by_letter = submit(request.invite("Fournil sans courriel", ""), answer(request, "0.90"))
    received(request)
    opened(request)
    mark_all(city.buyer, request)
    choosing.choose(city.buyer, request.sourcing.pk, None, by_letter.pk, None, WHY)
    (notification,) = tell.tell_all(city.buyer, request.sourcing.pk, {})
    request.sourcing.refresh_from_db()
    assert request.sourcing.state == Sourcing.State.CHOSEN and notification.channel == "letter"
    tell.mark_told(city.buyer, notification.pk, "Courrier posté le 1er octobre")
    request.sourcing.refresh_from_db()
    assert request.sourcing.state == Sourcing.State.DONE


def test_the_winner_alone_is_told_where_to_deliver_and_whom_to_ask_for(city: City, at_closing: None) -> None:
    edit_place(city.head_buyer, city.place.pk, contact_name="Mme Keller", contact_phone="01 48 00 00 00")
    request = make_request(city, places=3)
    cheap, dear = received(request, "0.90", "1.10", places=frozenset({city.place.pk}))
    opened(request)
    mark_all(city.buyer, request)
    choosing.choose(
        city.buyer, request.sourcing.pk, None, cheap.pk, None, WHY, other_places="Les deux autres sont relancés à part."
    )
    tell.tell_all(city.buyer, request.sourcing.pk, {(dear.pk, None): "Son prix est plus élevé."})
    told = {each.firm.name: each.body for each in Notification.objects.select_related("firm")}
    where = (
        "– Crèche Jean-Mermoz, 1 rue Jean-Mermoz, 93110 Rosny-sous-Bois (6 h 30 à 7 h). Sur place : Mme Keller, 01 48 00 00 00."
    )
    assert where in told["Boulangerie 0"] and "rue du Four" not in told["Boulangerie 0"]
    assert "Keller" not in told["Boulangerie 1"]


def test_nobody_opens_before_the_deadline_nor_without_a_reference(city: City) -> None:
    request = make_request(city)
    with time_machine.travel(DEADLINE, tick=False), pytest.raises(Refused) as refused:
        opening.open_answers(city.buyer, request.sourcing.pk)
    assert refused.value.refusal.code == "before_deadline"
    received(request, "0.95")
    with time_machine.travel(AFTER), pytest.raises(Refused) as refused:
        opening.open_answers(city.buyer, request.sourcing.pk)
    assert refused.value.refusal.code == "no_reference"
    assert opened_submissions(request.sourcing) == []


def test_each_evaluator_gives_his_marks_before_he_sees_those_of_others(city: City, at_closing: None) -> None:
    request = make_request(city)
    received(request, "0.95", "1.10")
    opened(request)
    mark_all(city.buyer, request, 90)
    hidden = compare(city.second_buyer, request.sourcing)
    assert not hidden.others_visible
    assert all(not offer.scores and offer.rank is None and offer.total_mark is None for offer in hidden.offers)
    mark_all(city.second_buyer, request, 70)
    shown = compare(city.second_buyer, request.sourcing)
    assert shown.others_visible
    assert {score.value for offer in shown.offers for score in offer.scores} == {70, 90}
    quality = shown.judged[0]
    assert all(offer.marks[quality.pk] == 80_00 for offer in shown.offers)


def test_a_mark_is_corrected_by_a_new_one_with_its_reason(city: City, at_closing: None) -> None:
    request = make_request(city)
    (submission,) = received(request, "0.95")
    opened(request)
    criterion = request.sourcing.criteria.filter(kind="judged").first()
    assert criterion
    evaluate.score(city.buyer, submission.pk, criterion.pk, 60)
    with pytest.raises(Refused) as refused:
        evaluate.score(city.buyer, submission.pk, criterion.pk, 75)
    assert refused.value.field == "reason"
    evaluate.score(city.buyer, submission.pk, criterion.pk, 75, reason="Le pain a été goûté.")
    assert list(submission.scores.order_by("given_at").values_list("value", "current")) == [(60, False), (75, True)]


def test_a_last_price_is_closed_again_until_the_common_deadline(city: City) -> None:
    request = make_request(city)
    first, second = received(request, "0.95", "1.10")
    limit = AFTER + timedelta(days=2)
    with time_machine.travel(AFTER, tick=True):
        opened(request)
        evaluate.ask_last_price(city.buyer, request.sourcing.pk, [first.pk, second.pk], limit)
        submit(second.invitation, answer(request, "0.80"))
        assert all(offer.priced.round == 1 for offer in compare(city.buyer, request.sourcing).offers)
        with pytest.raises(Refused) as refused:
            choosing.choose(city.buyer, request.sourcing.pk, None, first.pk, None, WHY)
        assert refused.value.refusal.code == "last_price_pending"
        with pytest.raises(Refused):
            opening.open_last_prices(city.buyer, request.sourcing.pk)
    with time_machine.travel(limit + timedelta(seconds=1), tick=True):
        opening.open_last_prices(city.buyer, request.sourcing.pk)
        priced = {offer.submission.pk: offer.priced.round for offer in compare(city.buyer, request.sourcing).offers}
    assert priced == {first.pk: 1, second.pk: 2}


def test_a_last_price_for_one_line_leaves_the_first_price_of_the_others(city: City) -> None:
    request = make_request(city, lines=3)
    first, second = received(request, "0.95", "1.10")
    limit = AFTER + timedelta(days=2)
    with time_machine.travel(AFTER, tick=True):
        opened(request)
        mark_all(city.buyer, request)
        evaluate.ask_last_price(city.buyer, request.sourcing.pk, [first.pk, second.pk], limit)
        newer = submit(second.invitation, answer(request, prices=priced(request.lines[0].pk, 8_000)))
        assert [line.designation for line in kept_lines(newer)] == ["Croissant", "Pain de mie"]
    with time_machine.travel(limit + timedelta(seconds=1), tick=True):
        opening.open_last_prices(city.buyer, request.sourcing.pk)
        offer = compare(city.buyer, request.sourcing).offer(second.pk)
        assert offer and offer.complete
        assert [(line.unit_price_e4, line.first) for line in offer.lines] == [(7583, False), (10427, True), (10427, True)]
        award = choosing.choose(city.buyer, request.sourcing.pk, None, second.pk, None, WHY)
    assert award.amount_cents == 156 * (7583 + 2 * 10427)


def test_a_last_price_need_not_answer_the_questions_again(city: City) -> None:
    request = make_request(city)
    Question.objects.create(sourcing=request.sourcing, position=0, kind="text", text="À quelle heure ?", required=True)
    (only,) = received(request, "0.95", replies={request.sourcing.questions.get().pk: "Avant 7 h."})
    with time_machine.travel(AFTER, tick=True):
        opened(request)
        evaluate.ask_last_price(city.buyer, request.sourcing.pk, [only.pk], AFTER + timedelta(days=2))
        assert submit(only.invitation, answer(request, "0.80")).state == "received"


def test_lots_are_chosen_one_by_one_and_one_may_stay_without_a_firm(city: City, at_closing: None) -> None:
    request = make_request(city, lines=2)
    lots = [Lot.objects.create(need=request.sourcing.need, number=n, title=f"Lot {n}") for n in (1, 2)]
    for line, lot in zip(request.lines, lots, strict=True):
        line.lot = lot
        line.save()
    (submission,) = received(request, "0.95")
    opened(request)
    mark_all(city.buyer, request)
    choosing.choose(city.buyer, request.sourcing.pk, lots[0].pk, submission.pk, None, WHY)
    request.sourcing.refresh_from_db()
    assert request.sourcing.state == Sourcing.State.OPENED
    choosing.leave_lot(city.buyer, request.sourcing.pk, lots[1].pk, "Aucune offre ne répond au besoin de ce lot.")
    request.sourcing.refresh_from_db()
    assert request.sourcing.state == Sourcing.State.CHOSEN
    assert Award.objects.filter(sourcing=request.sourcing, submission=None).count() == 1


def test_a_loser_is_told_why_in_a_sentence_written_for_him(city: City, at_closing: None) -> None:
    request = make_request(city)
    cheap, _ = received(request, "0.95", "1.10")
    opened(request)
    mark_all(city.buyer, request)
    choosing.choose(city.buyer, request.sourcing.pk, None, cheap.pk, None, WHY)
    with pytest.raises(Refused) as refused:
        tell.tell_all(city.buyer, request.sourcing.pk, {})
    assert refused.value.refusal.code == "no_sentence"
    assert not Notification.objects.filter(sourcing=request.sourcing).exists()


def test_an_end_without_choice_tells_its_reason_to_those_who_answered(city: City, at_closing: None) -> None:
    request = make_request(city)
    received(request, "0.95")
    opened(request)
    reason = "Les prix dépassent le budget voté pour les crèches."
    choosing.end_without_choice(city.buyer, request.sourcing.pk, reason, close_need=True)
    (notification,) = tell.tell_all(city.buyer, request.sourcing.pk, {})
    assert reason in notification.body and not notification.won
    assert Need.objects.get(pk=request.sourcing.need_id).state == Need.State.CLOSED


def test_a_last_price_paid_needs_its_paper_and_an_estimate_its_amount(city: City, at_closing: None) -> None:
    request = make_request(city)
    for kind, amount, field in (
        ("last_price", 18_000_00, "document"),
        ("estimate", None, "amount"),
        ("estimate", -5, "amount"),
    ):
        with pytest.raises(Refused) as refused:
            evaluate.choose_reference(city.buyer, request.sourcing.pk, kind, amount)
        assert refused.value.field == field
    evaluate.choose_reference(city.buyer, request.sourcing.pk, "estimate", 18_000_00)
    assert SavingReference.objects.get().amount_cents == 18_000_00
    received(request, "0.95")
    opening.open_answers(city.buyer, request.sourcing.pk)
    with pytest.raises(Refused):
        evaluate.choose_reference(city.buyer, request.sourcing.pk, "none")


def test_only_a_buyer_opens_and_chooses_and_never_for_another_city(city: City, other_city: City, at_closing: None) -> None:
    request = make_request(city)
    (submission,) = received(request, "0.95")
    for agent in (city.requester, city.auditor, city.admin):
        with pytest.raises(Refused):
            opening.open_answers(agent, request.sourcing.pk)
        with pytest.raises(Refused):
            choosing.choose(agent, request.sourcing.pk, None, submission.pk, None, WHY)
    with pytest.raises(Sourcing.DoesNotExist):
        opening.open_answers(other_city.buyer, request.sourcing.pk)
    with pytest.raises(Submission.DoesNotExist):
        evaluate.clarify(other_city.buyer, submission.pk, "Combien ?")


def test_what_waits_for_a_buyer_follows_the_operation(city: City, at_closing: None) -> None:
    request = make_request(city)
    (submission,) = received(request, "0.95")
    assert [line.button for line in awaiting(city.buyer)] == ["Ouvrir les réponses"]
    opened(request)
    assert [line.button for line in awaiting(city.buyer)] == ["Comparer et choisir"]
    assert awaiting(city.second_buyer) == [] and len(awaiting(city.head_buyer)) == 1
    mark_all(city.buyer, request)
    choosing.choose(city.buyer, request.sourcing.pk, None, submission.pk, None, WHY)
    assert [line.button for line in awaiting(city.buyer)] == ["Prévenir toutes les entreprises"]


def test_a_clarification_is_asked_of_one_firm_and_answered_once(city: City, at_closing: None) -> None:
    request = make_request(city)
    (submission,) = received(request, "0.95")
    opened(request)
    asked = evaluate.clarify(city.buyer, submission.pk, "La livraison du lundi est-elle comprise ?")
    assert OutgoingMessage.objects.filter(kind="clarification", to_address="b0@pain.example").count() == 1
    given = evaluate.answer_clarification(submission.invitation, asked.pk, "Oui, comprise.")
    told = OutgoingMessage.objects.get(kind="acknowledgement", subject_id=asked.pk)
    assert given.receipt_number in told.body and (told.to_address, told.sealed) == ("b0@pain.example", False)
    assert Entry.objects.get(pk=given.entry_id).verb == "clarification.answered"
    with pytest.raises(Refused):
        evaluate.answer_clarification(submission.invitation, asked.pk, "Non.")


def test_an_information_request_ends_with_what_the_city_keeps_of_it_and_the_need_goes_on(city: City, at_closing: None) -> None:
    request = make_request(city, kind="rfi", lines=0)
    received(request)
    opening.open_answers(city.buyer, request.sourcing.pk)
    with pytest.raises(Refused):
        choosing.finish_information(city.buyer, request.sourcing.pk, "Court")
    choosing.finish_information(city.buyer, request.sourcing.pk, "Les boulangeries livrent avant 7 h, mais pas en août.")
    request.sourcing.refresh_from_db()
    assert request.sourcing.state == Sourcing.State.DONE
    assert Need.objects.get(pk=request.sourcing.need_id).state == Need.State.ASKED


def test_who_does_not_serve_every_place_is_chosen_only_with_what_becomes_of_the_others(city: City, at_closing: None) -> None:
    request = make_request(city, places=3)
    (only,) = received(request, "0.95", places=frozenset({request.places[0].pk}))
    opened(request)
    mark_all(city.buyer, request)
    (offer,) = compare(city.buyer, request.sourcing).offers
    assert list(offer.unserved) == sorted(place.name for place in request.places[1:])
    with pytest.raises(Refused) as refused:
        choosing.choose(city.buyer, request.sourcing.pk, None, only.pk, None, WHY)
    assert refused.value.field == "other_places" and request.places[1].name in refused.value.sentence
    choosing.choose(city.buyer, request.sourcing.pk, None, only.pk, None, WHY, "Une autre commande pour les deux crèches.")
    said = payload_of(Entry.objects.get(verb="choice.places_left"))
    assert said and said["plan"] == "Une autre commande pour les deux crèches." and len(said["places"]) == 2


def test_who_ticks_no_place_serves_them_all(city: City, at_closing: None) -> None:
    request = make_request(city, places=3)
    received(request, "0.95")
    opened(request)
    assert not compare(city.buyer, request.sourcing).offers[0].unserved
