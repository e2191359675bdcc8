"""The accessibility statement says what the tests look at, and what nobody has tested."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from tests.statement import STATEMENT, facts

pytestmark = pytest.mark.django_db


def test_the_statement_is_that_of_the_present_tests() -> None:
    assert json.loads(STATEMENT.read_text()) == facts(), "run: python -m tests.statement"


def test_the_page_tells_the_figures_and_what_was_not_tested() -> None:
    page = Client().get(reverse("accessibility")).content.decode()
    said = facts()
    assert f"{said['pages']} pages" in page and said["axe"] in page
    assert "n'a pas été vérifié" in page and "lecteur d'écran" in page
