"""A purchase with several consultations: each stays readable, and its firms are told, while another is prepared."""

from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from sourcier.needs.models import Need
from sourcier.quotes.actions import choose as choosing
from sourcier.quotes.actions import tell
from sourcier.quotes.actions.answer import submit
from sourcier.quotes.actions.opening import open_answers
from sourcier.quotes.answer_rules import Answer
from sourcier.quotes.models import Submission
from sourcier.sourcing.actions import panel
from sourcier.sourcing.models import PriceLine, Sourcing
from tests.cities import City
from tests.quotes.requests import BEFORE, Request, make_request
from tests.quotes.test_choosing import AFTER, opened, received
from tests.web.clients import signed_in

WHY = "Les prix dépassent le budget voté."


@pytest.fixture
def ended_then_begun(city: City) -> tuple[Request, Submission, Sourcing]:
    """A request ended without a choice and told, then another one in preparation."""
    request = make_request(city)
    first, _ = received(request, "0.95", "1.10")
    with time_machine.travel(AFTER, tick=True):
        opened(request)
        choosing.end_without_choice(city.buyer, request.sourcing.pk, WHY, close_need=False)
        tell.tell_all(city.buyer, request.sourcing.pk, {})
        return request, first, panel.start(city.buyer, request.sourcing.need_id, "rfq")


def test_a_former_consultation_stays_readable_while_the_next_one_is_prepared(
    city: City, ended_then_begun: tuple[Request, Submission, Sourcing]
) -> None:
    request, first, draft = ended_then_begun
    need, former = request.sourcing.need_id, request.sourcing.pk
    client = signed_in(city.buyer)
    for page in ("comparison", "telling"):
        assert client.get(reverse(page, args=[need, former])).status_code == 200, page
        assert client.get(reverse(page, args=[need])).status_code == 200, f"{page}: the last one that left"
    assert client.get(reverse("answer", args=[need, first.pk])).status_code == 200
    for page in ("asked", "request", "panel"):
        shown = client.get(reverse(page, args=[need, former])).content.decode()
        assert reverse("comparison", args=[need, former]) in shown, page
    assert client.get(reverse("comparison", args=[need, draft.pk])).status_code == 404, "nothing has left yet"


def test_the_answers_to_a_demand_of_information_are_read_while_the_quotes_are_prepared(city: City) -> None:
    request = make_request(city, kind="rfi")
    PriceLine.objects.filter(sourcing=request.sourcing).delete()
    with time_machine.travel(BEFORE, tick=True):
        said = submit(request.invite("Le fournil", "info@pain.example"), Answer(note="Nos tarifs de saison", signer="Lise"))
    received(request)
    with time_machine.travel(AFTER, tick=True):
        open_answers(city.buyer, request.sourcing.pk)
        choosing.finish_information(city.buyer, request.sourcing.pk, "Le pain bio existe autour de la ville.")
        panel.start(city.buyer, request.sourcing.need_id, "rfq")
    page = signed_in(city.buyer).get(reverse("answer", args=[request.sourcing.need_id, said.pk])).content.decode()
    assert "Nos tarifs de saison" in page


def test_every_page_of_the_purchase_shows_its_consultations(
    city: City, ended_then_begun: tuple[Request, Submission, Sourcing]
) -> None:
    request, _, draft = ended_then_begun
    need, former = request.sourcing.need_id, request.sourcing.pk
    client = signed_in(city.buyer)
    for page in ("need", "panel", "comparison", "exchanges"):
        shown = client.get(reverse(page, args=[need])).content.decode()
        assert reverse("comparison", args=[need, former]) in shown, page
        assert reverse("panel", args=[need, draft.pk]) in shown, page
    listed = client.get(reverse("sourcings")).content.decode()
    assert reverse("comparison", args=[need, former]) in listed and reverse("panel", args=[need, draft.pk]) in listed


def test_a_purchase_with_one_consultation_shows_no_list_of_them(city: City) -> None:
    request = make_request(city)
    assert (
        "Consultations de cet achat"
        not in signed_in(city.buyer).get(reverse("need", args=[request.sourcing.need_id])).content.decode()
    )


def test_the_consultation_of_another_purchase_is_not_found(
    city: City, ended_then_begun: tuple[Request, Submission, Sourcing]
) -> None:
    request, first, _ = ended_then_begun
    other = make_request(city)
    client = signed_in(city.buyer)
    for page in ("comparison", "telling", "asked", "request", "panel", "choice", "end_without_choice"):
        for wrong in (other.sourcing.pk, uuid4()):
            assert client.get(reverse(page, args=[request.sourcing.need_id, wrong])).status_code == 404, page
    assert client.get(reverse("answer", args=[other.sourcing.need_id, first.pk])).status_code == 404


def test_the_thread_of_a_former_consultation_leads_to_its_own_pages(
    city: City, ended_then_begun: tuple[Request, Submission, Sourcing]
) -> None:
    request, _, _ = ended_then_begun
    need, former = request.sourcing.need_id, request.sourcing.pk
    page = signed_in(city.buyer).get(reverse("telling", args=[need, former])).content.decode()
    for step in ("panel", "request", "comparison", "telling"):
        assert f'href="{reverse(step, args=[need, former])}"' in page, step
    assert Need.objects.get(pk=need).state == Need.State.ASKED
