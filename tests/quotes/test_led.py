"""A department that leads its purchase opens, marks, chooses and tells; never at a price beyond its lane."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts.actions import set_opening
from sourcier.kernel.transitions import Refused
from sourcier.needs.actions import add_lane
from sourcier.needs.models import Need
from sourcier.quotes.actions import choose, evaluate, opening, tell
from sourcier.quotes.models import Award
from sourcier.quotes.queries import awaiting
from sourcier.quotes.results import parts
from sourcier.sourcing.models import Sourcing
from sourcier.spend.actions import load_families
from sourcier.spend.models import Family
from tests.cities import City
from tests.journal.entries import writes_nothing
from tests.quotes.requests import Request, make_request
from tests.quotes.test_choosing import WHY, at_closing, mark_all, received
from tests.web.clients import signed_in

__all__ = ["at_closing"]


def led_by_denise(city: City, opener: str = "author") -> Request:
    """Her purchase of bread, on the lane of less than 15 000 €; the firms are asked."""
    load_families(city.organisation)
    rule = add_lane(city.head_buyer, lane="alone", up_to_cents=15_000_00, opener=opener)
    opens = {"from_cents": 4_000_000, "days": 3, "members": [], "substitutes": []}
    set_opening(city.head_buyer, **opens, author_up_to_cents=15_000_00)
    request, denise = make_request(city), city.requester.user
    kept = {"sentence": "Voie", "rule": rule.pk.hex, "declaration": "tick", "opener": opener, "up_to_cents": 15_000_00}
    Need.objects.filter(pk=request.sourcing.need_id).update(
        lane="alone", lane_choice=kept, author=denise, buyer=denise, kind="supplies", estimate_cents=14_000_00,
        submitted_at=timezone.now(), family=Family.objects.get(organisation=city.organisation, code="10.01"),
    )  # fmt: skip
    Sourcing.objects.filter(pk=request.sourcing.pk).update(buyer=denise)
    request.sourcing = Sourcing.objects.select_related("need").get(pk=request.sourcing.pk)
    return request


def refused(city: City, act: Any, *args: Any, **words: Any) -> str:
    with writes_nothing(city.organisation.pk), pytest.raises(Refused) as caught:
        act(*args, **words)
    return caught.value.refusal.code


def test_a_department_chooses_within_its_lane_and_a_buyer_beyond(city: City, at_closing: None) -> None:
    request = led_by_denise(city)
    denise, sourcing = city.requester, request.sourcing
    cheap, dear = received(request, "0.95", "1.10")
    assert [line.button for line in awaiting(denise)] == ["Ouvrir les réponses"] and awaiting(city.head_buyer) == []
    evaluate.choose_reference(denise, sourcing.pk, "none")
    opening.open_answers(denise, sourcing.pk)
    request.sourcing.refresh_from_db()
    mark_all(denise, request)
    assert refused(city, choose.choose, denise, sourcing.pk, None, dear.pk, None, WHY) == "lane"
    choose.choose(denise, sourcing.pk, None, cheap.pk, None, WHY)
    sourcing.refresh_from_db()
    tell.tell_all(denise, sourcing.pk, {part.key: "Votre prix est plus élevé." for part in parts(denise, sourcing)})
    assert Award.objects.get().chosen_by == denise.user


def test_beyond_its_lane_the_choice_is_a_buyer_s_and_the_page_says_so(city: City, at_closing: None) -> None:
    request = led_by_denise(city)
    sourcing, client = request.sourcing, signed_in(city.requester)
    [dear] = received(request, "1.10")
    evaluate.choose_reference(city.requester, sourcing.pk, "none")
    opening.open_answers(city.requester, sourcing.pk)
    request.sourcing.refresh_from_db()
    mark_all(city.requester, request)
    address = reverse("choice", args=[sourcing.need_id, sourcing.pk])
    page = client.post(address, {"submission": str(dear.pk), "rationale": WHY}, follow=True).content.decode()
    need = Need.objects.get(pk=sourcing.need_id)
    assert (need.lane, need.buyer, need.state) == ("led", None, "asked") and "À ce prix, un acheteur choisit." in page
    assert client.post(address, {"submission": str(dear.pk), "rationale": WHY}).status_code == 403
    assert [line.button for line in awaiting(city.head_buyer)] == ["Comparer et choisir"]


def test_where_a_buyer_opens_the_author_does_not_and_who_leads_nothing_does_nothing(city: City, at_closing: None) -> None:
    request = led_by_denise(city, opener="buyer")
    sourcing = request.sourcing
    received(request, "0.95")
    evaluate.choose_reference(city.requester, sourcing.pk, "none")
    assert refused(city, opening.open_answers, city.requester, sourcing.pk) == "buyer_opens"
    Need.objects.filter(pk=sourcing.need_id).update(buyer=city.buyer.user)
    for act in (opening.open_answers, lambda agent, pk: choose.end_without_choice(agent, pk, WHY, close_need=True)):
        assert refused(city, act, city.requester, sourcing.pk) == "not_a_buyer"
    opening.open_answers(city.buyer, sourcing.pk)
