"""Published contracts teach which activities sell what is bought; every row that is not used is counted, nothing is lost."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.transitions import Refused
from sourcier.matching.decp import Left
from sourcier.matching.learned import Learned
from sourcier.needs import learned
from sourcier.needs.learning import learn
from sourcier.project.checks import published
from sourcier.register.importing.run import import_stock
from tests.matching.decp_rows import row, write_2019, write_2022
from tests.needs.learning import BAKER, CLOSED, GROCER, LIFTS, MUTE, PERSON, STRANGER, install_register
from tests.register.stocks import establishment, unit, write

BREAD, GROCERY, LIFT = (Activity(NAF_REV2, code) for code in ("10.71C", "47.11B", "43.29B"))
CPV_LIFT = "50750000-7"


@pytest.fixture
def place(tmp_path: Path, settings: Settings) -> Path:
    """An installation with a small register, that has learned nothing."""
    settings.VAR = tmp_path / "var"
    install_register(tmp_path / "register", settings)
    return tmp_path


def taught(place: Path, *rows: object, name: str = "decp.json") -> Learned:
    learn([write_2019(place / name, rows)], lambda told: None)
    found = learned.opened()
    assert found
    return found.index


def refused(*files: Path) -> str:
    with pytest.raises(Refused) as caught:
        learn(files, lambda told: None)
    return caught.value.sentence


def run(*words: str | Path) -> tuple[str, str, int]:
    out, error, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("matching", *map(str, words), stdout=out, stderr=error)
    except SystemExit as ended:
        code = int(str(ended.code))
    return out.getvalue(), error.getvalue(), code


BREADS = [row(number, f"Fourniture de pain frais, lot {number}", BAKER) for number in range(8)]
KNOWN = [("15811100", "15811100"), ("15811999", "15811"), ("15819000", "1581"), ("15890000", "158"), ("09000000", "")]
MORE = [row(10, "Pain", GROCER), row(11, "Entretien des ascenseurs", LIFTS, codeCPV=CPV_LIFT)]


def test_a_need_meets_the_contracts_of_its_kind_and_is_told_which_words_met(place: Path) -> None:
    index = taught(place, *BREADS, *MORE)
    best, *others = index.activities("Du pain frais pour les crèches, tous les jours avant 7 h")
    assert (best.activity, best.contracts, set(best.words)) == (BREAD, 8, {"pain", "frais"})
    assert [other.activity for other in others] == [GROCERY]
    assert [found.activity for found in index.activities("maintenance d'un ascenseur")] == [LIFT]
    assert index.activities("zzz 2025 de la") == index.activities("") == ()


def test_both_nomenclatures_are_learned_each_with_its_codes(place: Path) -> None:
    index = taught(place, *BREADS, *MORE)
    assert [found.activity for found in index.activities("pain", nomenclature=NAF_2025)] == [Activity(NAF_2025, "10.71Y")]


def test_a_contract_won_by_two_firms_of_one_activity_counts_once_and_by_two_activities_for_both(place: Path) -> None:
    index = taught(place, row(1, "Pain", BAKER, CLOSED, GROCER))
    assert {found.activity: found.contracts for found in index.activities("pain")} == {BREAD: 1, GROCERY: 1}
    assert dict(index.winners("pain")) == {BAKER: 1, CLOSED: 1, GROCER: 1}


def test_who_may_not_be_named_counts_for_the_activity_and_is_nowhere_in_the_file(place: Path) -> None:
    index = taught(place, row(1, "Pain", PERSON), row(2, "Pain", BAKER))
    assert [found.contracts for found in index.activities("pain")] == [2]
    assert index.winners("pain") == ((BAKER, 1),)
    assert index.won("pain", [BAKER, PERSON, STRANGER, LIFTS]) == {BAKER: 1}
    assert int(PERSON) not in index.sirets.tolist()


def test_nothing_of_the_buyer_nor_of_the_names_is_kept(place: Path) -> None:
    taught(place, *BREADS)
    kept = learned.file().read_bytes()
    assert b"21930064700019" not in kept and b"PERSONNE" not in kept
    with np.load(learned.file()) as read:
        assert not any(21930064700019 in read[name].tolist() for name in Learned.names())


def test_words_of_places_and_references_weigh_nothing(place: Path) -> None:
    index = taught(place, row(1, "Travaux de plomberie à Rosny-sous-Bois réf 2025AB12", LIFTS), row(2, "Pain", BAKER))
    assert [found.activity for found in index.activities("plomberie")] == [LIFT]
    assert index.activities("Rosny 2025AB12") == ()


@pytest.mark.parametrize(("cpv", "told"), KNOWN)
def test_a_cpv_code_finds_what_no_word_finds_by_its_longest_known_beginning(place: Path, cpv: str, told: str) -> None:
    found = taught(place, *BREADS, *MORE).activities("vélos", cpv)
    assert [each.cpv for each in found] == [told] * len(found)
    assert bool(found) == bool(told)
    assert {each.activity: each.contracts for each in found} == ({BREAD: 8, GROCERY: 1} if told else {})


def test_every_row_that_teaches_nothing_is_counted_by_its_reason(place: Path) -> None:
    rows: list[object] = [
        BREADS[0], BREADS[0] | {"montant": 2}, row(2, "Pain"), row(3, "NC", BAKER, codeCPV="NC"), row(4, "Pain", STRANGER),
        row(5, "Pain", "12345678900023"), row(6, "Pain", MUTE), row(7, "Pain", "12"), 3, {"nom": "Achats"}, None,
        row(8, "Pain", titulaires=[{"typeIdentifiant": "TVA", "id": "FR83404833048"}]),
    ]  # fmt: skip
    taught(place, *rows)
    found = learned.opened()
    assert found
    report = found.report
    assert report.left == {
        Left.TWICE: 1, Left.NO_WINNER: 1, Left.NO_WORDS: 1, Left.UNKNOWN_FIRM: 1, Left.FALSE_SIRET: 1, Left.NO_ACTIVITY: 1,
        Left.BAD_SIRET: 1, Left.NOT_A_CONTRACT: 3, Left.NO_SIRET: 1,
    }  # fmt: skip
    assert (report.rows, report.contracts, report.activities, report.winners) == (12, 1, 1, 1)


DIRTY = st.fixed_dictionaries(
    {"objet": st.sampled_from(["Pain frais", "", None, 3, "Ascenseur \ud800"]) | st.text(max_size=20)},
    optional={
        "id": st.none() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
        "codeCPV": st.sampled_from(["15811100-7", "15", 1, None, "zz", []]),
        "acheteur": st.none() | st.just({"id": "1"}) | st.text(max_size=2),
        "dateNotification": st.sampled_from(["2025-01-01", "9999-01-01", "NC", 0, None]),
        "titulaires": st.lists(
            st.fixed_dictionaries(
                {"id": st.sampled_from([BAKER, int(BAKER), GROCER, STRANGER, PERSON, MUTE, "1", "", None, float(LIFTS)])},
                optional={"typeIdentifiant": st.sampled_from(["SIRET", "TVA", None, 3])},
            ),
            max_size=3,
        ),
    },
)  # fmt: skip


@given(st.lists(DIRTY | st.none() | st.integers(), max_size=12))
@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_rows_each_is_used_or_counted_and_no_question_fails(place: Path, rows: list[object]) -> None:
    file = place / "dirty.json"
    file.write_text(json.dumps({"marches": [*rows, *MORE]}), encoding="utf-8")
    report = learn([file], lambda told: None)
    found = learned.opened()
    assert found
    assert report == found.report
    assert report.rows == len(rows) + len(MORE) == report.contracts + sum(report.left.values())
    for bought in found.index.activities("pain frais, ascenseur", "15811100"):
        assert 0 < bought.contracts <= report.contracts
    assert sum(count for _, count in found.index.winners("pain frais, ascenseur")) <= 3 * report.contracts


def as_concession(each: dict[str, Any]) -> dict[str, Any]:
    return {**each, "titulaires": None, "concessionnaires": each["titulaires"]}


@pytest.mark.parametrize("wrap", ["2019", "2022", "bare", "gzip", "zip"])
def test_the_same_contracts_teach_the_same_in_every_wrapping(place: Path, wrap: str) -> None:
    rows = [*BREADS, *MORE]
    file = write_2019(place / "decp.json", rows)
    if wrap == "2022":
        file = write_2022(place / "decp.json", rows[:-1], [as_concession(rows[-1])])
    elif wrap == "bare":
        file.write_text(json.dumps(rows), encoding="utf-8-sig")
    elif wrap == "gzip":
        file = place / "decp.json.gz"
        file.write_bytes(gzip.compress((place / "decp.json").read_bytes()))
    elif wrap == "zip":
        file = place / "decp.zip"
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("LISEZ-MOI.txt", "x")
            archive.write(write_2019(place / "a.json", rows[:4]), "a.json")
            archive.write(write_2019(place / "b.json", rows[4:]), "dossier/b.JSON")
    report = learn([file], lambda told: None)
    assert (report.rows, report.contracts) == (10, 10)
    assert [(source.name, source.sha256) for source in report.sources] == [(file.name, sha256(file.read_bytes()).hexdigest())]
    found = learned.opened()
    assert found
    assert {each.activity: each.contracts for each in found.index.activities("pain frais")} == {BREAD: 8, GROCERY: 1}


def test_several_files_are_learned_together_and_replace_what_was_learned(place: Path) -> None:
    first, second = write_2019(place / "a.json", BREADS), write_2019(place / "b.json", [*MORE, BREADS[0]])
    assert learn([first], lambda told: None).contracts == 8
    both = learn([first, second], lambda told: None)
    assert (both.rows, both.contracts, both.left) == (11, 10, {Left.TWICE: 1})
    assert learn([second], lambda told: None).contracts == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "est vide"), (b"<!DOCTYPE html><p>Erreur", "une page web"),
        (b"objet;montant\nPain;3\n", "n'est pas un fichier JSON"),
        (b"\x1f\x8b\x08garbage", "archive abîmée"), (b"PK\x03\x04garbage", "archive abîmée"),
        (b'{"marches": []}', "aucun marché"), (b'{"autre": [1]}', "aucun marché"),
        (json.dumps({"marches": BREADS}).encode()[:-40], "7 lignes ont été lues"),
        (gzip.compress(json.dumps({"marches": BREADS}).encode())[:-12], "archive abîmée"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_so_and_what_was_learned_still_answers(place: Path, content: bytes, said: str) -> None:
    taught(place, *MORE)
    before = learned.file().read_bytes()
    (place / "bad.json").write_bytes(content)
    assert said in refused(place / "bad.json")
    assert said in refused(write_2019(place / "good.json", MORE), place / "bad.json")
    assert learned.file().read_bytes() == before
    assert {file.name for file in learned.file().parent.iterdir()} == {"contracts.npz", ".lock"}


def test_a_folder_an_absent_file_and_a_zip_without_json_are_refused_in_french(place: Path) -> None:
    assert "est un dossier" in refused(place)
    assert "est introuvable" in refused(place / "nothing.json")
    with zipfile.ZipFile(place / "empty.zip", "w") as archive:
        archive.writestr("a.csv", "x")
    assert "aucun fichier .json" in refused(place / "empty.zip")


def test_without_a_register_nothing_is_read(place: Path, settings: Settings) -> None:
    settings.REGISTER = ""
    assert "register import" in refused(write_2019(place / "a.json", BREADS))


@pytest.fixture
def slow(place: Path, settings: Settings) -> Iterator["subprocess.Popen[str]"]:
    """A learning under way in another process."""
    file = write_2019(place / "slow.json", BREADS * 20)
    words = [sys.executable, "-m", "tests.needs.learn_slowly", str(settings.VAR), settings.REGISTER, str(file)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout
        assert started.stdout.readline() == "reading\n"
        yield started
        started.kill()


def test_two_learn_at_once_and_the_second_is_told_to_wait(place: Path, slow: "subprocess.Popen[str]") -> None:
    assert "Un autre apprentissage est en cours" in refused(write_2019(place / "a.json", BREADS))


def test_killed_halfway_the_former_index_answers_and_the_next_learning_works(
    place: Path, slow: "subprocess.Popen[str]"
) -> None:
    assert learned.opened() is None
    os.kill(slow.pid, signal.SIGKILL)
    slow.wait()
    assert learned.opened() is None
    assert taught(place, *BREADS).activities("pain")[0].contracts == 8


def test_an_index_that_cannot_be_read_says_so_on_the_command_line(place: Path) -> None:
    taught(place, *BREADS)
    learned.file().write_bytes(b"PK\x03\x04")
    out, error, code = run()
    assert (out, code) == ("", 1)
    assert "est illisible" in error and "sourcier matching learn" in error


def test_an_index_switched_is_read_again_by_itself(place: Path) -> None:
    assert taught(place, *BREADS).activities("ascenseur") == ()
    assert len(taught(place, *MORE).activities("ascenseur")) == 1


def test_the_command_tells_what_it_read_and_learned(place: Path) -> None:
    assert run("status")[1:] == ("Rien n'a encore été appris. Lancez : sourcier matching learn FICHIER.json\n", 1)
    file = write_2019(place / "decp.json", [*BREADS, *MORE, row(9, "Pain", STRANGER)])
    out, _, code = run("learn", file)
    assert code == 0
    assert "decp.json : 11 lignes, SHA-256" in out and "10 marchés utilisés, notifiés jusqu'au 4 mars 2025" in out
    assert "1  dont aucun titulaire n'est dans le répertoire" in out
    assert run("status")[0] == run()[0] == out
    assert json.loads(run("status", "--json")[0])["contracts"] == 10
    assert run("learn", place / "nothing.json") == ("", f"{place / 'nothing.json'} est introuvable.\n", 1)


def test_the_command_answers_a_need_with_activities_and_the_winners_that_may_be_named(place: Path) -> None:
    assert run("ask", "pain")[2] == 1
    taught(place, *BREADS, *MORE)
    out, _, code = run("ask", "du pain frais", "--cpv", "50750000")
    assert code == 0
    assert "8  10.71C  Boulangerie et boulangerie-pâtisserie (frais, pain)" in out
    assert f"8  {BAKER}  FOURNIL NUMERO 1" in out and "jamais un mérite" in out
    assert json.loads(run("ask", "pain", "--json")[0])["winners"][0] == {
        "siret": BAKER,
        "name": "FOURNIL NUMERO 1",
        "contracts": 8,
    }
    assert "Aucun marché publié" in run("ask", "vélos")[0]


def test_a_winner_who_asked_since_not_to_be_named_is_named_no_more(place: Path, settings: Settings) -> None:
    taught(place, row(1, "Pain", BAKER))
    folder = place / "later"
    folder.mkdir()
    hidden = establishment(1, statutDiffusionEtablissement="P"), unit(1, statutDiffusionUniteLegale="P")
    settings.REGISTER = str(import_stock(*write(folder, hidden[:1], hidden[1:]), out=folder / "later.duckdb", force=True).file)
    assert json.loads(run("ask", "pain", "--json")[0])["winners"] == []


def test_the_real_dirty_rows_are_all_counted(place: Path, shared_data: Path) -> None:
    files = [*sorted((shared_data / "decp").glob("decp_test_*.json")), write_2019(place / "a.json", BREADS)]
    report = learn(files, lambda told: None)
    assert report.rows == 15 == report.contracts + sum(report.left.values())
    assert report.left[Left.FALSE_SIRET] >= 1


def test_the_doctor_tells_what_was_learned_and_that_it_cannot_be_read(place: Path) -> None:
    assert published().ok and "aucun n'est appris" in published().seen
    taught(place, *BREADS)
    assert published().ok and published().seen.startswith("8 marchés appris le ")
    learned.file().write_bytes(b"")
    assert (published().ok, published().grave) == (False, False)
    assert "sourcier matching learn" in published().remedy
