"""Addresses on envelopes: NF Z 10-011."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.postal import LINES, WIDTH, deliverable, postal_lines

LONG = "Centre commercial des Quatre-Saisons, Bâtiment B escalier 2, 128 bis avenue du Général de Gaulle prolongée"


def test_capitals_without_accents_nor_punctuation() -> None:
    lines = postal_lines("Boulangerie « L'Épi d'Or »", "12, rue de l'Œuvre", "93110", "Rosny-sous-Bois")
    assert lines == ("BOULANGERIE L EPI D OR", "12 RUE DE L OEUVRE", "93110 ROSNY SOUS BOIS")


def test_the_complement_stands_above_the_street() -> None:
    assert postal_lines("LEFORT", "RESIDENCE DES ORMES, 3 RUE PASTEUR", "93110", "ROSNY-SOUS-BOIS") == (
        "LEFORT", "RESIDENCE DES ORMES", "3 RUE PASTEUR", "93110 ROSNY SOUS BOIS",
    )  # fmt: skip


def test_a_street_that_is_too_long_is_shortened_then_folded_and_never_cut() -> None:
    lines = postal_lines("SOCIETE NOUVELLE DE BOULANGERIE PATISSERIE ET TRAITEUR DU CENTRE", LONG, "93110", "Rosny-sous-Bois")
    assert lines[0].startswith("STE NOUVELLE")
    assert lines[-2:] == ("128 BIS AV DU GAL DE GAULLE PROLONGEE", "93110 ROSNY SOUS BOIS")


def test_words_are_shortened_only_when_the_line_is_too_long() -> None:
    assert "12 BOULEVARD DU GENERAL LECLERC" in postal_lines("X", "12 boulevard du Général Leclerc", "75012", "Paris")


@given(st.text(max_size=300), st.text(max_size=300), st.from_regex(r"[0-9]{5}", fullmatch=True), st.text(max_size=100))
def test_whatever_the_words_six_lines_of_38_characters_and_the_postal_code_last(
    name: str, address: str, postal_code: str, commune: str
) -> None:
    lines = postal_lines(name, address, postal_code, commune)
    assert 1 <= len(lines) <= LINES
    assert all(0 < len(line) <= WIDTH for line in lines)
    assert lines[-1].startswith(postal_code)
    assert all(line == line.upper() and line.isascii() for line in lines)


@pytest.mark.parametrize(
    ("address", "postal_code", "commune", "possible"),
    [
        ("1 RUE X", "93110", "ROSNY", True),
        ("FRIEDRICHSTRASSE 12", "", "BERLIN", False),
        ("1 RUE X", "9311", "ROSNY", False),
        ("", "93110", "ROSNY", False),
        ("1 RUE X", "93110", " ", False),
    ],
)
def test_only_a_french_address_with_its_town_can_be_delivered(
    address: str, postal_code: str, commune: str, possible: bool
) -> None:
    assert deliverable(address, postal_code, commune) is possible
