"""The note of the single quote, written with the choice of a price that came alone."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.kernel.money import format_cents
from sourcier.quotes import single
from sourcier.quotes.actions import choose as choosing
from sourcier.spend.actions import commit, load_families
from sourcier.spend.models import Family
from sourcier.spend.past import past_prices
from tests.cities import City
from tests.quotes.requests import DEADLINE, make_request
from tests.quotes.test_choosing import WHY, mark_all, opened, received

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_closing() -> Any:
    with time_machine.travel(DEADLINE + timedelta(minutes=5), tick=True):
        yield


def bought(city: City, cents: int, days: int, siret: str = "", supplier: str = "Fournil") -> None:
    family = Family.objects.get(organisation=city.organisation, code="10.01")
    commit(
        city.buyer, award_id=uuid4(), operation_id=uuid4(), family=family, department=city.department, siret=siret,
        supplier=supplier, label="Pain des crèches", amount_cents=cents,
        engaged_on=timezone.localdate() - timedelta(days=days),
    )  # fmt: skip


def test_one_price_alone_is_chosen_with_its_note_beside_the_past_prices(city: City) -> None:
    load_families(city.organisation)
    request = make_request(city, kind="direct")
    need = request.sourcing.need
    need.family = Family.objects.get(organisation=city.organisation, code="10.01")
    need.save()
    request.sourcing.single_reasons, request.sourcing.single_reason = ["few_firms"], "Les deux autres ne livrent pas."
    request.sourcing.save()
    [only] = received(request, "0.95")
    bought(city, 14_000_00, 400, siret=only.firm.siret)
    bought(city, 900_00, 1_200, siret=only.firm.siret)
    opened(request)
    mark_all(city.buyer, request)
    award = choosing.choose(city.buyer, request.sourcing.pk, None, only.pk, None, WHY)
    note = payload_of(Entry.objects.get(verb="single.noted"))
    assert (note["amount_cents"], note["taken"], note["firm"]) == (award.amount_cents, 1, only.firm.name)
    assert [each["amount_cents"] for each in note["past"]] == [14_000_00, 900_00], "the present choice is not a past one"
    said = " ".join((*single.why_one(note), *single.market(note), *single.price(note)))
    for words in (
        "CCP art. L.2122-1",
        "Les deux autres ne livrent pas.",
        "1 fois en trois ans",
        format_cents(award.amount_cents),
        WHY,
    ):
        assert words in said


def test_several_prices_write_no_note_and_one_answer_among_several_asked_says_so(city: City) -> None:
    request = make_request(city)
    cheap, _ = received(request, "0.95", "1.10")
    opened(request)
    mark_all(city.buyer, request)
    choosing.choose(city.buyer, request.sourcing.pk, None, cheap.pk, None, WHY)
    assert not Entry.objects.filter(verb="single.noted").exists()
    again = make_request(city)
    again.invite("Silencieuse", "rien@pain.example")
    [only] = received(again, "1.00")
    opened(again)
    mark_all(city.buyer, again)
    choosing.choose(city.buyer, again.sourcing.pk, None, only.pk, None, WHY)
    note = payload_of(Entry.objects.get(verb="single.noted"))
    assert "2 entreprises ont été interrogées : une seule a donné un prix." in single.why_one(note)


def test_past_prices_are_those_of_the_city(city: City, other_city: City) -> None:
    for each in (city, other_city):
        load_families(each.organisation)
    family, today = Family.objects.get(organisation=city.organisation, code="10.01"), timezone.localdate()
    bought(other_city, 1_00, 10, siret="90000000100019")
    assert past_prices(city.organisation, family, today) == []
    bought(city, 50_00, 10, siret="90000000100019")
    assert [each.cents for each in past_prices(city.organisation, family, today)] == [50_00]
    assert past_prices(city.organisation, family, today - timedelta(days=11)) == [], "bought since"
