"""What firms say of the constraints of a need: ticked on their place, read by the buyer with both quotes, never a ranking."""

from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.journal.verify import verify
from sourcier.sourcing.models import Candidate, Sourcing
from sourcier.suppliers.models import FirmPlace
from tests.cities import City
from tests.sourcing.stock import LEFORT, MATHILDE, PERRIER
from tests.sourcing.test_own_words import describe, searched
from tests.web.clients import signed_in
from tests.web.test_place_pages import insider, met, said, shown, verbs

pytestmark = pytest.mark.django_db
PLACE = "/place/mon-entreprise/"
MARKED = "Vos contraintes, d'après l'entreprise"


@pytest.fixture
def sourcing(city: City, bakeries: Path, settings: Any) -> Sourcing:
    settings.REGISTER = str(bakeries)
    sourcing = searched(city)
    describe(city, MATHILDE, words="Livraison dès 6 h. <b>Bio</b>")
    describe(city, PERRIER, words="Livraison à partir de 8 h.")
    return sourcing


def page_of(client: Client, sourcing: Sourcing, **query: str) -> str:
    response = client.get(reverse("panel", args=[sourcing.need_id]), query)
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_a_firm_ticks_what_it_can_do_and_may_leave_all_empty(city: City) -> None:
    client = insider(city, met(city))
    said(client, "/place/ouvrir/", {})
    ticked = {"can_bio": "on", "can_heure": "06:30", "can_jours": "du lundi au samedi", "can_minimum": "20"}
    said(client, PLACE, {**shown(client), **ticked})
    assert FirmPlace.objects.get().capacities == {
        "heure": "06:30", "jours": "du lundi au samedi", "minimum": "20", "bio": "oui",
    }  # fmt: skip
    payload = payload_of(Entry.objects.latest("index"))
    assert verbs(city)[-1] == "firm.described" and payload is not None
    assert payload["changed"] == "ce que vous pouvez faire" and payload["values"]["can_heure"] == "06:30"
    sentence = "Coché : Livraison dès 6 h 30, Ouvert du lundi au samedi, Commande minimum 20, Produits bio."
    assert sentence in said(client, "/place/")
    assert sentence in said(signed_in(city.buyer), reverse("firm_sheet", args=[FirmPlace.objects.get().pk]))
    assert "Livraison dès 6 h 30" in said(client, "/place/mes-donnees/")
    said(client, PLACE, shown(client))
    assert verbs(city).count("firm.described") == 1, "sent again without a change, nothing is written"
    said(client, PLACE, {**shown(client), **dict.fromkeys(ticked, "")})
    assert FirmPlace.objects.get().capacities == {}
    assert not [each for each in verify(city.organisation.pk).problems if "firm_place" in str(each)]


def test_two_people_of_a_firm_tick_different_things_and_lose_nothing(city: City) -> None:
    firm = met(city)
    one, other = insider(city, firm), insider(city, firm)
    said(one, "/place/ouvrir/", {})
    first, second = shown(one), shown(other)
    said(one, PLACE, {**first, "can_bio": "on", "can_minimum": "20"})
    said(other, PLACE, {**second, "can_halal": "on"})
    assert FirmPlace.objects.get().capacities == {"minimum": "20", "bio": "oui", "halal": "oui"}
    assert "«\u00a020\u00a0»" in said(other, PLACE, {**second, "can_minimum": "30", "can_halal": "on"}, 422)


@pytest.mark.parametrize("wrong", [{"can_heure": "tôt"}, {"can_minimum": "0"}, {"can_jours": "jamais"}, {"can_delai": "🥖"}])
def test_a_wrong_value_stays_with_its_sentence_and_its_group_is_open(city: City, wrong: dict[str, str]) -> None:
    client = insider(city, met(city))
    said(client, "/place/ouvrir/", {})
    page = said(client, PLACE, {**shown(client), **wrong}, 422)
    assert '<details class="capacities" open>' in page and FirmPlace.objects.get().saved_at is None


def test_the_buyer_reads_marks_and_both_quotes_and_silence_shows_no_mark(city: City, sourcing: Sourcing) -> None:
    page = page_of(signed_in(city.buyer), sourcing)
    assert page.count(MARKED) == 2 and "1 tenue" in page and "1 non tenue" in page
    assert "L'entreprise le dit, le" in page and "Livraison à partir de 8 h" in page and "avant 7h pour les crèches" in page
    raw = signed_in(city.buyer).get(reverse("panel", args=[sourcing.need_id])).content.decode()
    assert "<b>Bio</b>" not in raw


def test_those_that_say_no_may_be_left_out_and_silent_ones_stay(city: City, sourcing: Sourcing) -> None:
    client = signed_in(city.buyer)
    page = page_of(client, sourcing, sans_non="1")
    assert f'id="e-{PERRIER.siret}"' not in page
    assert all(f'id="e-{shop.siret}"' in page for shop in (MATHILDE, LEFORT))
    client.post(reverse("panel_choose", args=[sourcing.need_id]), {"keep": LEFORT.siret, "back": "sans_non=1"})
    payload = payload_of(Entry.objects.latest("index"))
    assert Candidate.objects.get().firm.siret == LEFORT.siret
    assert payload is not None and payload["order"].endswith("sans celles qui disent non à une contrainte du besoin")


def test_other_cities_and_those_who_read_no_panel_read_none_of_it(city: City, other_city: City, sourcing: Sourcing) -> None:
    path = reverse("panel", args=[sourcing.need_id])
    for agent in (other_city.buyer, other_city.auditor):
        assert signed_in(agent).get(path).status_code in (403, 404)
    assert Client().get(path).status_code == 302
    assert MARKED in page_of(signed_in(city.auditor), sourcing)
    assert Client().get(PLACE).status_code in (302, 403, 404)
