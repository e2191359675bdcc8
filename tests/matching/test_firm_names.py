"""A need that names a firm: what of its words is looked for, and which names bear them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.matching.engine import match
from sourcier.matching.firm_names import Asked, bears, name_asked, numbers

ROSNY = "93110 ROSNY-SOUS-BOIS"


def asked(text: str) -> Asked | None:
    return name_asked(text, match(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Boulangerie Martin", ("boulangerie", "martin")),
        ("SARL Dupont TP", ("dupont", "tp")),
        ("la société Lefort & Fils", ("lefort", "fils")),
        ("Chez Mathilde", ("mathilde",)),
        ("L'Épi d'Or", ("epi", "or")),
    ],
)
def test_the_words_of_a_name_are_asked_without_its_legal_form(text: str, words: tuple[str, ...]) -> None:
    found = asked(text)
    assert found and found.words == words


@pytest.mark.parametrize(
    "text",
    [
        "Pain frais livré tous les jours",
        "trompettes",
        "réparer le toit de l'école",
        "L'entreprise",
        "la SARL",
        "",
        "😀",
    ],
)
def test_a_need_that_is_understood_and_a_text_without_a_word_ask_for_no_name(text: str) -> None:
    assert asked(text) is None


def test_a_long_text_is_no_name() -> None:
    assert asked("Lefort Garnier Perrier Martin Dupont Durand Lambert") is None


@pytest.mark.parametrize(
    ("text", "name", "borne"),
    [
        ("Boulangerie Martin", "BOULANGERIE PATISSERIE MARTIN", True),
        ("Boulangerie Martin Rosny", "MARTIN BOULANGERIE SARL", True),
        ("Boulangerie Martin", "BOULANGERIE MARTINEAU", False),
        ("Fournil du Lac", "LE FOURNIL DU LAC", True),
        ("Fournil du Lac", "FOURNIL DES DEUX LACS", False),
        ("fêtes Rosny", "COMITE DES FETES", False),
        ("fêtes Rosny", "FETES", False),
    ],
)
def test_a_firm_bears_a_name_by_whole_words_that_tell_it_from_a_trade_and_a_town(text: str, name: str, borne: bool) -> None:
    found = asked(text)
    assert found and bears(found, (name, ""), ROSNY) is borne


def test_numbers_are_read_in_any_spacing_and_by_their_key() -> None:
    assert numbers("732 829 320 00074, ou le SIREN 732829320") == ["73282932000074", "732829320"]
    assert numbers("01 48 12 34 56, 73282932000075") == []


@given(st.text(max_size=60), st.text(max_size=40), st.text(max_size=20))
def test_any_text_and_any_name_have_an_answer(text: str, name: str, town: str) -> None:
    numbers(text)
    if found := asked(text):
        assert not bears(found, ("",), town), "without a name nobody bears it"
        bears(found, (name, ""), town)
