from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odfdo import Document
from openpyxl import load_workbook
from pikepdf import Pdf

from sourcier.interop.export import FORMATS, export
from sourcier.interop.spreadsheets import csv_file, ods, xlsx
from sourcier.interop.tables import Column, Kind, Table

NOW = datetime(2026, 9, 30, 10, 0, tzinfo=UTC)
ATTACKS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\tx", '#read("/etc/passwd")', "#panic()", "a\x0bb")


def table(*texts: str) -> Table:
    columns = (Column("Entreprise"), Column("Total", Kind.CENTS), Column("Le", Kind.DATE), Column("À", Kind.MOMENT))
    return Table("Comparaison: pain / crèches", columns, [(text, 123456, date(2026, 1, 4), NOW) for text in texts], ("Tout.",))


def test_a_number_is_a_number_in_excel_and_a_date_is_a_date() -> None:
    sheet = load_workbook(BytesIO(xlsx(table("Fournil")))).active
    assert next(sheet.iter_rows(min_row=2, values_only=True)) == (
        "Fournil",
        1234.56,
        datetime(2026, 1, 4),
        datetime(2026, 9, 30, 12, 0),
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_begins_like_a_formula_stays_text_everywhere(attack: str) -> None:
    cell = load_workbook(BytesIO(xlsx(table(attack)))).active["A2"]
    assert cell.data_type == "s"
    sheet = Document(BytesIO(ods(table(attack)))).body.get_table(0)
    assert sheet.get_cell("A2").type == "string" and sheet.get_cell("A2").formula is None
    first = csv_file(table(attack)).decode("utf-8-sig").split("\r\n")[1]
    assert not first.lstrip('"').startswith(("=", "+", "-", "@", "\t"))


@given(st.text(max_size=200))
def test_any_text_can_be_exported_to_spreadsheets(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    for make in (xlsx, ods, csv_file):
        assert make(table(text))


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_gives_a_file_of_its_kind(form: str) -> None:
    content, media_type = export(table(*ATTACKS), form, "Ville de Rosny", NOW)
    assert content.startswith({"xlsx": b"PK", "ods": b"PK", "csv": b"\xef\xbb\xbf", "pdf": b"%PDF"}[form])
    assert media_type == FORMATS[form][1]


def test_the_pdf_is_tagged_french_and_the_same_twice() -> None:
    first, _ = export(table(*ATTACKS), "pdf", "Ville de Rosny", NOW)
    again, _ = export(table(*ATTACKS), "pdf", "Ville de Rosny", NOW)
    assert first == again
    with Pdf.open(BytesIO(first)) as document:
        assert document.Root.MarkInfo.Marked and str(document.Root.Lang) == "fr"


def test_an_empty_table_is_still_a_file() -> None:
    for form in FORMATS:
        assert export(table(), form, "Ville", NOW)[0]
