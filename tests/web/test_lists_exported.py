"""Each list exports what the page shows, as filtered; what begins like a formula stays text."""

from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from tests.cities import City
from tests.dossier.conftest import bakeries, rooms  # noqa: F401
from tests.dossier.purchase import Purchase, finished_purchase
from tests.web.clients import signed_in

LISTS = ("needs", "firms", "panel", "comparison", "sourcings")


def address(name: str, purchase: Purchase) -> str:
    return reverse(name, args=[purchase.need.pk] if name in ("panel", "comparison") else [])


@pytest.mark.parametrize("name", LISTS)
def test_a_list_exports_in_every_format(city: City, name: str) -> None:
    purchase = finished_purchase(city, "=cmd|' /C calc'!A0")
    client = signed_in(city.buyer)
    for form, start in (("xlsx", b"PK"), ("ods", b"PK"), ("csv", b"\xef\xbb\xbf"), ("pdf", b"%PDF")):
        response = client.get(address(name, purchase), {"export": form})
        assert response.status_code == 200 and response.content.startswith(start), form
        assert response["X-Content-Type-Options"] == "nosniff" and "attachment" in response["Content-Disposition"]
    sheet = load_workbook(BytesIO(client.get(address(name, purchase), {"export": "xlsx"}).content)).active
    assert sheet.max_row > 2
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
