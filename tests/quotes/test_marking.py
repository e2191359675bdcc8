"""Marks of several evaluators: all of them or none, nobody's while he has not finished, and none after a choice."""

from typing import Any

import pytest
import time_machine

from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.kernel.transitions import Refused
from sourcier.needs.models import Lot
from sourcier.quotes import results
from sourcier.quotes.actions import choose as choosing
from sourcier.quotes.actions import evaluate, mark
from sourcier.quotes.models import Award, Score, Submission
from sourcier.quotes.queries import marking
from sourcier.quotes.queries.comparison import compare
from sourcier.sourcing.models import Criterion
from tests.cities import City
from tests.quotes.requests import Request, make_request
from tests.quotes.test_choosing import AFTER, WHY, mark_all, opened, received


@pytest.fixture(autouse=True)
def after_the_deadline() -> Any:
    with time_machine.travel(AFTER, tick=True):
        yield


def judged(request: Request) -> Criterion:
    found = request.sourcing.criteria.filter(kind=Criterion.Kind.JUDGED).first()
    assert found
    return found


def with_two_lots(request: Request) -> list[Lot]:
    lots = [Lot.objects.create(need=request.sourcing.need, number=n, title=f"Lot {n}") for n in (1, 2)]
    for line, lot in zip(request.lines, lots, strict=True):
        line.lot = lot
        line.save()
    return lots


def half_marked(city: City) -> tuple[Request, list[Submission]]:
    """The buyer has finished at 80; the second one gave 0 to one firm on one criterion."""
    request = make_request(city)
    answers = received(request, "0.95", "0.95")
    opened(request)
    mark_all(city.buyer, request)
    evaluate.score(city.second_buyer, answers[0].pk, judged(request).pk, 0)
    return request, answers


def test_marks_of_who_has_not_finished_do_not_count(city: City) -> None:
    request, _ = half_marked(city)
    offers = compare(city.buyer, request.sourcing).offers
    assert [(offer.total_mark, offer.rank) for offer in offers] == [(88_00, 1), (88_00, 1)]


def test_nobody_chooses_while_someone_has_begun_to_mark_and_the_sentence_says_who(city: City) -> None:
    request, answers = half_marked(city)
    with pytest.raises(Refused) as refused:
        choosing.choose(city.buyer, request.sourcing.pk, None, answers[1].pk, None, WHY)
    assert refused.value.refusal.code == "marks_unfinished"
    assert "Salima Rosny" in refused.value.sentence and "3 notes" in refused.value.sentence
    assert not Award.objects.exists()


def test_who_has_not_finished_takes_his_marks_back_and_the_choice_goes_on(city: City) -> None:
    request, answers = half_marked(city)
    mark.set_aside(city.second_buyer, request.sourcing.pk, city.second_buyer.id, "Je n'ai pas goûté le pain.")
    assert marking.unfinished(request.sourcing) == []
    choosing.choose(city.buyer, request.sourcing.pk, None, answers[1].pk, None, WHY)
    assert Score.objects.filter(evaluator=city.second_buyer.user).count() == 1, "the mark is kept, out of the count"


def test_only_the_head_buyer_leaves_another_evaluator_out_and_says_why(city: City) -> None:
    request, _ = half_marked(city)
    for agent, reason, code in (
        (city.buyer, "Elle est partie.", "not_the_head"),
        (city.head_buyer, "  ", "no_reason"),
    ):
        with pytest.raises(Refused) as refused:
            mark.set_aside(agent, request.sourcing.pk, city.second_buyer.id, reason)
        assert refused.value.refusal.code == code
    mark.set_aside(city.head_buyer, request.sourcing.pk, city.second_buyer.id, "Elle a quitté le service.")
    assert marking.unfinished(request.sourcing) == []


def test_finished_marks_are_not_set_aside(city: City) -> None:
    request, _ = half_marked(city)
    with pytest.raises(Refused) as refused:
        mark.set_aside(city.head_buyer, request.sourcing.pk, city.buyer.id, "Ses notes déplaisent.")
    assert refused.value.refusal.code == "nothing_to_set_aside"


def test_once_a_lot_is_chosen_no_mark_nor_price_moves_and_the_ranking_told_is_the_one_recorded(city: City) -> None:
    request = make_request(city, lines=2)
    first, second = with_two_lots(request)
    cheap, dear = received(request, "0.95", "1.10")
    opened(request)
    mark_all(city.buyer, request)
    choosing.choose(city.buyer, request.sourcing.pk, first.pk, cheap.pk, None, WHY)
    for refusing in (
        lambda: evaluate.score(city.buyer, cheap.pk, judged(request).pk, 10, reason="Après coup."),
        lambda: evaluate.score(city.second_buyer, dear.pk, judged(request).pk, 100),
        lambda: evaluate.ask_last_price(city.buyer, request.sourcing.pk, [dear.pk], AFTER.replace(year=2027)),
    ):
        with pytest.raises(Refused) as refused:
            refusing()
        assert refused.value.refusal.code == "lot_chosen"
    choosing.choose(city.buyer, request.sourcing.pk, second.pk, cheap.pk, None, WHY)
    request.sourcing.refresh_from_db()
    entry = Entry.objects.filter(verb="choice.made").order_by("index").first()
    assert entry
    ranking = {each["firm"]: each["rank"] for each in (payload_of(entry) or {})["ranking"]}
    assert ranking == {"Boulangerie 0": 1, "Boulangerie 1": 2}
    sentences = {(dear.pk, lot.pk): "Plus cher." for lot in (first, second)}
    told = {each.submission.firm.name: each.body for each in results.messages(city.buyer, request.sourcing, sentences)}
    assert told["Boulangerie 1"].count("2e sur 2") == 2


def test_a_lot_left_without_a_firm_leaves_the_marks_open(city: City) -> None:
    request = make_request(city, lines=2)
    first, second = with_two_lots(request)
    (only,) = received(request, "0.95")
    opened(request)
    choosing.leave_lot(city.buyer, request.sourcing.pk, first.pk, "Aucune offre ne répond au besoin de ce lot.")
    mark_all(city.buyer, request)
    choosing.choose(city.buyer, request.sourcing.pk, second.pk, only.pk, None, WHY)
