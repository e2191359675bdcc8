"""A need that is the name or the number of firms of the register: they are told, but for those that may not be named."""

from pathlib import Path
from typing import Any

import pytest
from stdnum import luhn

from sourcier.matching.engine import match
from sourcier.needs.queries import firms_named
from tests.cities import City
from tests.sourcing.stock import CLOSED, HIDDEN, LEFORT, MATHILDE, Shop, build

LYON: dict[str, Any] = {"commune": "LYON 3E ARRONDISSEMENT", "commune_code": "69383", "postal_code": "69003"}
NEAR = Shop(601, "BOULANGERIE PATISSERIE MARTIN FRERES")
AWAY = tuple(Shop(number, f"BOULANGERIE MARTIN {mark}", **LYON) for number, mark in ((602, "A"), (603, "B"), (604, "C")))
UNDISCLOSED = Shop(605, "BOULANGERIE MARTIN", disclosed="P")
ODD = Shop(606, "ATELIER GARROS", code="99.99X")


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("names"), (NEAR, *AWAY, UNDISCLOSED, ODD, MATHILDE, LEFORT, HIDDEN, CLOSED))


@pytest.fixture(autouse=True)
def register(stock: Path, settings: Any) -> None:
    settings.REGISTER = str(stock)


def named(city: City, text: str) -> list[str]:
    """The SIRET of the firms told."""
    return [each.firm.siret for each in firms_named(city.organisation, text, match(text))]


@pytest.mark.parametrize(
    "text", ["Boulangerie Lefort", "la sarl LEFORT", "Lefort Rosny", LEFORT.siret, f"SIREN {LEFORT.siret[:9]}"]
)
def test_a_name_or_a_number_tells_its_firm_its_town_and_what_it_does(city: City, text: str) -> None:
    (found,) = firms_named(city.organisation, text, match(text))
    assert (found.firm.siret, found.firm.commune) == (LEFORT.siret, "Rosny-sous-Bois")
    assert found.activity and found.activity.code == "10.71C" and "oulangerie" in found.label


def test_at_most_three_firms_are_told_those_of_the_departement_first(city: City) -> None:
    assert named(city, "Boulangerie Martin") == [NEAR.siret, AWAY[0].siret, AWAY[1].siret]


class Branch(Shop):
    """The second establishment of a firm."""

    @property
    def siret(self) -> str:
        first = super().siret[:9] + "0002"
        return first + luhn.calc_check_digit(first)


def test_several_establishments_of_one_firm_are_one_firm(city: City, tmp_path: Path, settings: Any) -> None:
    settings.REGISTER = str(build(tmp_path, (LEFORT, Branch(LEFORT.number, "BOULANGERIE LEFORT DU LAC"))))
    assert named(city, "Boulangerie Lefort") == [LEFORT.siret]


@pytest.mark.parametrize("text", ["Personne non diffusible", HIDDEN.siret, HIDDEN.siret[:9], UNDISCLOSED.siret])
def test_a_firm_that_may_not_be_named_is_never_told(city: City, text: str) -> None:
    assert named(city, text) == []


def test_a_closed_firm_is_told_by_its_number_alone(city: City) -> None:
    assert named(city, "Ancienne boulangerie") == []
    (found,) = firms_named(city.organisation, CLOSED.siret, match(CLOSED.siret))
    assert not found.firm.active


@pytest.mark.parametrize("text", ["Pain frais livré tous les jours pour les crèches", "du pain", "", "Rosny", "trompettes"])
def test_a_need_that_is_understood_names_no_firm(city: City, text: str) -> None:
    assert named(city, text) == []


def test_a_firm_whose_activity_has_no_name_is_told_without_it(city: City) -> None:
    (found,) = firms_named(city.organisation, "Atelier Garros", match("Atelier Garros"))
    assert (found.activity, found.label) == (None, "")


def test_without_a_register_nobody_is_told(city: City, settings: Any, tmp_path: Path) -> None:
    settings.REGISTER = str(tmp_path / "none.duckdb")
    assert named(city, "Boulangerie Lefort") == [] and named(city, LEFORT.siret) == []
