"""The opening as people of the city see it: one button, or two people, or one who says why."""

from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts.agents import Agent
from sourcier.quotes import clocks
from sourcier.quotes.actions import answer as act
from sourcier.quotes.actions import evaluate
from sourcier.sourcing.actions import closing
from sourcier.sourcing.models import Sourcing
from tests.cities import City
from tests.journal.authority import made_authority, served
from tests.quotes.requests import BEFORE, DEADLINE, Request, answer, make_request
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
OPEN, AGREE, ALONE = "Ouvrir les réponses", "Donner mon accord à l'ouverture", "Ouvrir seul, car une personne manque"
REASON = "Salima est absente jusqu'au mois prochain."


@pytest.fixture(autouse=True)
def five_minutes(settings: Any) -> None:
    settings.OPENING_WAIT = timedelta(minutes=5)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(DEADLINE + timedelta(minutes=5), tick=False) as traveller:
        yield traveller


def asked(city: City, two: bool = False) -> Request:
    request = make_request(city)
    act.submit(request.invite(), answer(request), received_at=BEFORE)
    evaluate.choose_reference(city.buyer, request.sourcing.pk, "none")
    Sourcing.objects.filter(pk=request.sourcing.pk).update(two_openers=two)
    closing.close_due(timezone.now())
    return request


class Person:
    """Someone of the city before the page of the answers."""

    def __init__(self, agent: Agent, request: Request) -> None:
        self.client: Client = signed_in(agent)
        self.request = request
        self.ids = [request.sourcing.need_id, request.sourcing.pk]

    def sees(self) -> str:
        return unescape(self.client.get(reverse("comparison", args=self.ids)).content.decode())

    def opens(self, **data: str) -> str:
        response = self.client.post(reverse("answers_open", args=self.ids), data, follow=True)
        assert response.status_code == 200
        return unescape(response.content.decode())


def test_a_small_purchase_has_one_button_after_the_five_minutes(city: City, clock: time_machine.Traveller) -> None:
    request = asked(city)
    bruno = Person(city.buyer, request)
    clock.shift(timedelta(seconds=-1))
    assert "scellés jusqu'au mercredi 30 septembre 2026 à 12 h 05" in bruno.sees().replace("\xa0", " ")
    assert OPEN not in bruno.sees() and "Les devis côte à côte" not in bruno.opens()
    clock.shift(timedelta(seconds=1))
    assert OPEN in bruno.sees() and OPEN not in Person(city.auditor, request).sees()
    assert "Les devis côte à côte" in bruno.opens()


def test_two_people_open_a_large_one(city: City, clock: time_machine.Traveller) -> None:
    request = asked(city, two=True)
    bruno, salima = Person(city.buyer, request), Person(city.second_buyer, request)
    assert AGREE in bruno.sees() and OPEN not in bruno.sees()
    waited = "Votre accord est attendu pour ouvrir les plis"
    home = [unescape(person.client.get("/").content.decode()) for person in (bruno, salima)]
    assert [waited in page for page in home] == [False, True], "Bruno's own page says it already"
    bruno.client.post(reverse("answers_open", args=[request.sourcing.need_id]))  # pressed twice before the page came
    page = bruno.opens()
    assert page.count("Votre accord est noté") == 1
    assert "Votre accord est noté" in page and "Déjà d'accord : Bruno Rosny" in page and AGREE not in page
    assert "Déjà d'accord : Bruno Rosny" in salima.sees() and ALONE not in salima.sees()
    assert "Les devis côte à côte" in salima.opens()


def test_the_head_buyer_opens_alone_after_the_days_and_says_why(city: City, clock: time_machine.Traveller) -> None:
    request = asked(city, two=True)
    helene = Person(city.head_buyer, request)
    assert ALONE not in helene.sees()
    clock.move_to(DEADLINE + timedelta(days=3))
    assert ALONE in helene.sees() and ALONE not in Person(city.buyer, request).sees()
    response = helene.client.post(reverse("answers_open", args=helene.ids), {"alone": "malade"})
    page = unescape(response.content.decode())
    assert response.status_code == 422 and "il manque" in page and ">malade<" in page.replace("\n", "").replace("\r", "")
    assert "Les devis côte à côte" in helene.opens(alone=REASON)


def test_a_time_that_is_contradicted_is_said_and_offers_no_button(city: City, settings: Any, tmp_path: Path) -> None:
    made = made_authority(tmp_path)
    request = make_request(city, deadline=timezone.now() + timedelta(hours=1))
    evaluate.choose_reference(city.buyer, request.sourcing.pk, "none")
    with served(made), time_machine.travel(timezone.now() + timedelta(hours=2), tick=True):
        settings.TSA = (made.url,)
        closing.close_due(timezone.now())
        page = Person(city.buyer, request).sees()
        assert "Le serveur demande l'heure à un tiers" in page and OPEN not in page
        clocks.check_clocks(timezone.now())
        page = Person(city.head_buyer, request).sees()
    assert "L'heure du serveur est contredite, rien n'a été ouvert." in page and OPEN not in page and AGREE not in page


def test_the_head_buyer_names_who_opens_and_others_read_it(city: City) -> None:
    address = reverse("settings_opening")
    helene, people = signed_in(city.head_buyer), [str(city.buyer.id), str(city.head_buyer.id)]
    good = {
        "from_amount": "25 000", "days": "2", "members": people, "substitutes": [str(city.second_buyer.id)],
        "author_amount": "5 000",
    }  # fmt: skip
    page = unescape(helene.get(address).content.decode())
    members = page.partition("Titulaires")[2].partition("Suppléants")[0]
    assert "Deux au moins, ou personne." in members and "facultatif" not in members
    assert 'value="40\u202f000"' in page.replace("40\u202f000,00", "40\u202f000") and "Denise" not in page
    for change, sentence in (
        ({"members": people[:1]}, "Nommez au moins deux titulaires"),
        ({"substitutes": people[:1]}, "titulaire et suppléante"),
        ({"from_amount": "beaucoup"}, "nombre"),
        ({"days": "90"}, "30"),
        ({"author_amount": "-1"}, "positif"),
        ({"members": [*people, str(city.auditor.id)]}, "choix"),
    ):
        response = helene.post(address, good | change)
        assert response.status_code == 422 and sentence in unescape(response.content.decode()), change
    assert helene.post(address, good).status_code == 302
    city.organisation.refresh_from_db()
    assert (city.organisation.two_openers_from_cents, city.organisation.opening_days) == (2_500_000, 2)
    read = unescape(signed_in(city.auditor).get(address).content.decode())
    assert "Bruno Rosny, Helene Rosny, Salima Rosny (suppléant)" in read and "<form" not in read.split("<main")[1]
