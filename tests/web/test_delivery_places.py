"""« Réglages », a delivery place: its address is looked up, and what is found is confirmed."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from django.urls import reverse
from pytest_django import Settings

from sourcier.accounts.models import DeliveryPlace
from sourcier.register.importing.run import import_stock
from tests.cities import City
from tests.register.stocks import establishment, write
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db

EAST = "coordonneeLambertAbscisseEtablissement"
WAY, STREET, DOOR = "typeVoieEtablissement", "libelleVoieEtablissement", "numeroVoieEtablissement"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("places")
    rows = [
        establishment(1), establishment(2, **{DOOR: "40", EAST: "662700.00"}),
        establishment(3, **{STREET: "DES LILAS"}), establishment(4, **{STREET: "DES LILAS", WAY: "RUE", EAST: "662900.00"}),
    ]  # fmt: skip
    return import_stock(*write(folder, rows), out=folder / "r.duckdb").file


@pytest.fixture
def send(city: City, small: Path, settings: Settings) -> Callable[..., str]:
    """Send the form of a new place; the page that comes back, empty once it is kept."""
    settings.REGISTER = str(small)
    client = signed_in(city.head_buyer)

    def sent(address: str, **more: str) -> str:
        fields = {"name": "Crèche du Centre", "address": address, "postal_code": "93110", "commune": "Rosny-sous-Bois"}
        response = client.post(reverse("settings_place_new"), fields | more)
        return "" if response.status_code == 302 else unescape(response.content.decode())

    return sent


def hidden(page: str) -> str:
    found = re.search(r'name="asked" value="([^"]*)"', page)
    assert found
    return found[1]


def points(page: str) -> dict[str, str]:
    """What may be chosen: the words of each, and its point."""
    found = re.findall(r'name="point" value="([^"]+)".*?<span>(.*?)</span>', page, re.DOTALL)
    return {words.replace("\u00a0", " "): point for point, words in found}


def kept() -> DeliveryPlace | None:
    return DeliveryPlace.objects.filter(name="Crèche du Centre").first()


def test_the_address_found_is_told_with_its_uncertainty_and_kept_once_confirmed(send: Callable[..., str]) -> None:
    page = send("12 av. des Tilleuls")
    ((told, point),) = points(page).items()
    assert told == "12 avenue des Tilleuls, 93110 Rosny-sous-Bois (à l'adresse, environ 30 m)"
    assert re.search(r'name="point" value="[^"]+"[^>]*checked', page)
    assert kept() is None
    assert send("12 av. des Tilleuls", point=point, asked=hidden(page)) == ""
    place = kept()
    assert place
    assert f"{place.lat_e6} {place.lon_e6} {place.uncertainty_m}" == point
    assert place.uncertainty_m == 30


def test_a_number_that_nobody_has_is_placed_at_its_street(send: Callable[..., str]) -> None:
    ((told, _),) = points(send("25 avenue des Tilleuls")).items()
    assert told == "Avenue des Tilleuls, 93110 Rosny-sous-Bois (à la rue près, environ 300 m)"


def test_several_streets_are_offered_and_none_is_ticked(send: Callable[..., str]) -> None:
    page = send("les lilas")
    assert len(points(page)) == 2
    assert not re.search(r'name="point" value="[^"]+"[^>]*checked', page)
    assert "Plusieurs lieux répondent à cette adresse" in page
    again = send("les lilas", asked=hidden(page))
    assert len(points(again)) == 2 and kept() is None


def test_an_unknown_street_is_said_with_the_nearest_names_and_the_middle_of_the_commune(send: Callable[..., str]) -> None:
    page = send("12 avenue des Tileuls")
    assert "« 12 avenue des tileuls » n'est pas dans le répertoire" in page.replace("\u00a0", " ")
    commune, street = points(page)
    assert commune.startswith("93110 Rosny-sous-Bois (à la commune près, environ ")
    assert street.startswith("12 avenue des Tilleuls, ")
    assert not re.search(r'name="point" value="[^"]+"[^>]*checked', page)


def test_a_confirmation_of_another_address_is_asked_again(send: Callable[..., str]) -> None:
    page = send("12 av. des Tilleuls")
    ((_, point),) = points(page).items()
    moved = send("5 rue des Lilas", point=point, asked=hidden(page))
    assert next(iter(points(moved))).startswith("Rue des Lilas, ")
    assert kept() is None


@pytest.mark.parametrize("point", ["", "ici", "48 2", "48 2 9 1", "99000000 2486000", "<script>", "9" * 30])
def test_a_point_that_is_none_is_never_kept(send: Callable[..., str], point: str) -> None:
    asked = hidden(send("12 av. des Tilleuls"))
    assert send("12 av. des Tilleuls", point=point, asked=asked)
    assert kept() is None


def test_a_new_address_is_placed_again_or_keeps_its_point_when_somebody_says_so(send: Callable[..., str], city: City) -> None:
    first = send("12 av. des Tilleuls")
    send("12 av. des Tilleuls", point=next(iter(points(first).values())), asked=hidden(first))
    place = kept()
    assert place
    before, client, url = (
        (place.lat_e6, place.lon_e6, 30),
        signed_in(city.head_buyer),
        reverse("settings_place", args=[place.pk]),
    )
    coordinates = f"{place.lat_e6 / 1e6:.4f} {place.lon_e6 / 1e6:.4f}".replace(".", ",")
    fields = {
        "name": "Crèche du Centre", "address": "25 avenue des Tilleuls", "postal_code": "93110", "commune": "Rosny-sous-Bois",
        "coordinates": coordinates,
    }  # fmt: skip
    page = unescape(client.post(url, fields).content.decode())
    street, former = points(page)
    assert street.startswith("Avenue des Tilleuls, 93110 Rosny-sous-Bois (à la rue près")
    assert former == f"L'endroit enregistré jusqu'ici ({coordinates})"
    place.refresh_from_db()
    assert (place.address, place.lat_e6) == ("12 av. des Tilleuls", before[0])
    for told, uncertainty in ((former, 30), (street, 300)):
        DeliveryPlace.objects.filter(pk=place.pk).update(address="12 av. des Tilleuls")
        page = unescape(client.post(url, fields).content.decode())
        answer = client.post(url, fields | {"point": points(page)[told], "asked": hidden(page)})
        place.refresh_from_db()
        assert (answer.status_code, place.address, place.uncertainty_m) == (302, "25 avenue des Tilleuls", uncertainty)
        assert ((place.lat_e6, place.lon_e6) == before[:2]) is (told == former)
    listed = unescape(client.get(reverse("settings_places")).content.decode())
    assert re.search(r"point connu à 300\sm près", listed)


def test_coordinates_may_still_be_typed(send: Callable[..., str]) -> None:
    assert send("12 av. des Tilleuls", coordinates="48,9001 2,5001") == ""
    place = kept()
    assert place
    assert (place.lat_e6, place.lon_e6) == (48_900_100, 2_500_100)


def test_a_city_geocoder_that_is_silent_is_said_and_the_register_answers(send: Callable[..., str], settings: Settings) -> None:
    settings.BAN_URL, settings.BAN_TIMEOUT = "http://127.0.0.1:9/search/", 1.0
    page = send("12 av. des Tilleuls")
    assert "Le service d'adresses de la ville ne répond pas" in page
    assert next(iter(points(page))).startswith("12 avenue des Tilleuls, ")


@pytest.mark.parametrize("abroad", ["40.71, -74.00", "2,4874 48,8721", "0,0 0,0", "-33,87 151,21"])
def test_coordinates_outside_france_are_refused_and_what_was_typed_stays(send: Callable[..., str], abroad: str) -> None:
    page = send("350 5th Avenue", postal_code="10001", commune="New York", coordinates=abroad)
    assert "Ce point n'est pas en France" in page and f'value="{abroad}"' in page
    assert kept() is None


@pytest.mark.parametrize(
    "home", ["48,8721 2,4874", "42,6976 9,4507", "16,2411 -61,5331", "-20,8789 55,4481", "-22,2758 166,4580"]
)
def test_coordinates_of_each_territory_of_france_are_kept(send: Callable[..., str], home: str) -> None:
    assert send("1 rue de la Mairie", coordinates=home) == "" and kept() is not None
