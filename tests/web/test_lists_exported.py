"""Each list exports what the page shows, as filtered; what begins like a formula stays text."""

import csv
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
import time_machine
from django.urls import reverse
from openpyxl import load_workbook

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Department
from tests.cities import City
from tests.dossier.conftest import rooms  # noqa: F401
from tests.dossier.purchase import BEGUN, Purchase, answered_purchase, asked_purchase, finished_purchase
from tests.web.clients import signed_in

OF_A_PURCHASE = ("panel", "comparison", "asked", "telling")
SETTLED = ("settings_people", "settings_places", "settings_departments")
LISTS = ("needs", "firms", "sourcings", *OF_A_PURCHASE, *SETTLED)


def address(name: str, purchase: Purchase) -> str:
    return reverse(name, args=[purchase.need.pk] if name in OF_A_PURCHASE else [])


@pytest.mark.parametrize("name", LISTS)
def test_a_list_exports_in_every_format(city: City, name: str) -> None:
    purchase = finished_purchase(city, "=cmd|' /C calc'!A0")
    Department.objects.update(name="=cmd|' /C calc'!A0")
    client = signed_in(city.admin if name == "settings_people" else city.head_buyer)
    for form, start in (("xlsx", b"PK"), ("ods", b"PK"), ("csv", b"\xef\xbb\xbf"), ("pdf", b"%PDF")):
        response = client.get(address(name, purchase), {"export": form})
        assert response.status_code == 200 and response.content.startswith(start), form
        assert response["X-Content-Type-Options"] == "nosniff" and "attachment" in response["Content-Disposition"]
    sheet = load_workbook(BytesIO(client.get(address(name, purchase), {"export": "xlsx"}).content)).active
    assert sheet.max_row >= 2
    assert "?export=xlsx" in client.get(address(name, purchase)).content.decode()
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert client.get(address(name, purchase), {"export": "exe"}).status_code == 404


def test_the_comparison_exports_the_totals_as_numbers(city: City) -> None:
    purchase = finished_purchase(city)
    content = signed_in(city.buyer).get(address("comparison", purchase), {"export": "xlsx"}).content
    heading, first, *_ = load_workbook(BytesIO(content)).active.iter_rows(values_only=True)
    assert isinstance(first[heading.index("Total HT")], float | int)
    assert first[heading.index("Rang")] == 1


def test_a_filtered_list_exports_what_it_shows(city: City) -> None:
    finished_purchase(city)
    client = signed_in(city.buyer)
    shown = client.get(reverse("firms"), {"q": "perrier", "export": "csv"}).content.decode("utf-8-sig")
    assert "PERRIER" in shown.upper() and "LEFORT" not in shown.upper()


def test_a_requester_exports_the_needs_of_his_department_alone(city: City, other_city: City) -> None:
    purchase = finished_purchase(city)
    assert purchase.need.reference in signed_in(city.requester).get(reverse("needs"), {"export": "csv"}).content.decode()
    assert (
        purchase.need.sentence not in signed_in(other_city.requester).get(reverse("needs"), {"export": "csv"}).content.decode()
    )


def comparison_rows(purchase: Purchase, agent: Agent) -> list[dict[str, str]]:
    content = signed_in(agent).get(address("comparison", purchase), {"export": "csv"}).content.decode("utf-8-sig")
    return [row for row in csv.DictReader(StringIO(content), delimiter=";") if row["SIRET"]]


def test_the_comparison_exports_prices_places_marks_of_each_and_the_stand_in(city: City) -> None:
    purchase = finished_purchase(city)
    first, second = comparison_rows(purchase, city.auditor)
    assert (first["Choix"], second["Choix"]) == ("choisie", "remplaçante")
    assert (first["Au plus, par jour"], first["Lieux servis"], first["Rang"]) == ("120", "tous", "1")
    assert (first["Qualité, note de Bruno Rosny"], second["Qualité, note de Bruno Rosny"]) == ("82", "70")
    prices = [value for name, value in first.items() if name.startswith(("Baguette de tradition", "Pain de mie"))]
    assert len(prices) == 2 and prices[0].startswith("0,9")


def test_an_evaluator_exports_his_own_marks_alone_until_he_has_given_them_all(city: City) -> None:
    purchase = answered_purchase(city)
    purchase.open()
    assert any("note de" in name for name in comparison_rows(purchase, city.buyer)[0])
    assert not any("note de" in name for name in comparison_rows(purchase, city.head_buyer)[0])


def test_the_firms_asked_are_exported_without_who_came_by_the_notice(city: City) -> None:
    from tests.web.test_proof_pages import come_by_notice

    purchase = asked_purchase(city)
    with time_machine.travel(BEGUN + timedelta(days=7), tick=True):
        come_by_notice(purchase)
    content = signed_in(city.buyer).get(address("asked", purchase), {"export": "csv"}).content.decode()
    assert "LEFORT" in content.upper() and "posté au guichet de La Poste" in content and "ailleurs" not in content
