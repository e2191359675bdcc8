"""The panel's search around a place that the buyer types: a commune, a postal code or an address."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sourcier.accounts.models import DeliveryPlace
from sourcier.journal.models import Entry
from sourcier.register.places import place
from sourcier.sourcing import finding, queries
from sourcier.sourcing.models import Search, Sourcing
from tests.cities import City
from tests.sourcing.entries import last_payload
from tests.sourcing.scenes import draft
from tests.sourcing.stock import MATHILDE
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
BAKERS = {"activities": ["NAFRev2/10.71C"], "radius": "5000"}


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


@pytest.fixture
def sourcing(city: City) -> Sourcing:
    return draft(city)


def search(client: Client, sourcing: Sourcing, **typed: Any) -> str:
    answer = client.post(reverse("panel_search", args=[sourcing.need_id]), BAKERS | typed, follow=True)
    return unescape(answer.content.decode()).replace("\u00a0", " ")


def last(sourcing: Sourcing) -> Search:
    found = queries.last_search(sourcing)
    assert found
    return found


def test_a_commune_typed_is_searched_around_kept_and_told(city: City, sourcing: Sourcing) -> None:
    client = signed_in(city.buyer)
    page = search(client, sourcing, place="rosny sous bois")
    kept, rosny = last(sourcing), place("rosny sous bois")
    assert rosny
    assert (kept.centres, kept.doubts, kept.around) == (
        [[rosny.lat_e6, rosny.lon_e6]], [rosny.uncertainty_m], "93110 Rosny-sous-Bois",
    )  # fmt: skip
    assert "Autour de : 93110 Rosny-sous-Bois" in page
    assert Entry.objects.filter(verb="panel.searched_around").count() == 1
    payload = last_payload(sourcing)
    assert (payload["around"], payload["doubts_m"]) == ("93110 Rosny-sous-Bois", kept.doubts)
    assert 'value="93110 Rosny-sous-Bois"' in page
    assert "lieu cherché" in page and "du lieu de livraison" not in page
    assert (
        "de 93110 Rosny-sous-Bois"
        in finding.why(finding.rows(kept, limit=1)[0], finding.context(sourcing, kept))[1]["sentence"]
    )


def test_emptying_the_place_comes_back_to_the_places_of_delivery(city: City, sourcing: Sourcing) -> None:
    client = signed_in(city.buyer)
    search(client, sourcing, place="93110")
    page = search(client, sourcing, place="  ")
    assert last(sourcing).around == "" and last(sourcing).centres == [[city.place.lat_e6, city.place.lon_e6]]
    assert "Autour du lieu de livraison" in page


def test_the_place_stays_when_a_filter_goes_or_the_radius_grows(city: City, sourcing: Sourcing) -> None:
    client = signed_in(city.buyer)
    search(client, sourcing, place="93110", social="on")
    for button in ({"without": "social:"}, {"wider": "10000"}):
        client.post(reverse("panel_search", args=[sourcing.need_id]), button)
        assert last(sourcing).around == "93110 Rosny-sous-Bois"
    assert (last(sourcing).radius_m, last(sourcing).filters) == (10_000, {})


def test_what_is_no_place_is_said_and_what_was_typed_stays(city: City, sourcing: Sourcing) -> None:
    client = signed_in(city.buyer)
    page = search(client, sourcing, place="xyzzy plugh")
    assert "« xyzzy plugh » : aucun lieu de ce nom." in page
    assert 'value="xyzzy plugh"' in page and not sourcing.searches.exists()


def test_a_service_of_addresses_that_is_silent_is_said_where_the_place_is_not_found(
    city: City, sourcing: Sourcing, settings: Any
) -> None:
    settings.BAN_URL = "http://127.0.0.1:9/search/"
    page = search(signed_in(city.buyer), sourcing, place="xyzzy plugh")
    assert "Le service d'adresses de la ville ne répond pas" in page and "« xyzzy plugh » : aucun lieu" in page


def test_a_name_nearly_right_offers_what_it_may_be_and_only_that_is_taken(city: City, sourcing: Sourcing) -> None:
    client = signed_in(city.buyer)
    page = search(client, sourcing, place="Rosni sous bois")
    ((value, words),) = re.findall(r'name="point" value="([^"]+)".*?<span>(.*?)</span>', page, re.DOTALL)
    assert words.startswith("93110 Rosny-sous-Bois (à la commune près") and not sourcing.searches.exists()
    for wrong in ("1 1", "ici", "<script>", "9" * 39):
        search(client, sourcing, place="Rosni sous bois", point=wrong)
        assert not sourcing.searches.exists()
    search(client, sourcing, place="Rosni sous bois", point=value)
    assert last(sourcing).around == "93110 Rosny-sous-Bois"


def test_distances_from_a_delivery_place_that_is_vague_are_intervals(city: City, sourcing: Sourcing) -> None:
    client = signed_in(city.buyer)
    DeliveryPlace.objects.filter(pk=city.place.pk).update(uncertainty_m=1_500)
    page = search(client, sourcing)
    assert last(sourcing).doubts == [1_500]
    row = page[page.index(MATHILDE.name) :][:3_000]
    assert re.search(r"entre \d+ m et [\d,]+ km \(le lieu n'est connu qu'à peu près\)", row)
    assert 'class="doubt"' in page
    assert "Lieu connu à peu près : entre" in page


def test_a_distance_that_is_not_among_the_usual_ones_stays(city: City, sourcing: Sourcing) -> None:
    client = signed_in(city.buyer)
    Sourcing.objects.filter(pk=sourcing.pk).update(radius_m=7_900)
    page = unescape(client.get(reverse("panel", args=[sourcing.need_id])).content.decode()).replace("\u00a0", " ")
    assert re.search(r'<option value="7900" selected>7,9 km</option>', page)
    search(client, sourcing, radius="7900", place="93110")
    assert last(sourcing).radius_m == 7_900


def test_a_street_that_is_not_known_offers_its_commune_and_only_once_chosen_is_it_taken(city: City, sourcing: Sourcing) -> None:
    client, typed = signed_in(city.buyer), "12 place Émile-Lécrivain, 93110 Rosny-sous-Bois"
    page = search(client, sourcing, place=typed)
    assert "aucun lieu de ce nom" not in page and not sourcing.searches.exists()
    value, words = re.findall(r'name="point" value="([^"]+)".*?<span>(.*?)</span>', page, re.DOTALL)[0]
    assert words.startswith("93110 Rosny-sous-Bois (à la commune près, environ ")
    search(client, sourcing, place=typed, point=value)
    assert last(sourcing).around == "93110 Rosny-sous-Bois" and last(sourcing).doubts != [0]
