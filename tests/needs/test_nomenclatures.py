"""INSEE's files on NAF 2025, in every shape they may have; a wrong one says what it is and changes nothing."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from odfdo import Document, Table
from pytest_django import Settings

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.correspondence import Official
from sourcier.kernel.transitions import Refused
from sourcier.matching.labels import label, labels, recent
from sourcier.needs import nomenclatures
from sourcier.needs.nomenclatures import load
from sourcier.project.checks import nomenclature
from sourcier.register import correspondence

BAKER, CAKE = Activity(NAF_REV2, "10.71C"), Activity(NAF_2025, "10.71J")
FORMER = sorted(activity.code for activity in labels())
TITLES = [["Table de correspondance", "", "", ""], ["", "", "", ""], ["NAF rév. 2", "Intitulé", "NAF 2025", "Intitulé"]]


def became(code: str) -> str:
    """A code of NAF 2025 that these tests make up: the same figures, and one of its own letters."""
    return code[:5] + "GHJKLG"["ABCDEF".index(code[5])] if code[5] != "Z" else code[:5] + "Y"


PAIRS = [(code, became(code)) for code in FORMER] + [("10.71C", "10.71K")]
ROWS = [*TITLES, *([code, f"Avant {code}", other, f"Après {other}"] for code, other in sorted(PAIRS))]


@pytest.fixture(autouse=True)
def var(settings: Settings, tmp_path: Path) -> None:
    settings.VAR, settings.REGISTER = tmp_path / "var", ""


def as_csv(file: Path, rows: list[list[str]], separator: str = ";", encoding: str = "utf-8-sig") -> Path:
    with file.open("w", newline="", encoding=encoding) as out:
        csv.writer(out, delimiter=separator).writerows(rows)
    return file


def as_xlsx(file: Path, rows: list[list[str]], *, merged: str = "", notice: bool = True) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet
    if notice:
        sheet.title = "Lisez-moi"
        sheet.append(["Voici la table de la NAF 2025."])
        sheet = book.create_sheet("Table")
    for row in rows:
        sheet.append(row)
    if merged:
        sheet.merge_cells(merged)
    book.save(file)
    return file


def as_ods(file: Path, rows: list[list[str]]) -> Path:
    document = Document("spreadsheet")
    document.body.clear()
    table = Table("Table")
    for number, row in enumerate(rows):
        table.set_row_values(number, row)
    document.body.append(table)
    document.save(file)
    return file


def refused(file: Path) -> str:
    with pytest.raises(Refused) as caught:
        load(file)
    assert "Rien n'a été changé" in caught.value.sentence
    return caught.value.sentence


@pytest.mark.parametrize("kind", ["xlsx", "ods", "csv", "tabs", "latin", "bare codes", "columns turned"])
def test_the_table_reads_in_each_shape(tmp_path: Path, kind: str) -> None:
    bare = [[cell.replace(".", "").lower() if cell[:2].isdigit() else cell for cell in row] for row in ROWS]
    write = {
        "xlsx": lambda: as_xlsx(tmp_path / "t.xlsx", ROWS), "ods": lambda: as_ods(tmp_path / "t.ods", ROWS),
        "csv": lambda: as_csv(tmp_path / "t.csv", ROWS), "tabs": lambda: as_csv(tmp_path / "t.csv", ROWS, "\t"),
        "latin": lambda: as_csv(tmp_path / "t.csv", ROWS, encoding="cp1252"),
        "bare codes": lambda: as_csv(tmp_path / "t.csv", bare),
        "columns turned": lambda: as_xlsx(tmp_path / "t.xlsx", [[*row[2:], "", *row[:2]] for row in ROWS]),
    }  # fmt: skip
    given = load(write[kind]())
    assert (given.pairs, given.former, given.left) == (733, 732, ())
    found = correspondence.official()
    assert found and isinstance(found.origin, Official)
    assert [each.code for each in found.of(BAKER)] == ["10.71J", "10.71K"]
    assert given.labels == len(recent()) == len({other for _, other in PAIRS})
    assert label(Activity(NAF_2025, "10.71K")) == "Après 10.71K"


def test_a_code_merged_over_several_lines_holds_for_each(tmp_path: Path) -> None:
    place = next(number for number, row in enumerate(ROWS, 1) if row[0] == "10.71C")
    rows = [["", "", *row[2:]] if number == place + 1 else row for number, row in enumerate(ROWS, 1)]
    given = load(as_xlsx(tmp_path / "t.xlsx", rows, merged=f"A{place}:A{place + 1}"))
    assert (given.pairs, given.left) == (733, ())


def test_a_row_that_is_not_read_is_counted_and_named(tmp_path: Path) -> None:
    rows = [
        *ROWS,
        ["10.71X", "", "10.71H", ""],
        ["", "", "10.71H", ""],
        ["10.71C", "", "à venir", ""],
        ["10.7", "Pain", "", ""],
    ]
    file = as_csv(tmp_path / "t.csv", rows)
    assert [each.why for each in load(file).left] == [
        "« 10.71X » n'est pas un code de la NAF rév. 2.",
        "Le code de la NAF rév. 2 manque.",
        "« à venir » n'est pas un code de la NAF 2025.",
    ]
    out = io.StringIO()
    call_command("nomenclature", "import", str(file), stdout=out)
    assert "Lignes laissées : 3" in out.getvalue()
    assert f"ligne {len(ROWS) + 1} : « 10.71X »" in out.getvalue()


def test_several_codes_in_one_cell_and_marks_of_a_part_are_read(tmp_path: Path) -> None:
    rows = [[code, became(code)] for code in FORMER if code != "10.71C"] + [["10.71C*", "10.71J, 10.71K\n1071Lp"]]
    load(as_csv(tmp_path / "t.csv", rows))
    found = correspondence.official()
    assert found and [each.code for each in found.of(BAKER)] == ["10.71J", "10.71K", "10.71L"]


def test_the_labels_of_naf_2025_read_alone_and_leave_the_table_in_place(tmp_path: Path) -> None:
    load(as_csv(tmp_path / "t.csv", [[code, other] for code, other in PAIRS]))
    assert label(CAKE) == "10.71J"
    told = {other: f"Après {other}" for _, other in PAIRS}
    (tmp_path / "l.json").write_text(json.dumps(told), encoding="utf-8")
    given = load(tmp_path / "l.json")
    assert (given.pairs, given.labels) == (0, len(told))
    assert (label(CAKE), label(BAKER)) == ("Après 10.71J", labels()[BAKER])
    assert correspondence.official()


def test_the_labels_published_for_naf_2025_are_read_whole(shared_data: Path) -> None:
    file = shared_data / "naf" / "codes-naf-2025.json"
    told = json.loads(file.read_text(encoding="utf-8"))
    given = load(file)
    assert (given.labels, given.left) == (len(told), ())
    assert {each.code for each in recent()} == set(told)
    assert "aucun code de la NAF 2025" in refused(shared_data / "naf" / "codes-naf-rev-2.json")


def test_a_second_file_takes_the_place_of_the_first(tmp_path: Path) -> None:
    load(as_csv(tmp_path / "t.csv", ROWS))
    load(as_csv(tmp_path / "u.csv", [[code, became(code)] for code in FORMER]))
    found = correspondence.official()
    assert found and [each.code for each in found.of(BAKER)] == ["10.71J"]
    assert isinstance(found.origin, Official) and found.origin.file == "u.csv"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "est vide"),
        (b"\xef\xbb\xbf <!DOCTYPE html><html><p>10.71C 10.71H</p></html>", "page web"),
        (b"siret;nom\n123;Pain\n", "aucun code de la NAF 2025"),
        (b"10.71C;10.71H\n", "que de 1 code de la NAF rév. 2 sur 732"),
        (b"10.71H;Pain\n10.71J;Tarte\n", "que 2 libellés de la NAF 2025"),
        (b'{"10.71H": "Pain",', "coupé"),
        (b"[1, 2]", "pas une liste de codes"),
        (b"PK\x03\x04 cut", "abîmé, ou coupé"),
        (b"%PDF-1.7\x00\x01", "pas un tableau"),
    ],
)
def test_a_wrong_file_says_what_it_is(tmp_path: Path, data: bytes, said: str) -> None:
    load(as_csv(tmp_path / "t.csv", ROWS))
    before = correspondence.file().read_bytes(), nomenclatures.labels_file().read_bytes()
    (tmp_path / "wrong").write_bytes(data)
    assert said in refused(tmp_path / "wrong")
    assert (correspondence.file().read_bytes(), nomenclatures.labels_file().read_bytes()) == before


def test_a_folder_and_a_file_that_is_not_there_are_refused(tmp_path: Path) -> None:
    assert "introuvable" in refused(tmp_path)
    assert "introuvable" in refused(tmp_path / "absent.xlsx")


def test_a_table_cut_in_its_middle_is_refused(tmp_path: Path) -> None:
    file = as_csv(tmp_path / "t.csv", ROWS)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert "il est coupé" in refused(file)


@examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_refused_with_a_sentence(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "any").write_bytes(data)
    refused(tmp_path / "any")


def test_the_command_and_doctor_say_what_is_in_use(tmp_path: Path) -> None:
    assert nomenclature().ok
    load(as_csv(tmp_path / "t.csv", ROWS))
    out = io.StringIO()
    call_command("nomenclature", stdout=out)
    assert "732 codes de la NAF rév. 2 correspondent à 730 codes de la NAF 2025 : table de l'INSEE (t.csv" in out.getvalue()
    out = io.StringIO()
    call_command("nomenclature", "--json", stdout=out)
    assert json.loads(out.getvalue())["official"] == "t.csv"
    assert "table de l'INSEE" in nomenclature().seen
    correspondence.file().write_text("{")
    assert "ne se lit plus" in nomenclature().seen
