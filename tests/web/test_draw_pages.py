"""« Proposez-m'en 12 » without JavaScript: asked, waited for, kept, dropped, drawn again."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sourcier.journal import anchors
from sourcier.sourcing.actions import draw, panel
from sourcier.sourcing.models import Candidate, Draw, Sourcing
from tests.cities import City
from tests.journal.authority import made_authority, served
from tests.sourcing.scenes import BAKER, SHOP, draft
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


@pytest.fixture
def searched(city: City) -> Sourcing:
    sourcing = draft(city)
    panel.search(city.buyer, sourcing.pk, [BAKER, SHOP], 5_000)
    return sourcing


@pytest.fixture
def authority(settings: Any, tmp_path: Path) -> Iterator[None]:
    made = made_authority(tmp_path / "authority")
    with served(made):
        settings.TSA = (made.url,)
        yield


def shown(client: Client, sourcing: Sourcing) -> str:
    page = client.get(reverse("panel", args=[sourcing.need_id])).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.replace("&#x27;", "'")))


def asked(client: Client, sourcing: Sourcing, **data: str) -> Any:
    return client.post(reverse("panel_draw", args=[sourcing.need_id]), data, follow=True)


def test_a_buyer_asks_for_four_keeps_them_but_one_that_he_drops_with_a_reason(city: City, searched: Sourcing) -> None:
    client = signed_in(city.buyer)
    assert "Proposez-m'en" in shown(client, searched)
    asked(client, searched, count="4")
    said = shown(client, searched)
    assert "Tirage n° 1 : 4 parmi 6" in said and "hasard non prouvé" in said
    assert "4 jamais interrogées par la ville" in said and "parmi les plus proches" in said

    made = Draw.objects.get()
    gone = made.proposed[0]
    drop = {"drop": gone["siret"], "drawn": "1", f"reason-{gone['siret']}": "Ne livre pas."}
    answer = client.post(reverse("panel_choose", args=[searched.need_id]), drop)
    assert answer.headers["Location"].endswith("#tirages")
    assert "Garder ces 3 entreprises" in shown(client, searched)
    client.post(reverse("panel_keep_drawn", args=[searched.need_id]), {"number": "1"})
    assert Candidate.objects.filter(sourcing=searched, state="kept", origin="drawn").count() == 3
    assert gone["name"] in shown(client, searched)


@pytest.mark.parametrize("count", ["3", "4", "5"])
def test_one_firm_of_a_side_is_said_in_the_singular(city: City, searched: Sourcing, count: str) -> None:
    client = signed_in(city.buyer)
    asked(client, searched, count=count)
    told = re.findall(r"(\d+) plus (anciennes?|grandes?)", shown(client, searched).partition("Tirage n°")[2])
    assert len(told) == 2 and all(word.endswith("s") == (int(number) > 1) for number, word in told)


def test_the_page_says_that_the_draw_waits_for_a_third_party_then_shows_it(
    city: City, searched: Sourcing, authority: None
) -> None:
    client = signed_in(city.buyer)
    asked(client, searched, count="3")
    assert "son jeton donnera le hasard" in shown(client, searched)
    anchors.take_due(timezone.now())
    draw.finish_due(timezone.now())
    assert "Hasard attesté par 127.0.0.1" in shown(client, searched)


def test_another_draw_asks_for_a_reason_and_every_one_stays_on_the_page(city: City, searched: Sourcing) -> None:
    client = signed_in(city.buyer)
    asked(client, searched, count="3")
    refused = asked(client, searched, count="5")
    assert refused.status_code == 422 and "Écrivez pourquoi tirer de nouveau" in refused.content.decode()
    assert 'value="5"' in refused.content.decode()
    asked(client, searched, count="5", reason="Deux ont fermé.")
    said = shown(client, searched)
    assert "Tirage n° 1 : 3 parmi 6" in said and "Tirage n° 2 : 5 parmi 6" in said and "Deux ont fermé." in said


@pytest.mark.parametrize("count", ["", "douze", "2", "51", "9" * 40, "-4", "3.5"])
def test_a_strange_number_is_told_beside_it_and_draws_nothing(city: City, searched: Sourcing, count: str) -> None:
    answer = asked(signed_in(city.buyer), searched, count=count)
    assert answer.status_code == 422 and "Demandez de 3 à 50 entreprises." in answer.content.decode()
    assert not Draw.objects.exists()


@pytest.mark.parametrize("number", ["", "9", "x", "9" * 40, "9" * 5_000])
def test_a_draw_that_does_not_exist_keeps_nobody(city: City, searched: Sourcing, number: str) -> None:
    client = signed_in(city.buyer)
    answer = client.post(reverse("panel_keep_drawn", args=[searched.need_id]), {"number": number}, follow=True)
    assert "pas encore fait" in answer.content.decode() and not Candidate.objects.exists()


def test_an_auditor_reads_the_draws_and_asks_for_none(city: City, searched: Sourcing) -> None:
    draw.propose(city.buyer, searched.pk, 4)
    page = signed_in(city.auditor).get(reverse("panel", args=[searched.need_id])).content.decode()
    assert "Tirage n° 1" in page and reverse("panel_draw", args=[searched.need_id]) not in page


def test_more_draws_cost_no_more_queries(city: City, searched: Sourcing) -> None:
    client, counts = signed_in(city.buyer), []
    for number in range(3):
        draw.propose(city.buyer, searched.pk, 3, f"Encore {number}.")
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("panel", args=[searched.need_id]))
        counts.append(len(queries))
    assert counts[0] == counts[2]
