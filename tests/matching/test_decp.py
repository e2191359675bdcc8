"""Published contracts are read whatever their shape, and what is of no use says why."""

import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.matching import decp
from sourcier.matching.decp import Contract, Damaged, Left, contract, rows
from tests.matching.decp_rows import row

SIRET = "73282932000074"

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(["id", "uid", "acheteur", "objet", "codeCPV", "titulaires", "titulaire", "typeIdentifiant", "SIRET"])


def read(text: str, piece: int = 1 << 20) -> list[object]:
    stream = StringIO(text)
    return list(rows(lambda _: stream.read(piece)))


def sirets(**changes: Any) -> tuple[int, ...] | Left:
    found = contract(row(1, "Pain", **changes))
    return found.sirets if isinstance(found, Contract) else found


def test_the_files_of_the_state_and_of_those_who_consolidate_them_are_read_whole(shared_data: Path) -> None:
    found, folder = {}, shared_data / "decp"
    for file in (*folder.glob("decp_test_*.json"), *folder.glob("exemples/json/*.json")):
        with file.open(encoding="utf-8") as stream:
            found[file.name] = [contract(each) for each in rows(stream.read)]
    assert {name: len(each) for name, each in found.items()} == {
        "decp_test_2019.json": 2, "decp_test_2022.json": 5, "concessions.json": 2, "concessions_avec_modifications.json": 2,
        "marches_avec_modifications.json": 2, "marches_concessions.json": 4,
    }  # fmt: skip
    assert all(isinstance(each, Contract) for file in found.values() for each in file)
    light = found["decp_test_2022.json"][0]
    assert isinstance(light, Contract)
    assert (light.cpv, light.sirets, light.notified) == (45316110, (12345678900023,), date(2022, 11, 23))
    assert light.title == "Eléctricité courant fort/courant faible lot no4"


@pytest.mark.parametrize(
    "text",
    [
        '{"marches": [1, 2]}',
        '{"marches": {"marche": [1], "contrat-concession": [2]}}',
        '{"a": {"b": [3]}, "marches": {"vide": [], "marche": [1, 2], "note": {}}, "marches2": []}'.replace(', "note": {}', ""),
        "[1, 2]",
        '\ufeff \n{"$schema": "x", "marches": {"marche": 1, "autre": 2}}\n',
    ],
)
@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_every_wrapping_gives_the_same_rows_however_it_is_cut(text: str, piece: int) -> None:
    assert read(text, piece) == [1, 2]


@given(st.lists(anything, max_size=4), st.integers(1, 50))
def test_any_list_of_values_is_given_back_as_the_decoder_reads_it(values: list[object], piece: int) -> None:
    text = json.dumps({"marches": values})
    assert repr(read(text, piece)) == repr(json.loads(text)["marches"])


@given(st.integers(0, 400), st.integers(1, 50))
def test_cut_anywhere_the_rows_before_are_read_and_the_cut_is_told(cut: int, piece: int) -> None:
    whole = [row(number, "Pain", SIRET) for number in range(2)]
    text = json.dumps({"marches": whole})
    stream, found = StringIO(text[: min(cut, len(text) - 1)]), []
    with pytest.raises(Damaged):
        for each in rows(lambda _: stream.read(piece)):
            found.append(each)
    assert found == whole[: len(found)]


@pytest.mark.parametrize("text", ["", "<html>", "{", "[1 2]", "[1]]", '{"marches"}', "[" * 100_000, "objet;montant\n", "[,]"])
def test_what_is_no_json_is_damaged(text: str) -> None:
    with pytest.raises(Damaged):
        read(text)


def test_a_value_that_never_ends_is_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decp, "LARGEST", 1000)
    given = []
    with pytest.raises(Damaged):
        list(rows(lambda _: given.append(1) or '["' + "a" * 600))  # type: ignore[func-returns-value]
    assert len(given) < 5


@given(anything | st.dictionaries(fields, anything | st.dictionaries(fields, anything, max_size=4), max_size=6))
def test_any_row_is_a_contract_or_says_why_it_is_none(value: object) -> None:
    found = contract(value)
    assert isinstance(found, Left) or all(0 < siret < 10**14 for siret in found.sirets)


@pytest.mark.parametrize(
    ("titulaires", "expected"),
    [
        ([{"typeIdentifiant": "SIRET", "id": SIRET}], (int(SIRET),)),
        ([{"titulaire": {"typeIdentifiant": "SIRET", "id": SIRET}}], (int(SIRET),)),
        ({"titulaire": [{"typeIdentifiant": "siret", "id": SIRET}]}, (int(SIRET),)),
        ({"typeIdentifiant": "SIRET", "id": int(SIRET)}, (int(SIRET),)),
        ([[[{"id": "732 829 320 00074"}]]], (int(SIRET),)),
        ([{"typeIdentifiant": "SIRET", "id": SIRET}] * 3, (int(SIRET),)),
        ([{"typeIdentifiant": "SIRET", "id": float(SIRET)}], (int(SIRET),)),
        ([{"typeIdentifiant": "SIRET", "id": "5650171100115"}], (5650171100115,)),
        (None, Left.NO_WINNER),
        ([{"titulaire": "typeIdentifiant"}, {"titulaire": "id"}], Left.NO_WINNER),
        ("", Left.NO_WINNER),
        ([{"typeIdentifiant": "TVA", "id": "FR83404833048"}], Left.NO_SIRET),
        ([{"typeIdentifiant": "HORS-UE", "id": SIRET}], Left.NO_SIRET),
        ([{"typeIdentifiant": "SIRET", "id": "732829320"}], Left.BAD_SIRET),
        ([{"typeIdentifiant": "SIRET", "id": "NC"}], Left.BAD_SIRET),
        ([{"typeIdentifiant": "SIRET", "id": "¹²³⁴⁵⁶⁷⁸⁹⁰¹²³⁴"}], Left.BAD_SIRET),
    ],
)
def test_winners_are_found_however_they_are_written(titulaires: object, expected: object) -> None:
    assert sirets(titulaires=titulaires) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("45316110-9", 45316110), ("45316110", 45316110), ("45 31 61 10", 45316110),
        ("453161109", 45316110), (45316110, 45316110),
        (3311000, 3311000), ("45", 45000000), ("4531", 45310000), ("03311000-2", 3311000),
        ("NC", 0), (None, 0), ("99999999", 0),
        ("00000000", 0), ([], 0), (True, 0), ("٤٥٣١٦١١٠", 0),
    ],
)  # fmt: skip
def test_a_cpv_code_is_read_in_any_writing(value: object, expected: int) -> None:
    assert decp.cpv_of(value) == expected


def test_a_contract_published_again_has_the_same_key_and_two_lots_of_one_number_have_not() -> None:
    def key(title: str, **changes: Any) -> int:
        found = contract(row(1, title, SIRET, **changes))
        assert isinstance(found, Contract)
        return found.key

    assert key("Pain") == key("PAIN ", montant=3, dateNotification="2026-01-01", modifications=[{}])
    assert key("Pain") == key("Pain", acheteur=None, **{"acheteur.id": "21930064700019"})
    assert len({key("Pain"), key("Lait"), key("Pain", id="9"), key("Pain", acheteur={"id": "1"})}) == 4
    assert key("Pain", id=None, acheteur=None, uid="9") == key("Pain", id="", uid="9", acheteur={}, montant=3)


@pytest.mark.parametrize("day", ["0001-01-01T00:00", "20250304", "2025-13-45", "NC", 20250304, None, "9999-12-31", {}])
def test_an_absurd_day_never_stops_the_reading(day: object) -> None:
    assert isinstance(contract(row(1, "Pain", SIRET, dateNotification=day)), Contract)
