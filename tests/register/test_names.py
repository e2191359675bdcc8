"""Firms found by the words of their names, their address and their town, by a SIRET or a SIREN."""

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from sourcier.kernel.french import fold
from sourcier.register.importing.columns import WAYS
from sourcier.register.importing.run import import_stock
from sourcier.register.search import by_name, by_siret
from tests.cities import siret
from tests.register.brute import Brute, Raw
from tests.register.stocks import establishment, write

NAMES = {
    "row": ("enseigne1Etablissement", "enseigne2Etablissement", "enseigne3Etablissement", "denominationUsuelleEtablissement"),
    "unit": (
        "denominationUniteLegale", "denominationUsuelle1UniteLegale", "prenomUsuelUniteLegale", "nomUniteLegale",
        "nomUsageUniteLegale", "sigleUniteLegale",
    ),
}  # fmt: skip
ADDRESS = (
    "complementAdresseEtablissement", "numeroVoieEtablissement", "indiceRepetitionEtablissement",
    "libelleVoieEtablissement", "distributionSpecialeEtablissement",
)  # fmt: skip
TOWN = ("libelleCommuneEtablissement", "codePostalEtablissement")


def cut(text: str) -> list[str]:
    return re.findall(r"[0-9a-z]+", fold(text))


KNOWN: dict[str, tuple[set[str], set[str]]] = {}


def words(raw: Raw) -> tuple[set[str], set[str]]:
    """The words of its names and address, those of its town."""
    if raw.siret not in KNOWN:
        KNOWN[raw.siret] = _words(raw)
    return KNOWN[raw.siret]


def _words(raw: Raw) -> tuple[set[str], set[str]]:
    way = raw.row["typeVoieEtablissement"]
    own = [raw.row.get(name) or "" for name in (*NAMES["row"], *ADDRESS)] + [WAYS.get(way, way)]
    own += [raw.unit.get(name) or "" for name in NAMES["unit"]]
    return set(cut(" ".join(own))), set(cut(" ".join(raw.row[name] for name in TOWN)))


def meets(raw: Raw, asked: str) -> bool:
    own, town = words(raw)
    if asked in town or (not re.fullmatch(r"\d", asked) and any(word.startswith(asked) for word in town)):
        return True
    return asked in own if asked.isdigit() and len(asked) < 5 else any(word.startswith(asked) for word in own)


def named(brute: Brute) -> list[Raw]:
    return [raw for raw in brute.rows if raw.disclosed and raw.row["etatAdministratifEtablissement"] == "A"]


def expected(brute: Brute, typed: str) -> list[str]:
    asked = cut(typed)
    return [raw.siret for raw in named(brute) if asked and all(meets(raw, word) for word in asked)]


@pytest.mark.parametrize(
    "typed",
    [
        "boulangerie", "plomb", "Plomberie Montreuil", "fournil 93", "TARDI", "é", "l'épi", "taxi paris", "le hibou", "zzz",
        "12 rue", "rue rosny", "avenue de la", "93110", "9", "1", "rue rue rue", "boulangerie avenue 93",
    ],
)  # fmt: skip
def test_each_word_starts_a_word_of_the_name_the_address_or_the_town(demo: Path, brute: Brute, typed: str) -> None:
    found = by_name(typed, limit=10_000)
    assert sorted(row.siret for row in found) == sorted(expected(brute, typed))
    ranks = [(len(row.name), row.name, row.siret) for row in found]
    assert ranks == sorted(ranks)
    assert by_name(typed, limit=3) == found[:3]


def test_three_hundred_questions_drawn_from_what_the_firms_say(demo: Path, brute: Brute) -> None:
    random = Random(93)
    rows = named(brute)
    for _ in range(300):
        own, town = words(random.choice(rows))
        asked = random.sample(sorted(own), min(len(own), random.randint(1, 3))) + random.sample(
            sorted(town), random.randint(0, 2)
        )
        typed = " ".join(word[: random.randint(1, len(word))] for word in asked)
        found = by_name(typed, limit=10_000)
        if not re.fullmatch(r"\d{9}|\d{14}", re.sub(r"\s", "", typed)):
            assert sorted(row.siret for row in found) == sorted(expected(brute, typed)), typed
            assert by_name(typed, limit=7) == found[:7]


ODD = [
    "Œuf & Cie",
    "ŒUVRES",
    "ﬁl à l’eau",
    "Straße",
    "№ 5",
    "m²",
    "Ⅳ e RÉPUBLIQUE",
    "n̈e",
    "😀 rire",
    "日本",
    "a" * 40,
    "l'été",
    "O'NEIL",
    "½",
]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    rows = [establishment(n, enseigne1Etablissement=name) for n, name in enumerate(ODD, 1)]
    return import_stock(*write(folder, rows), out=folder / "r.duckdb").file


@pytest.mark.parametrize("name", ODD)
def test_a_sign_with_ligatures_marks_or_other_letters_is_found_by_what_it_folds_to(
    odd: Path, use: Callable[[Path], Path], name: str
) -> None:
    use(odd)
    for typed in (name, fold(name)):
        found = [row.name for row in by_name(typed, limit=50)]
        assert (name in found) == bool(cut(typed))
    assert not by_name("zz" + name)


def test_of_a_very_long_word_the_beginning_counts(odd: Path, use: Callable[[Path], Path]) -> None:
    use(odd)
    assert [row.name for row in by_name("a" * 36)] == ["a" * 40]
    assert not by_name("a" * 20 + "b")


def test_a_siret_and_a_siren_are_answered_at_once(demo: Path, brute: Brute) -> None:
    several = next(raw for raw in brute.rows if raw.row["etablissementSiege"] == "false" and raw.disclosed)
    siren = several.row["siren"]
    assert {row.siret for row in by_name(f"{siren[:3]} {siren[3:6]} {siren[6:]}")} == {
        raw.siret for raw in brute.rows if raw.row["siren"] == siren
    }
    assert [row.siret for row in by_name(f" {several.siret[:9]} {several.siret[9:]} ")] == [several.siret]


def test_the_address_where_a_firm_works_comes_before_those_that_it_left(tmp_path: Path, use: Callable[[Path], Path]) -> None:
    siren = siret(1)[:9]
    rows = [
        establishment(1, nic=f"{number:05d}", siret=f"{siren}{number:05d}", etatAdministratifEtablissement=state)
        for number, state in enumerate("FFFFFFFFFFA", 1)
    ]
    use(import_stock(*write(tmp_path, rows), out=tmp_path / "r.duckdb").file)
    found = by_name(siren, limit=3)
    assert [(row.siret, row.active) for row in found] == [(f"{siren}{number:05d}", number == 11) for number in (11, 1, 2)]


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
