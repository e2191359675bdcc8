import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import RequestDataTooBig
from django.test import Client, RequestFactory
from django.urls import reverse

from sourcier.needs import actions as needs
from sourcier.web.errors import bad_request
from tests.cities import City
from tests.web.clients import signed_in


def words_of_navigation(page: str) -> list[str]:
    found = re.search(r'<nav class="nav only-wide".*?</nav>', page, re.DOTALL)
    assert found
    return re.findall(r"<a [^>]*>([^<]+)</a>", found[0])


def test_each_role_has_its_navigation_in_the_order_of_the_words(city: City) -> None:
    words = {
        "requester": ["Accueil", "Besoins"],
        "buyer": [
            "Accueil",
            "Besoins",
            "Consultations",
            "À rappeler",
            "Entreprises",
            "Familles et seuils",
            "Bilan",
            "Contrôle",
        ],
        "admin": ["Accueil", "Réglages"],
    }
    words["head_buyer"] = [*words["buyer"], "Réglages"]
    words["auditor"] = [word for word in words["head_buyer"] if word != "À rappeler"]
    for role, expected in words.items():
        assert words_of_navigation(signed_in(getattr(city, role)).get("/").content.decode()) == expected, role


def test_a_city_that_receives_mail_has_some_to_sort(city: City, settings: Any) -> None:
    settings.REPLY_TO = "reponse@rosny.example"
    shown = {role: signed_in(getattr(city, role)).get("/").content.decode() for role in ("requester", "buyer")}
    assert [role for role, page in shown.items() if "Courrier" in words_of_navigation(page)] == ["buyer"]


def test_the_present_page_is_marked_and_its_section_too(city: City) -> None:
    client = signed_in(city.head_buyer)
    assert '<a href="/" aria-current="page">Accueil</a>' in client.get("/").content.decode()
    page = client.get(reverse("settings_place_new")).content.decode()
    assert '<a href="/reglages/" aria-current="true">Réglages</a>' in page


@pytest.mark.parametrize("url", ["/", "/reglages/", "/mon-compte/", "/aide/", "/composants/"])
def test_every_page_has_its_frame(city: City, url: str) -> None:
    page = signed_in(city.head_buyer).get(url).content.decode()
    assert '<html lang="fr">' in page
    assert '<a class="skip" href="#contenu">' in page
    assert page.count('<main id="contenu"') == 1
    assert page.count("<h1") == 1
    assert all(word in page for word in ("Aide", "Accessibilité", "Données personnelles"))
    assert "style=" not in page
    assert not re.search(r"<script(?![^>]*src=)[^>]*>[^<]", page)
    assert "onclick" not in page


def test_a_fictitious_city_says_so_everywhere(city: City) -> None:
    client = signed_in(city.buyer)
    assert "fictives" not in client.get("/").content.decode()
    city.organisation.fictitious = True
    city.organisation.save()
    assert "ces entreprises sont fictives" in client.get("/").content.decode()


def test_an_empty_home_says_what_to_do_next(city: City) -> None:
    page = signed_in(city.requester).get("/").content.decode()
    assert "Rien ne vous attend. Un besoin ? Décrivez-le en une phrase." in page
    assert f'href="{reverse("need_new")}"' in page
    assert reverse("need_new") not in signed_in(city.admin).get("/").content.decode()


def test_the_home_lists_what_waits_oldest_first_with_one_button_each(city: City) -> None:
    for sentence in ("Pain frais pour les crèches", "Filets de but"):
        needs.start(city.requester, sentence)
    page = signed_in(city.requester).get("/").content.decode()
    rows = re.findall(r'<p class="title">([^<]+)</p>', page)
    assert len(rows) == 2
    assert "Pain" in rows[0]
    assert "Filets" in rows[1]
    awaiting = re.search(r'<ul class="rows card awaiting">.*?</ul>', page, re.DOTALL)
    assert awaiting
    assert awaiting[0].count('class="btn') == 2


def test_the_same_queries_serve_one_line_or_three(city: City, django_assert_max_num_queries: object) -> None:
    client = signed_in(city.requester)
    needs.start(city.requester, "Pain frais")
    client.get("/")
    with django_assert_max_num_queries(30) as one:  # type: ignore[operator]
        client.get("/")
    for number in range(2):
        needs.start(city.requester, f"Besoin {number}")
    with django_assert_max_num_queries(len(one)):  # type: ignore[operator]
        client.get("/")


def test_error_pages_say_what_to_do_in_french(city: City) -> None:
    missing = Client().get("/nulle-part/")
    assert missing.status_code == 404
    assert "Cette page n'existe pas" in missing.content.decode()
    forbidden = signed_in(city.requester).get(reverse("settings_city"))
    assert forbidden.status_code == 403
    assert "administrateur de votre collectivité" in forbidden.content.decode()


def test_an_expired_form_says_so_and_how_to_go_on(city: City) -> None:
    client = signed_in(city.buyer, enforce_csrf_checks=True)
    response = client.post(reverse("my_account"), {"name": "X", "phone": ""})
    assert response.status_code == 403
    assert "La page avait expiré" in response.content.decode()


@pytest.mark.django_db
def test_what_is_too_heavy_is_told_apart_from_what_is_unreadable() -> None:
    request = RequestFactory().post("/")
    heavy = bad_request(request, RequestDataTooBig())
    assert heavy.status_code == 413
    assert "25 Mo" in heavy.content.decode()
    assert bad_request(request, ValueError()).status_code == 400


def test_a_failure_shows_a_page_of_ours(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[object]:
        raise RuntimeError

    monkeypatch.setattr("sourcier.web.city.home.awaiting", broken)
    client = signed_in(city.buyer)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    assert "Une panne de notre côté" in response.content.decode()


def test_the_pages_of_the_foot_give_the_contacts_of_the_city(city: City) -> None:
    stranger = Client()
    assert "dpo@rosny.example" in stranger.get(reverse("personal_data"), {"ville": "rosny"}).content.decode()
    assert "dpo@rosny.example" not in stranger.get(reverse("personal_data")).content.decode()
    assert "dpo@rosny.example" in signed_in(city.requester).get(reverse("personal_data")).content.decode()
    assert "01 00 00 00 00" in stranger.get(reverse("help"), {"ville": "rosny"}).content.decode()


def test_robots_are_asked_to_stay_away(client: Client) -> None:
    assert "Disallow: /" in client.get("/robots.txt").content.decode()


def test_the_address_of_a_form_opened_by_itself_gets_a_page(city: City) -> None:
    response = signed_in(city.buyer).get(reverse("letters_posted", args=[uuid4()]))
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "Cette adresse ne s'ouvre pas seule" in unescape(response.content.decode())
