"""Every address by every role: allowed or refused exactly as it declares."""

import pytest
from django.test import Client

from tests.cities import City
from tests.dossier.purchase import export_of, finished_purchase
from tests.safety.addresses import filled, ids, of_the_city
from tests.web.clients import signed_in

ROLES = ("requester", "buyer", "head_buyer", "auditor", "admin")
# An auditor reads; he may also take a dossier and mend his own account.
AUDITOR_POSTS = {"dossier_take", "year_take", "my_account", "choose_organisation"}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_in_where_it_is_declared_and_nowhere_else(city: City, role: str) -> None:
    purchase = finished_purchase(city)
    values = ids(purchase, export_of(purchase))
    client = signed_in(getattr(city, role))
    wrong = []
    for pattern in of_the_city():
        response = client.get(filled(pattern, values))
        declared = role in [str(each) for each in pattern.callback.right]
        if declared and response.status_code == 403:
            wrong.append(("refused", pattern.name))
        if not declared and response.status_code not in (403, 405):
            wrong.append(("let in", pattern.name, response.status_code))
        if response.streaming:
            b"".join(response.streaming_content)
    assert wrong == []


def test_an_auditor_writes_nowhere_but_to_take_a_dossier(city: City) -> None:
    purchase = finished_purchase(city)
    values = ids(purchase, export_of(purchase))
    client = signed_in(city.auditor)
    for pattern in of_the_city():
        if pattern.name not in AUDITOR_POSTS:
            response = client.post(filled(pattern, values))
            assert response.status_code in (403, 405), pattern.name


def test_a_stranger_is_asked_to_sign_in_everywhere(city: City) -> None:
    purchase = finished_purchase(city)
    values = ids(purchase, export_of(purchase))
    for pattern in of_the_city():
        for method in (Client().get, Client().post):
            response = method(filled(pattern, values))
            assert response.status_code in (302, 405), pattern.name
            assert response.status_code == 405 or "/compte/connexion/" in response["Location"]
