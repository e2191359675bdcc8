"""A person asks what the city knows of her: found in every room, never in what is sealed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.mail.actions import file_exchange
from sourcier.quotes.actions import answer as act
from sourcier.quotes.actions import call
from sourcier.retention import persons
from tests.cities import City
from tests.journal.entries import writes_nothing
from tests.quotes.requests import BEFORE, DEADLINE, Request, answer, make_request, opened
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
MAIL = "mathilde.durand@pain.example"


@pytest.fixture
def request_sent(city: City) -> Iterator[Request]:
    request = make_request(city)
    invitation = request.invite("Au pain de Mathilde", MAIL)
    act.submit(invitation, answer(request, signer="Mathilde Durand", email="perso@durand.example"), received_at=BEFORE)
    with time_machine.travel(BEFORE, tick=True):
        yield request


def where(city: City, text: str) -> list[str]:
    return [trace.what for trace in persons.search(city.head_buyer, text)]


def test_an_address_is_found_wherever_it_was_used_and_each_place_says_why_it_stays(city: City, request_sent: Request) -> None:
    file_exchange(
        city.buyer, request_sent.sourcing.need_id, channel="phone", direction="in", correspondent="Mathilde Durand",
        summary=f"Elle rappelle ; son adresse : {MAIL}", occurred_at=BEFORE,
    )  # fmt: skip
    found = persons.search(city.head_buyer, MAIL.upper())
    assert {trace.what for trace in found} == {"Échange versé", "Adresse électronique", "Demande envoyée"}
    assert all("loi oblige" in trace.kept for trace in found)
    entry = Entry.objects.get(verb="person.searched")
    assert entry.stream == "org"


def test_what_is_sealed_is_not_found_before_its_opening(city: City, request_sent: Request) -> None:
    assert where(city, "perso@durand.example") == [] and where(city, "Mathilde Durand") == []
    with time_machine.travel(DEADLINE + timedelta(minutes=10), tick=True):
        opened(request_sent)
        assert "Réponse" in where(city, "perso@durand.example")


def test_a_number_left_to_call_back_is_found_without_its_firm_before_the_opening(city: City, request_sent: Request) -> None:
    call.ask(request_sent.invite("Fournil Lefort", ""), "+33 6 12 34 56 78", "noon")
    for typed in ("0612345678", "06 12 34 56 78", "56 78"):
        [found] = persons.search(city.head_buyer, typed)
        assert (found.words, found.operation_id) == ("06 12 34 56 78, entre 12 h et 14 h", None)
        assert "effacé avec son dossier" in found.kept and "remplace" in found.kept
    copy = signed_in(city.head_buyer).post(reverse("person_request"), {"text": "0612345678", "copy": "1"}).content.decode()
    assert "06 12 34 56 78" in copy and "Lefort" not in copy
    with time_machine.travel(DEADLINE + timedelta(minutes=10), tick=True):
        opened(request_sent)
        [found] = persons.search(city.head_buyer, "0612345678")
        assert found.words.startswith("Fournil Lefort, ") and found.operation_id == request_sent.sourcing.need_id


def test_an_agent_is_found_by_name_and_a_stranger_nowhere(city: City, other_city: City) -> None:
    assert where(city, city.buyer.user.email) == ["Compte d'un agent"]
    assert where(other_city, city.buyer.user.email) == []


@pytest.mark.parametrize("text", ["", "abc", "   a  "])
def test_too_few_letters_search_nothing_and_leave_no_entry(city: City, text: str) -> None:
    with writes_nothing(city.organisation.pk), pytest.raises(Refused):
        persons.search(city.head_buyer, text)


def test_the_page_gives_a_copy_and_only_to_the_head_of_purchasing(city: City, request_sent: Request) -> None:
    address = reverse("person_request")
    client = signed_in(city.head_buyer)
    assert MAIL in client.post(address, {"text": MAIL}).content.decode()
    copy = client.post(address, {"text": MAIL, "copy": "1"})
    assert copy["Content-Type"] == "application/json" and MAIL in copy.content.decode()
    assert client.post(address, {"text": "x"}).status_code == 422
    for agent in (city.buyer, city.auditor, city.requester, city.admin):
        assert signed_in(agent).post(address, {"text": MAIL}).status_code == 403
