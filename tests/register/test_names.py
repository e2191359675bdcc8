"""Firms found by their names, a SIRET or a SIREN."""

import re
from pathlib import Path

import pytest

from sourcier.kernel.french import fold
from sourcier.register.search import by_name, by_siret
from tests.register.brute import Brute, Raw


def words(raw: Raw) -> list[str]:
    texts = [
        raw.row["enseigne1Etablissement"], raw.unit["denominationUniteLegale"], raw.unit["prenomUsuelUniteLegale"],
        raw.unit["nomUniteLegale"], raw.row["libelleCommuneEtablissement"], raw.row["codePostalEtablissement"],
    ]  # fmt: skip
    return re.findall(r"[0-9a-z]+", fold(" ".join(texts)))


@pytest.mark.parametrize(
    "typed",
    ["boulangerie", "plomb", "Plomberie Montreuil", "fournil 93", "TARDI", "é", "l'épi", "taxi paris", "le hibou", "zzz"],
)
def test_each_word_starts_a_word_of_the_name_or_of_the_place(demo: Path, brute: Brute, typed: str) -> None:
    asked = re.findall(r"[0-9a-z]+", fold(typed))
    expected = {
        raw.siret
        for raw in brute.rows
        if raw.disclosed and raw.row["etatAdministratifEtablissement"] == "A"
        and all(any(word.startswith(start) for word in words(raw)) for start in asked)
    }  # fmt: skip
    found = by_name(typed, limit=10_000)
    assert {row.siret for row in found} == expected
    assert [len(row.name) for row in found] == sorted(len(row.name) for row in found)
    assert by_name(typed, limit=3) == found[:3]


def test_a_siret_and_a_siren_are_answered_at_once(demo: Path, brute: Brute) -> None:
    several = next(raw for raw in brute.rows if raw.row["etablissementSiege"] == "false" and raw.disclosed)
    siren = several.row["siren"]
    assert {row.siret for row in by_name(f"{siren[:3]} {siren[3:6]} {siren[6:]}")} == {
        raw.siret for raw in brute.rows if raw.row["siren"] == siren
    }
    assert [row.siret for row in by_name(f" {several.siret[:9]} {several.siret[9:]} ")] == [several.siret]


def test_every_row_of_the_stock_is_found_by_its_siret(demo: Path, brute: Brute) -> None:
    for raw in brute.rows[::37]:
        one = by_siret(raw.siret)
        assert one
        assert (one.siret, one.active) == (raw.siret, raw.row["etatAdministratifEtablissement"] == "A")


@pytest.mark.parametrize("typed", ["", "   ", "'", '"', "*", "NEAR(", "a AND", "-", "☃"])
def test_odd_typing_is_an_empty_answer_or_an_ordinary_one(demo: Path, typed: str) -> None:
    assert len(by_name(typed, limit=5)) <= 5


@pytest.mark.parametrize("typed", ["", "123", "abc", "1400000000001", "99999999999999"])
def test_what_is_no_siret_is_none(demo: Path, typed: str) -> None:
    assert by_siret(typed) is None
