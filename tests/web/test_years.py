"""Pages of one year: what an address asks for is shown when something is known of it, else this year."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.cities import City
from tests.web.clients import signed_in

PAGES = {"families": "annee", "year_suppliers": "annee", "together": "annee", "savings": "year", "delays": "year"}


@pytest.mark.parametrize("asked", ["", "1789", "-2026", "2026.0", "vingt", "\x00", "9" * 5_000, "٢٠٢٦"])
@pytest.mark.parametrize("page", PAGES)
def test_a_year_that_nobody_knows_shows_this_one(city: City, page: str, asked: str) -> None:
    shown = signed_in(city.head_buyer).get(reverse(page), {PAGES[page]: asked})
    assert shown.status_code == 200 and shown.context["year"] == timezone.localdate().year
