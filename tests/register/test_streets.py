"""A buyer types an address: the street or the door comes from the stock itself."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import duckdb
import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from sourcier.register import store
from sourcier.register.importing.run import import_stock
from sourcier.register.places import Place, commune, place, suggested
from sourcier.register.streets import key_of, words_of
from tests.register.stocks import establishment, unit, write

EAST, NORTH = "coordonneeLambertAbscisseEtablissement", "coordonneeLambertOrdonneeEtablissement"


def at(number: int, door: str, kind: str, street: str, east: float, north: float = 6_864_000, **changes: str) -> dict[str, str]:
    """An establishment at that number of a street, at that point in Lambert 93."""
    return establishment(number) | {
        "numeroVoieEtablissement": door, "typeVoieEtablissement": kind, "libelleVoieEtablissement": street,
        EAST: f"{east:.2f}", NORTH: f"{north:.2f}",
    } | changes  # fmt: skip


def town(code: str, postal_code: str, name: str) -> dict[str, str]:
    return {
        "codeCommuneEtablissement": code, "codePostalEtablissement": postal_code, "libelleCommuneEtablissement": name,
    }  # fmt: skip


ROSNY_76 = town("76541", "76430", "ROSNY-EN-CAUX")
STOCK = [
    at(1, "2", "RUE", "JULES FERRY", 662_000),
    at(2, "12", "RUE", "JULES FERRY", 662_100),
    at(3, "12", "R", "JULES-FERRY", 662_110),
    at(4, "40", "RUE", "JULES FERRY", 662_400),
    at(5, "7", "AV", "DU GAL LECLERC", 661_000, indiceRepetitionEtablissement="B"),
    at(6, "1", "RUE", "DE ROSNY", 660_500),
    at(7, "3", "", "4 CHEMINS", 660_800),
    at(8, "8", "RUE", "DU 8 MAI 1945", 660_900),
    at(9, "5", "ALL", "DES LILAS", 662_500),
    at(10, "5", "RUE", "DES LILAS", 662_900),
    at(11, "", "PL", "DE L'ÉGLISE SAINTE-ANNE", 662_950),
    at(12, "9", "RUE", "JULES FERRY", 552_000, 6_957_000, **ROSNY_76),
    at(13, "1", "RUE", "DE RIVOLI", 651_900, 6_862_100, **town("75101", "75001", "PARIS 1")),
    at(14, "1", "BD", "VOLTAIRE", 654_300, 6_862_700, **town("75111", "75011", "PARIS 11")),
    at(15, "6", "RUE", "CACHEE", 700_000, 6_800_000, statutDiffusionEtablissement="P"),
    at(16, "60", "RUE", "JULES FERRY", 690_000, 6_800_000, statutDiffusionEtablissement="P"),
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streets")
    return import_stock(*write(folder, STOCK), out=folder / "r.duckdb").file


@pytest.fixture
def streets(small: Path, use: Callable[[Path], Path]) -> Path:
    return use(small)


def found(text: str) -> Place:
    answer = place(text)
    assert answer, text
    return answer


@pytest.mark.parametrize(
    ("typed", "kind", "label"),
    [
        ("12 rue Jules Ferry 93110", "address", "12 rue Jules Ferry, 93110 Rosny-sous-Bois"),
        ("12, RUE JULES-FERRY, 93110 ROSNY SOUS BOIS CEDEX 2", "address", "12 rue Jules Ferry, 93110 Rosny-sous-Bois"),
        ("École Jules Ferry, 12 r. jules ferry, Rosny-sous-Bois", "address", "12 rue Jules Ferry, 93110 Rosny-sous-Bois"),
        ("13 rue Jules Ferry 93110", "street", "Rue Jules Ferry, 93110 Rosny-sous-Bois"),
        ("rue jules ferry 93064", "street", "Rue Jules Ferry, 93110 Rosny-sous-Bois"),
        ("93110 Rosny-sous-Bois, rue Jules Ferry", "street", "Rue Jules Ferry, 93110 Rosny-sous-Bois"),
        ("jules ferry rosny-sous-bois", "street", "Rue Jules Ferry, 93110 Rosny-sous-Bois"),
        ("7 bis avenue du Général-Leclerc, Rosny-sous-Bois (93)", "address",
         "7 bis avenue du Gal Leclerc, 93110 Rosny-sous-Bois"),
        ("7b av general leclerc 93110", "address", "7 bis avenue du Gal Leclerc, 93110 Rosny-sous-Bois"),
        ("7 avenue du général leclerc 93110", "street", "Avenue du Gal Leclerc, 93110 Rosny-sous-Bois"),
        ("rue de Rosny, Rosny-sous-Bois", "street", "Rue de Rosny, 93110 Rosny-sous-Bois"),
        ("rue de rosny 93110", "street", "Rue de Rosny, 93110 Rosny-sous-Bois"),
        ("4 chemins 93110", "street", "4 Chemins, 93110 Rosny-sous-Bois"),
        ("rue du 8 mai 1945 93110", "street", "Rue du 8 Mai 1945, 93110 Rosny-sous-Bois"),
        ("8 rue du 8 mai 1945 93110", "address", "8 rue du 8 Mai 1945, 93110 Rosny-sous-Bois"),
        ("place de l'eglise ste anne 93110", "street", "Place de l'Église Sainte-Anne, 93110 Rosny-sous-Bois"),
        ("rue de Rivoli 75056", "street", "Rue de Rivoli, 75001 Paris 1"),
        ("1 rue de rivoli paris", "address", "1 rue de Rivoli, 75001 Paris 1"),
        ("93110", "commune", "93110 Rosny-sous-Bois"),
        ("93064", "commune", "93110 Rosny-sous-Bois"),
        ("Rosny-sous-Bois", "commune", "93110 Rosny-sous-Bois"),
        ("rosny", "commune", "93110 Rosny-sous-Bois"),
        ("Rosny 76", "commune", "76430 Rosny-en-Caux"),
        ("75011", "commune", "75011 Paris 11"),
        ("Paris 75011", "commune", "75011 Paris 11"),
        ("Paris", "commune", "Paris"),
        ("75056", "commune", "Paris"),
        ("paris 11", "commune", "75011 Paris 11"),
        ("boulevard Voltaire, Paris 11", "street", "Boulevard Voltaire, 75011 Paris 11"),
        ("1 rue de rivoli, 75001 Paris 1", "address", "1 rue de Rivoli, 75001 Paris 1"),
    ],
)  # fmt: skip
def test_a_place_is_found_as_people_type_it(streets: Path, typed: str, kind: str, label: str) -> None:
    answer = found(typed)
    assert (answer.kind, answer.label, answer.unread) == (kind, label, "")


def test_a_door_is_where_its_establishments_are_and_a_street_in_the_middle_of_its_doors(streets: Path) -> None:
    door, street = found("12 rue jules ferry 93110"), found("rue jules ferry 93110")
    first, last = found("2 rue jules ferry 93110"), found("40 rue jules ferry 93110")
    assert first.lon_e6 < door.lon_e6 < street.lon_e6 < last.lon_e6
    # Doors at 0, 105 and 400 m: the middle is at 168 m, and the farthest door 232 m from it.
    assert street.lon_e6 == pytest.approx((first.lon_e6 + door.lon_e6 + last.lon_e6) / 3, abs=2)
    assert 200 < street.uncertainty_m <= 232
    assert door.uncertainty_m == 30
    assert street.precision == "à la rue près, environ 220\u00a0m"


def test_a_street_with_one_door_is_that_point_and_says_that_its_extent_is_not_known(streets: Path) -> None:
    street, door = found("rue de rosny 93110"), found("1 rue de rosny 93110")
    assert (street.lat_e6, street.lon_e6) == (door.lat_e6, door.lon_e6)
    assert (street.uncertainty_m, door.uncertainty_m) == (300, 30)


def test_an_undisclosed_establishment_gives_no_street_no_door_and_no_point(streets: Path) -> None:
    assert found("60 rue jules ferry 93110").kind == "street"
    assert found("6 rue cachee 93110").unread == "6 rue cachee"
    with duckdb.connect(str(streets), read_only=True) as database:
        assert database.execute("SELECT count(*) FROM street WHERE key LIKE '%cachee%'").fetchone() == (0,)
        assert database.execute("SELECT count(*) FROM door WHERE door = '60'").fetchone() == (0,)


def test_several_streets_that_fit_are_all_told(streets: Path) -> None:
    lilas = found("lilas 93110")
    assert {lilas.label, *(each.label for each in lilas.alternatives)} == {
        "Allée des Lilas, 93110 Rosny-sous-Bois".replace("Allée", "Allee"), "Rue des Lilas, 93110 Rosny-sous-Bois",
    }  # fmt: skip
    assert found("rue des lilas 93110").alternatives == ()
    both = found("rue jules ferry rosny")
    assert (both.label, [each.label for each in both.alternatives]) == (
        "Rue Jules Ferry, 93110 Rosny-sous-Bois", ["Rue Jules Ferry, 76430 Rosny-en-Caux"],
    )  # fmt: skip
    assert found("9 rue jules ferry rosny").label == "9 rue Jules Ferry, 76430 Rosny-en-Caux"
    assert [each.label for each in found("rosny").alternatives] == ["76430 Rosny-en-Caux"]
    assert found("Paris").alternatives == ()


def test_a_mistyped_street_is_a_suggestion_and_never_taken_alone(streets: Path) -> None:
    answer = found("12 rue jule fery 93110")
    assert (answer.kind, answer.label, answer.unread) == ("commune", "93110 Rosny-sous-Bois", "12 rue jule fery")
    assert answer.alternatives[0].label == "12 rue Jules Ferry, 93110 Rosny-sous-Bois"
    assert found("quai des brumes 93110").alternatives == ()
    assert place("rue jules ferry, rosni sou bois") is None
    assert suggested("rue jules ferry, rosni sou bois")[0].label == "93110 Rosny-sous-Bois"


@pytest.mark.parametrize(
    "typed", ["", "  ", "Nulle-Part", "99999", "93", "%", "'; DROP TABLE street; --", "rue", "12", "œ", "0"]
)
def test_what_names_no_commune_is_none(streets: Path, typed: str) -> None:
    assert place(typed) is None


@settings(max_examples=30, deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from(
    ["12", "bis", "b", "rue", "r", "jules", "ferry", "rosny", "sous", "bois", "93110", "75056", "cedex", "93", "paris", "2A004"]
)).map(" ".join)))  # fmt: skip
def test_no_text_breaks_it(small: Path, text: str) -> None:
    with _in_use(small):
        answer = place(text)
        suggested(text)
    assert answer is None or answer.kind in ("commune", "street", "address")


class _in_use:
    """A register in use for one example: hypothesis takes no fixture of one test."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __enter__(self) -> None:
        store.settings.REGISTER, self.before = str(self.file), store.settings.REGISTER

    def __exit__(self, *error: object) -> None:
        store.settings.REGISTER = self.before


def _labels(file: Path) -> list[tuple[str, float, float]]:
    with duckdb.connect(str(file), read_only=True) as database:
        return database.execute("""SELECT s.label || ', ' || s.postal_code || ' ' || c.name, s.latitude, s.longitude
            FROM street s JOIN commune c ON c.code = commune_code ORDER BY id""").fetchall()


SAMPLED = 200
"""Streets asked of the larger stock: all of them took a fifth of the room's time."""


def test_every_street_of_a_stock_is_found_by_its_own_label(built: Path, small: Path, use: Callable[[Path], Path]) -> None:
    for file in (built, small):
        use(file)
        labels = _labels(file)
        assert len(labels) > 10
        labels = Random(6).sample(labels, min(SAMPLED, len(labels)))
        for label, latitude, longitude in labels:
            answer = found(label)
            assert (answer.kind, answer.label) == ("street", label)
            assert (answer.lat_e6, answer.lon_e6) == (round(latitude * 1e6), round(longitude * 1e6))


@given(st.data())
def test_accents_case_hyphens_and_abbreviations_do_not_matter(data: st.DataObject) -> None:
    ways = {
        "avenue": ("Av.", "AVE", "avenue"),
        "boulevard": ("bd", "BLD", "Boulevard"),
        "rue": ("R.", "rue"),
        "place": ("pl", "PLACE"),
    }
    names = {
        "general": ("Gal", "général", "GÉN."), "saint": ("St", "Saint", "SAINT"), "ferry": ("Ferry", "FERRY"),
        "eglise": ("Église", "eglise", "ÉGLISE"), "docteur": ("Dr", "docteur"), "coeur": ("Cœur", "COEUR"),
    }  # fmt: skip
    way = data.draw(st.sampled_from(sorted(ways)))
    chosen = data.draw(st.lists(st.sampled_from(sorted(names)), min_size=1, max_size=4))

    def typed() -> str:
        text = data.draw(st.sampled_from(ways[way]))
        for name in chosen:
            text += data.draw(st.sampled_from([" ", "-", " de la ", " d'", " du "])) + data.draw(st.sampled_from(names[name]))
        return text

    assert key_of(words_of(typed())) == key_of(words_of(typed())) == " ".join([way, *chosen])


def test_a_former_commune_leads_to_the_one_of_today(tmp_path: Path, use: Callable[[Path], Path]) -> None:
    point = {EAST: "", NORTH: ""}
    rows = [
        establishment(1),
        establishment(2, **town("93099", "93110", "VILLEVIEILLE-SUR-BOIS") | point),
        establishment(3, libelleCommuneEtablissement="AVRON", etatAdministratifEtablissement="F"),
        establishment(4),
    ]
    use(import_stock(*write(tmp_path, rows), out=tmp_path / "r.duckdb").file)
    for typed in ("93099", "Villevieille-sur-Bois", "villevieille sur bois", "AVRON", "Avron (93)"):
        former = commune(typed)
        assert former
        assert former.code == "93064"
        assert found(typed).label == "93110 Rosny-sous-Bois"
    assert found("12 avenue des tilleuls, Avron").kind == "address"
    assert commune("Villevieille-sous-Bois") is None


def test_the_whole_of_paris_has_the_postal_codes_and_the_circle_of_its_districts(streets: Path) -> None:
    paris = commune("Paris")
    assert paris
    assert (paris.code, paris.postal_codes) == ("75056", ("75001", "75011"))
    whole, first = found("75056"), found("75001")
    assert 1_200 < whole.uncertainty_m < 1_300
    assert first.uncertainty_m < 100


def test_a_masked_address_makes_no_street(tmp_path: Path, use: Callable[[Path], Path]) -> None:
    masked = dict.fromkeys(("numeroVoieEtablissement", "typeVoieEtablissement", "libelleVoieEtablissement"), "[ND]")
    file = use(
        import_stock(
            *write(tmp_path, [establishment(1, **masked), establishment(2)], [unit(1), unit(2)]), out=tmp_path / "r.duckdb"
        ).file
    )
    assert [label for label, _, _ in _labels(file)] == ["Avenue des Tilleuls, 93110 Rosny-sous-Bois"]


def test_the_command_searches_around_an_address_and_says_which(streets: Path) -> None:
    out, error = io.StringIO(), io.StringIO()
    asked = ("search", "--activity", "10.71C", "--near", "12 rue jules ferry, 93110", "--radius", "0.05", "--json")
    call_command("register", *asked, stdout=out, stderr=error)
    assert json.loads(out.getvalue())["total"] == 2
    assert "Autour de : 12 rue Jules Ferry, 93110 Rosny-sous-Bois (à l'adresse, environ 30\u00a0m)." in error.getvalue()


@pytest.mark.parametrize(
    ("near", "said"),
    [
        ("12 rue jule ferry, 93110", "« 12 rue jule ferry » n'est pas dans ce répertoire. Ou bien : 12 rue Jules Ferry, 93110"),
        (
            "Rosni-sous-Bois",
            "Aucune commune « Rosni-sous-Bois » dans ce répertoire. Essayez son code postal. Ou bien : 93110 Rosny",
        ),
    ],
)
def test_the_command_never_searches_around_a_guess(streets: Path, near: str, said: str) -> None:
    error = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("register", "search", "--activity", "10.71C", "--near", near, stderr=error)
    assert said in error.getvalue()
