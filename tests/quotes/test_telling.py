"""What each firm is told: lot by lot, in the chooser's own words, read before it leaves."""

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from sourcier.kernel.transitions import Refused
from sourcier.needs.models import Lot
from sourcier.quotes import results
from sourcier.quotes.actions import choose as choosing
from sourcier.quotes.actions import tell
from sourcier.quotes.models import Notification, Submission
from sourcier.sourcing.models import Sourcing
from tests.cities import City
from tests.quotes.requests import Request, make_request
from tests.quotes.test_choosing import AFTER, WHY, mark_all, opened, received
from tests.web.clients import signed_in

INTERNAL = "Raison gardée au dossier : la seule qui livre la crèche des Lilas."


@pytest.fixture
def at_closing() -> Any:
    with time_machine.travel(AFTER, tick=True):
        yield


def with_two_lots(city: City) -> tuple[Request, list[Lot], list[Submission]]:
    """Two firms answer both lots; each of them wins one."""
    request = make_request(city, lines=2)
    lots = [Lot.objects.create(need=request.sourcing.need, number=n, title=t) for n, t in ((1, "Pain"), (2, "Viennoiseries"))]
    for line, lot in zip(request.lines, lots, strict=True):
        line.lot = lot
        line.save()
    answers = received(request, "0.95", "1.10")
    opened(request)
    mark_all(city.buyer, request)
    for lot, answer in zip(lots, answers, strict=True):
        choosing.choose(city.buyer, request.sourcing.pk, lot.pk, answer.pk, None, INTERNAL)
    request.sourcing.refresh_from_db()
    return request, lots, answers


def test_a_firm_is_told_of_each_lot_that_it_answered_in_one_message(city: City, at_closing: None) -> None:
    request, lots, (cheap, dear) = with_two_lots(city)
    sentences = {(cheap.pk, lots[1].pk): "Ses croissants plaisent moins.", (dear.pk, lots[0].pk): "Son pain est plus cher."}
    told = {each.submission_id: each for each in tell.tell_all(city.buyer, request.sourcing.pk, sentences)}
    assert len(told) == 2 and all(each.won for each in told.values())
    body = told[cheap.pk].body
    assert "Lot 1, Pain. Votre devis est choisi : " in body and "Voici la suite" in body
    assert "Lot 2, Viennoiseries. Choisi : Boulangerie 1, " in body and "Votre place : 1re sur 2" in body
    assert "La raison : Ses croissants plaisent moins." in body and "Son pain est plus cher." not in body
    assert "Lot 1, Pain. Choisi : Boulangerie 0, " in told[dear.pk].body and "Votre place : 2e sur 2" in told[dear.pk].body


def test_the_winner_of_one_lot_is_owed_a_sentence_for_the_other(city: City, at_closing: None) -> None:
    request, lots, (cheap, dear) = with_two_lots(city)
    with pytest.raises(Refused) as refused:
        tell.tell_all(city.buyer, request.sourcing.pk, {(dear.pk, lots[0].pk): "Son pain est plus cher."})
    assert refused.value.field == f"sentence-{cheap.pk}-{lots[1].pk}"


def test_a_lot_left_without_a_firm_is_told_to_who_answered_it(city: City, at_closing: None) -> None:
    request = make_request(city, lines=2)
    lots = [Lot.objects.create(need=request.sourcing.need, number=n, title=f"Lot {n}") for n in (1, 2)]
    for line, lot in zip(request.lines, lots, strict=True):
        line.lot = lot
        line.save()
    (submission,) = received(request, "0.95")
    opened(request)
    mark_all(city.buyer, request)
    choosing.choose(city.buyer, request.sourcing.pk, lots[0].pk, submission.pk, None, WHY)
    choosing.leave_lot(city.buyer, request.sourcing.pk, lots[1].pk, "Le budget de ce lot a été retiré par le conseil.")
    (told,) = tell.tell_all(city.buyer, request.sourcing.pk, {(submission.pk, lots[1].pk): "Ce lot est sans suite."})
    assert "Personne n'est choisi" in told.body and "Ce lot est sans suite." in told.body


def test_the_winner_never_reads_the_reason_kept_for_the_file(city: City, at_closing: None) -> None:
    request, lots, (cheap, dear) = with_two_lots(city)
    sentences = dict.fromkeys(((cheap.pk, lots[1].pk), (dear.pk, lots[0].pk)), "Une autre offre est mieux notée.")
    sentences[cheap.pk, lots[0].pk] = "Votre pain est le mieux noté."
    told = {each.submission_id: each.body for each in tell.tell_all(city.buyer, request.sourcing.pk, sentences)}
    assert all(INTERNAL not in body for body in told.values())
    assert "La raison : Votre pain est le mieux noté." in told[cheap.pk]


def chosen(city: City) -> tuple[Request, Submission, Submission, Client]:
    request = make_request(city)
    cheap, dear = received(request, "0.95", "1.10")
    opened(request)
    mark_all(city.buyer, request)
    choosing.choose(city.buyer, request.sourcing.pk, None, cheap.pk, None, INTERNAL)
    request.sourcing.refresh_from_db()
    return request, cheap, dear, signed_in(city.buyer)


def test_every_message_is_read_word_for_word_before_it_leaves(city: City, at_closing: None) -> None:
    request, cheap, dear, client = chosen(city)
    where = [request.sourcing.need_id, request.sourcing.pk]
    first = client.get(reverse("telling", args=where)).content.decode()
    assert "Votre devis répond le mieux aux critères annoncés." in first, "the winner's sentence is proposed"
    typed = {f"sentence-{cheap.pk}": "Merci de livrer si tôt.", f"sentence-{dear.pk}": "Votre prix est plus élevé."}

    shown = client.post(reverse("tell_all", args=where), typed)
    page = shown.content.decode()
    assert not Notification.objects.filter(sourcing=request.sourcing).exists(), "shown, not sent"
    for message in results.messages(
        city.buyer,
        request.sourcing,
        {(cheap.pk, None): "Merci de livrer si tôt.", (dear.pk, None): "Votre prix est plus élevé."},
    ):
        for line in filter(None, message.body.split("\n")):
            assert line.replace("'", "&#x27;") in page, line
    mark = shown.context["mark"]

    changed = client.post(reverse("tell_all", args=where), typed | {"seen": mark, f"sentence-{dear.pk}": "Autre chose."})
    assert "Autre chose." in changed.content.decode()
    assert not Notification.objects.filter(sourcing=request.sourcing).exists(), "other words are shown again"

    sent = client.post(reverse("tell_all", args=where), typed | {"seen": mark})
    assert sent.status_code == 302
    assert Notification.objects.filter(sourcing=request.sourcing).count() == 2


def test_an_end_before_the_opening_tells_nobody_and_shows_nobody(city: City, at_closing: None) -> None:
    request = make_request(city)
    received(request, "0.95")
    Sourcing.objects.filter(pk=request.sourcing.pk).update(state="ended", ending_reason="Budget gelé.")
    where = [request.sourcing.need_id, request.sourcing.pk]
    client = signed_in(city.buyer)
    assert client.get(reverse("telling", args=where)).status_code == 404
    assert client.post(reverse("tell_all", args=where)).status_code == 404
    with pytest.raises(Refused):
        tell.tell_all(city.buyer, request.sourcing.pk, {})
